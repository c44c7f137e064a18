"""`cloudward start` as a process: banner, bad settings, TLS, signals, log lines."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import time
import urllib.request
from pathlib import Path

import boto3
import pytest

from cloudward.clock import Clock
from cloudward.server.certificates import self_signed
from tests.contract.process import failing, started


def test_the_banner_says_what_is_on(tmp_path: Path) -> None:
    with started(tmp_path) as gateway:
        assert f"listens on {gateway.url}" in gateway.banner
        assert "iam, organizations, sts" in gateway.banner
        assert "enforcement    off: Policies are NOT enforced" in gateway.banner
        assert "in memory" in gateway.banner


def test_one_log_line_a_call(tmp_path: Path) -> None:
    with started(tmp_path) as gateway:
        iam = boto3.client(
            "iam", "us-east-1", endpoint_url=gateway.url, aws_access_key_id="test", aws_secret_access_key="test"
        )
        iam.create_user(UserName="a")
        with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
            iam.create_user(UserName="a")
        gateway.until_said("AWS iam.CreateUser => 200")
        gateway.until_said("AWS iam.CreateUser => 409 (EntityAlreadyExists")


def test_json_log_lines(tmp_path: Path) -> None:
    with started(tmp_path, "--log-format", "json") as gateway:
        urllib.request.urlopen(f"{gateway.url}/?Action=GetCallerIdentity&Version=2011-06-15").read()
        gateway.until_said("AWS sts.GetCallerIdentity => 200")
        lines = [json.loads(line) for line in gateway.output().splitlines() if line.startswith("{")]
    assert "AWS sts.GetCallerIdentity => 200" in [line["message"] for line in lines]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--listen", "192.0.2.1:1"), "cannot listen on 192.0.2.1:1: cannot assign requested address"),
        (("--listen", "nowhere"), "listen: 'nowhere' is not host:port"),
        (("--config", "absent.toml"), "absent.toml: cannot be read: No such file or directory"),
        (("--tls-cert", "absent.pem"), "TLS certificate absent.pem with key absent.pem: No such file or directory"),
        (
            ("--enforce", "on", "--enforce-services", "iamm"),
            "enforcement: no service is called 'iamm': did you mean iam?",
        ),
        (("--enforce", "maybe"), "Invalid value for '--enforce'"),
        (("--disable-plugins", "nothing", "--strict-plugins"), "plugin nothing: is named in the settings"),
    ],
)
def test_what_cannot_be_used_is_one_clear_line(tmp_path: Path, flags: tuple[str, ...], said: str) -> None:
    done = failing(tmp_path, "start", *flags)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = failing(tmp_path, "start", "--listen", address)
    assert done.returncode == 2
    assert done.stderr == f"cloudward: cannot listen on {address}: address already in use\n"


def test_services_that_nobody_provides_are_named(tmp_path: Path) -> None:
    with started(tmp_path, "--services", "iamm,s3,sts") as gateway:
        said = gateway.output()
    assert "services       sts\n" in said
    assert "NOT PROVIDED   iamm: no loaded plugin provides this service: did you mean iam?" in said
    assert "NOT PROVIDED   s3: no loaded plugin provides this service\n" in said


def test_unknown_settings_are_reported(tmp_path: Path) -> None:
    with started(tmp_path, CLOUDWARD_ENFORCEMENT="on") as gateway:
        assert "unknown setting CLOUDWARD_ENFORCEMENT: did you mean CLOUDWARD_ENFORCE?" in gateway.output()


@pytest.mark.parametrize("given", [False, True])
def test_tls_with_the_own_or_a_given_certificate(tmp_path: Path, given: bool) -> None:
    trusted = tmp_path / "cache" / "tls" / "certificate.pem"
    flags: tuple[str, ...] = ("--tls",)
    if given:
        trusted = tmp_path / "given.pem"
        trusted.write_bytes(self_signed(Clock().now()))
        flags = ("--tls-cert", str(trusted))
    with started(tmp_path, *flags, CLOUDWARD_CACHE_DIR=str(tmp_path / "cache")) as gateway:
        assert gateway.url.startswith("https://127.0.0.1:")
        assert (f"AWS_CA_BUNDLE={trusted}" in gateway.output()) is not given
        context = ssl.create_default_context(cafile=trusted)
        with urllib.request.urlopen(f"{gateway.url}/_cloudward/health", context=context) as answer:
            assert json.load(answer)["services"]["iam"] == "running"
        # Our own commands trust what the variable names, and the own certificate without being told.
        trust = {"AWS_CA_BUNDLE": str(trusted)} if given else {"CLOUDWARD_CACHE_DIR": str(tmp_path / "cache")}
        status = failing(tmp_path, "status", "--endpoint", gateway.url, **trust)
        assert status.returncode == 0, status.stderr
        plain = failing(tmp_path, "status", "--endpoint", gateway.url.replace("https:", "http:"))
        assert "does not answer HTTP; is it https:// ?" in plain.stderr
        other = failing(tmp_path, "status", "--endpoint", gateway.url, CLOUDWARD_CACHE_DIR=str(tmp_path / "empty"))
        assert other.returncode == 2
        assert "AWS_CA_BUNDLE" in other.stderr


def test_the_own_certificate_is_kept(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    kept = []
    for _ in range(2):
        with started(tmp_path, "--tls", CLOUDWARD_CACHE_DIR=str(cache)):
            kept.append((cache / "tls" / "certificate.pem").read_bytes())
    assert kept[0] == kept[1]
    assert b"PRIVATE KEY" not in kept[0]
    assert (cache / "tls" / "certificate-and-key.pem").stat().st_mode & 0o077 == 0
    (cache / "tls" / "certificate-and-key.pem").write_text("no certificate")
    with started(tmp_path, "--tls", CLOUDWARD_CACHE_DIR=str(cache)):
        assert (cache / "tls" / "certificate.pem").read_bytes() != kept[0]


def test_a_certificate_that_cannot_be_kept_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = failing(tmp_path, "start", "--listen", "127.0.0.1:0", "--tls", CLOUDWARD_CACHE_DIR=str(tmp_path / "file"))
    assert done.returncode == 2
    assert "the certificate cannot be kept there: Not a directory; name one with --tls-cert" in done.stderr


def test_sigterm_finishes_requests_in_flight(tmp_path: Path) -> None:
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    head = (
        "POST / HTTP/1.1\r\nHost: sts.amazonaws.com\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with started(tmp_path) as gateway:
        port = int(gateway.url.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), 30) as connection:
            connection.sendall(head.encode() + body[:10])
            # The server has the head as soon as it answers another connection.
            urllib.request.urlopen(f"{gateway.url}/_cloudward/health").read()
            gateway.process.send_signal(signal.SIGTERM)
            _until_refused(port)
            connection.sendall(body[10:])
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        assert gateway.process.wait(30) == 0


def _until_refused(port: int) -> None:
    """Wait until the gateway accepts no more connections: then it has seen the signal."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            return
    raise AssertionError("the gateway goes on accepting connections after SIGTERM")
