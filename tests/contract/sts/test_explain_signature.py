"""`cloudward explain signature`: of a request refused lately, and of a saved one."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cloudward.cli.main import cli
from cloudward.errors import ConfigError
from tests.contract.sts.conftest import World, exchange, refused
from tests.contract.sts.test_attacks import Signed


def explain(world: World, *arguments: str) -> str:
    result = CliRunner().invoke(cli, ["explain", "signature", "--endpoint", world.gateway.url, *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return str(result.output)


@pytest.fixture
def botocore_log() -> Any:
    """What botocore writes to its debug log while it signs."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s [%(levelname)s] %(message)s"))
    logger = logging.getLogger("botocore.auth")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield stream
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_a_wrong_secret_shows_as_same_text(world: World, botocore_log: io.StringIO, tmp_path: Path) -> None:
    with refused() as answer:
        world.client("sts", {**world.root, "SecretAccessKey": "wrong"}).get_caller_identity()
    (tmp_path / "client.log").write_text(botocore_log.getvalue())
    shown = explain(world, answer.request_id, "--client", str(tmp_path / "client.log"))
    assert answer.request_id in shown
    assert "both signed the same text: the secret access keys differ" in shown


def test_a_changed_host_is_named(world: World, botocore_log: io.StringIO, tmp_path: Path) -> None:
    request = Signed(world, host="iam.example.com:443")
    request.headers[0] = ("Host", "proxy.example.com")
    refusal = request.send()
    assert refusal.status == 403
    (tmp_path / "client.log").write_text(botocore_log.getvalue())
    shown = explain(world, refusal.headers["x-amzn-requestid"], "--client", str(tmp_path / "client.log"))
    assert "1 line differs" in shown
    assert "server  host:proxy.example.com" in shown
    assert "client  host:iam.example.com:443" in shown


def test_a_right_signature_for_a_wrong_region_is_told_apart(world: World) -> None:
    refusal = Signed(world, region="eu-west-1", host="sts.us-west-2.amazonaws.com").send()
    shown = explain(world, refusal.headers["x-amzn-requestid"])
    assert "The signature itself is right, but: Credential should be scoped to a valid region" in shown


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_saved_request_is_compared_with_what_the_gateway_knows(world: World, tmp_path: Path, ends: str) -> None:
    key = world.user()
    saved = tmp_path / "request.txt"
    saved.write_bytes(as_text(Signed(world, credentials=key), ends))
    assert "The signature matches." in explain(world, "--request", str(saved))
    saved.write_bytes(as_text(Signed(world, credentials={**key, "SecretAccessKey": "wrong"}), ends))
    assert "The signature does not match." in explain(world, "--request", str(saved))


def test_a_saved_request_and_a_secret_need_no_gateway(world: World, tmp_path: Path) -> None:
    saved = tmp_path / "request.txt"
    saved.write_bytes(as_text(Signed(world), "\r\n"))
    arguments = ["--endpoint", "http://127.0.0.1:1", "--request", str(saved), "--format", "json", "--secret"]
    for secret, right in (("test", True), ("wrong", False)):
        result = CliRunner().invoke(cli, ["explain", "signature", *arguments, secret])
        report = json.loads(result.output)
        assert report["matches"] is right
        assert report["canonical_request"].startswith("POST\n/\n\ncontent-type:")


def test_what_cannot_be_explained(world: World, tmp_path: Path) -> None:
    for text, reason in (
        ("hello", "no request line"),
        ("GET / HTTP/1.1\nHost: x\n\n", "no signature"),
        ("GET / HTTP/1.1\nnonsense\n\n", "no header"),
    ):
        saved = tmp_path / "request.txt"
        saved.write_text(text)
        with pytest.raises(ConfigError, match=reason):
            explain(world, "--request", str(saved))
    with pytest.raises(ConfigError, match="no request 00000000 was refused here"):
        explain(world, "00000000")


def test_secrets_are_not_shown(world: World) -> None:
    key = world.user()
    with refused() as answer:
        world.client("sts", {**key, "SecretAccessKey": "wrong"}).get_caller_identity()
    body = json.dumps({"request_id": answer.request_id}).encode()
    told = exchange(world.gateway.url, "POST", "/_cloudward/explain/signature", {"Host": "localhost"}, body)
    assert told.status == 200
    assert key["SecretAccessKey"] not in told.text


def as_text(request: Signed, ends: str) -> bytes:
    lines = [f"{request.method} {request.target} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers)]
    lines.append(f"Content-Length: {len(request.body)}")
    return ends.join([*lines, "", request.body.decode()]).encode() + b"\n"
