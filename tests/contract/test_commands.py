"""The command line as a person meets it: help, typing errors, and a gateway's own routes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cloudward.cli.main import cli
from cloudward.errors import ConfigError
from cloudward.testing import Gateway
from tests.contract.process import failing, started


def commands(group: click.Group, context: click.Context) -> list[tuple[str, click.Command]]:
    found = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found.append((f"{context.command_path} {name}", command))
        if isinstance(command, click.Group):
            found += commands(command, click.Context(command, context, name))
    return found


ALL = dict(commands(cli, click.Context(cli, info_name="cloudward")))


@pytest.mark.parametrize("typed", ["statsu", "strt", "explian"])
def test_a_mistyped_command_says_what_was_meant(typed: str) -> None:
    meant = {"statsu": "status", "strt": "start", "explian": "explain"}[typed]
    done = CliRunner().invoke(cli, [typed])
    assert done.exit_code == 2
    assert f"No such command '{typed}'. Did you mean '{meant}'?" in done.output


def test_what_is_like_no_command_gets_no_advice() -> None:
    done = CliRunner().invoke(cli, ["xyzzy"])
    assert done.exit_code == 2
    assert "No such command 'xyzzy'.\n" in done.output


@pytest.mark.parametrize("path", ALL)
def test_lists_of_commands_are_not_cut_short(path: str) -> None:
    text = ALL[path].get_short_help_str(limit=62)
    assert text
    assert not text.endswith("...")


@pytest.mark.parametrize("path", ALL)
def test_every_option_has_a_help_text(path: str) -> None:
    for parameter in ALL[path].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{path} {parameter.opts}"


@pytest.mark.parametrize("path", [path for path in ALL if not isinstance(ALL[path], click.Group)])
def test_help_begins_with_a_sentence(path: str) -> None:
    help_text = " ".join((ALL[path].help or "").split("\n\n")[0].split())
    assert help_text[:1].isupper()
    assert help_text.endswith((".", "refuse one."))


def test_a_command_may_be_missing_because_its_plugin_is_broken(tmp_path: Path) -> None:
    info = tmp_path / "coffee-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: coffee\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[cloudward]\ncoffee = coffee\n")
    (tmp_path / "coffee.py").write_text("raise RuntimeError('out of beans')\n")
    done = failing(tmp_path, "coffee", PYTHONPATH=os.pathsep.join((str(tmp_path), *sys.path)))
    assert done.returncode == 2
    assert "No such command 'coffee'. Its plugin may be the one that could not be loaded: " in done.stderr
    assert "out of beans" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_of_explain_shows_how_it_is_used() -> None:
    done = CliRunner().invoke(cli, ["explain", "--help"])
    assert "cloudward explain --last-denied" in done.output
    assert "cloudward explain REQUEST_ID" in done.output


def test_the_status_is_in_words(gateway: Gateway) -> None:
    done = CliRunner().invoke(cli, ["status", "--endpoint", gateway.url])
    assert done.exit_code == 0
    assert "authentication lenient: Unknown access keys are root of their account" in done.output
    assert "state          in memory, gone when the gateway stops" in done.output


def test_the_routes_are_listed(gateway: Gateway) -> None:
    with urllib.request.urlopen(f"{gateway.url}/_cloudward") as answer:
        routes = {route["path"]: route for route in json.load(answer)["routes"]}
    assert routes["/_cloudward/health"]["aliases"] == ["/_localstack/health"]
    assert routes["/_cloudward/clock"]["methods"] == ["GET", "POST"]
    assert "/_cloudward/decisions" in routes  # a plugin's


def test_a_browser_is_told_where_to_go(gateway: Gateway) -> None:
    with pytest.raises(urllib.error.HTTPError, match="501") as told:
        urllib.request.urlopen(gateway.url)
    with told.value as answer:
        assert "The routes of the gateway itself are listed at /_cloudward." in answer.read().decode()


def test_a_stream_that_ends_with_the_gateway_says_so(tmp_path: Path) -> None:
    with started(tmp_path) as gateway:
        command = [sys.executable, "-m", "cloudward", "stream", "--endpoint", gateway.url]
        with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as stream:
            assert stream.stderr is not None
            assert stream.stderr.readline() == "waiting for calls; Ctrl-C ends\n"
            gateway.process.kill()
            said = stream.stderr.read()
    assert stream.returncode == 2
    assert said.startswith(f"cloudward: the gateway at {gateway.url} ")
    assert "Traceback" not in said


@pytest.mark.parametrize("name", ["../x", "a/b", "a/../../b", ".."])
def test_a_snapshot_name_with_a_path_is_refused_with_the_reason(gateway: Gateway, name: str) -> None:
    for verb in ("save", "load", "delete"):
        done = CliRunner().invoke(cli, ["state", verb, name, "--endpoint", gateway.url])
        assert isinstance(done.exception, ConfigError)
        assert f"'{name}' cannot name a snapshot" in str(done.exception)


def test_a_token_without_a_subject_says_what_is_missing(gateway: Gateway) -> None:
    done = CliRunner().invoke(cli, ["token", "--aud", "x", "--endpoint", gateway.url])
    assert "--sub" in str(done.exception)


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ("127.0.0.1:4566", "is no address of a gateway: it must begin with http:// or https://"),
        ("http://127.0.0.1:1", "no gateway answers at http://127.0.0.1:1: Connection refused"),
    ],
)
def test_an_address_without_a_gateway(endpoint: str, said: str) -> None:
    done = CliRunner().invoke(cli, ["status", "--endpoint", endpoint])
    assert said in str(done.exception)


def test_tls_where_there_is_none(gateway: Gateway) -> None:
    done = CliRunner().invoke(cli, ["status", "--endpoint", gateway.url.replace("http:", "https:")])
    assert "does not speak TLS; is it http:// ?" in str(done.exception)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--accounts", "12"), "enforcement: '12' is not a 12-digit account id"),
        (("--services", "iamm"), "enforcement: no service is called 'iamm': did you mean iam?"),
        (("--services", "iam,nothing-like-it"), "enforcement: no service is called 'nothing-like-it'"),
    ],
)
def test_enforcement_for_what_is_not_there_is_refused(gateway: Gateway, arguments: tuple[str, str], said: str) -> None:
    done = CliRunner().invoke(cli, ["enforcement", "on", *arguments, "--endpoint", gateway.url])
    assert str(done.exception).startswith(said)
    assert gateway.app.enforcement.mode == "off"


def test_a_broken_import_is_called_what_its_file_is_called(gateway: Gateway, tmp_path: Path) -> None:
    file = tmp_path / "broken.json"
    file.write_text('{"a": 1}')
    done = CliRunner().invoke(cli, ["state", "import", str(file), "--endpoint", gateway.url])
    assert str(done.exception).startswith(f"{file}: is not a cloudward state export")


def test_a_broken_policy_is_called_what_its_file_is_called(tmp_path: Path) -> None:
    file = tmp_path / "broken.json"
    file.write_text('{"a": 1}')
    done = CliRunner().invoke(cli, ["simulate", "--policy", str(file), "--action", "s3:GetObject"])
    assert str(done.exception).startswith(f"{file}: Syntax errors in policy.")


def test_a_role_by_its_name_is_told_what_to_give(gateway: Gateway) -> None:
    done = CliRunner().invoke(cli, ["credentials", "--role", "deploy", "--endpoint", gateway.url])
    assert "a role is named by its ARN, arn:aws:iam::ACCOUNT:role/NAME" in str(done.exception)


@pytest.mark.parametrize(
    ("path", "method", "status", "said"),
    [
        ("/_cloudward/nowhere", "GET", 404, "there is no route /_cloudward/nowhere; GET /_cloudward lists them"),
        ("/_cloudward/health", "DELETE", 405, "/_cloudward/health takes GET, HEAD, not DELETE"),
    ],
)
def test_what_is_no_route_is_said(gateway: Gateway, path: str, method: str, status: int, said: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as told:
        urllib.request.urlopen(urllib.request.Request(gateway.url + path, method=method))
    with told.value as answer:
        assert (answer.code, json.load(answer)["error"]) == (status, said)
