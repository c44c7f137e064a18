"""Credentials where unmodified applications look for them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner

from cloudward.cli.main import cli
from cloudward.config import Config
from cloudward.testing import Gateway, running_gateway
from tests.contract.cli import BIN, aws
from tests.contract.sts.conftest import World, exchange

TOKEN = "X-aws-ec2-metadata-token"
SECONDS = "X-aws-ec2-metadata-token-ttl-seconds"


@pytest.fixture
def own(in_gateway: Callable[[Gateway], World]) -> Iterator[World]:
    """A gateway of the test's own: `/latest` is one instance's."""
    with running_gateway(Config(auth="strict")) as gateway:
        yield in_gateway(gateway)


def run(gateway: Gateway, *arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli, [*arguments, "--endpoint", gateway.url])
    assert done.exit_code == code, done.output
    return done.output.strip() if code == 0 else str(done.exception)


def exports(text: str) -> dict[str, str]:
    """Return what a shell exports of some output."""
    done = subprocess.run(["bash", "-c", f"env -i bash -c {_quoted(text)}"], capture_output=True, text=True, check=True)
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if line.startswith("AWS_"))


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(f"{text}\nenv")


def apply(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def whoami(session: Any = None) -> str:
    return str((session or boto3.Session()).client("sts").get_caller_identity()["Arn"])


def cli_whoami(tmp_path: Path) -> str:
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "AWS_PAGER": "", "HOME": str(tmp_path)}
    return str(aws("sts", "get-caller-identity", env=env)["Arn"])


def get(world: World, path: str, token: str | None = None, method: str = "GET", **headers: str) -> Any:
    given = {"Host": "x", **headers, **({TOKEN: token} if token is not None else {})}
    return exchange(world.gateway.url, method, path, given)


def session_token(world: World, root: str = "", seconds: str = "60") -> str:
    answer = get(world, f"{root}/latest/api/token", method="PUT", **{SECONDS: seconds})
    assert (answer.status, answer.headers[SECONDS.lower()]) == (200, seconds)
    return str(answer.text)


def test_environment(own: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    role = own.role()
    apply(monkeypatch, exports(run(own.gateway, "credentials", "--role", role, "--session-name", "dev")))
    assert whoami() == f"arn:aws:sts::{own.account}:assumed-role/reader/dev"
    assert cli_whoami(tmp_path) == whoami()


def test_credential_process(own: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    role = own.role()
    command = f"{BIN / 'cloudward'} credentials --role {role} --as process --endpoint {own.gateway.url}"
    (tmp_path / "config").write_text(f"[profile app]\ncredential_process = {command}\nregion = us-east-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", own.gateway.url)
    expected = f"arn:aws:sts::{own.account}:assumed-role/reader/cloudward"
    session = boto3.Session(profile_name="app")
    assert whoami(session) == expected
    assert session.get_credentials().method == "custom-process"
    monkeypatch.setenv("AWS_PROFILE", "app")
    assert cli_whoami(tmp_path) == expected


def test_container(own: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    role = own.role()
    variables = exports(run(own.gateway, "credentials", "--role", role, "--as", "container", "--name", "web"))
    apply(monkeypatch, variables)
    session = boto3.Session()
    assert session.get_credentials().method == "container-role"
    arn = whoami(session)
    assert arn.startswith(f"arn:aws:sts::{own.account}:assumed-role/reader/")
    assert cli_whoami(tmp_path) == arn
    path = variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"].removeprefix(own.gateway.url)
    for headers in ({}, {"Authorization": "wrong"}):
        answer = get(own, path, **headers)
        assert (answer.status, json.loads(answer.text)["code"]) == (401, "AccessDenied")
    secret = variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    found = json.loads(get(own, path, Authorization=secret).text)
    assert found["RoleArn"] == role
    assert get(own, f"{path}x", Authorization=secret).status == 404
    own.client("iam").delete_role(RoleName="reader")
    gone = get(own, path, Authorization=secret)
    assert (gone.status, json.loads(gone.text)["code"]) == (404, "NoRole")


def test_instance_metadata(own: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    role = own.role(path="/apps/")
    apply(monkeypatch, exports(run(own.gateway, "credentials", "--role", role, "--as", "imds")))
    session = boto3.Session()
    assert session.get_credentials().method == "iam-role"
    arn = whoami(session)
    assert arn.startswith(f"arn:aws:sts::{own.account}:assumed-role/reader/i-0")
    assert cli_whoami(tmp_path) == arn


def test_instances_beside_each_other(own: World, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {}
    for name in ("one", "two"):
        variables = exports(run(own.gateway, "credentials", "--role", own.role(name), "--as", "imds", "--name", name))
        with monkeypatch.context() as patch:
            apply(patch, variables)
            found[name] = whoami()
    assert [arn.split("/")[1] for arn in found.values()] == ["one", "two"]
    # A token of one instance is none of another's.
    token = session_token(own, "/_cloudward/imds/one")
    assert get(own, "/_cloudward/imds/one/latest/meta-data/instance-id", token).status == 200
    assert get(own, "/_cloudward/imds/two/latest/meta-data/instance-id", token).status == 401


def test_what_instance_metadata_says(own: World) -> None:
    run(own.gateway, "credentials", "--role", own.role(), "--as", "imds", "--region", "eu-west-1")
    token = session_token(own)

    def text(path: str) -> str:
        answer = get(own, f"/latest/{path}", token)
        assert answer.status == 200, path
        return str(answer.text)

    assert "iam/" in text("meta-data/").splitlines()
    assert text("meta-data") == text("meta-data/")
    assert text("meta-data/iam/").splitlines() == ["info", "security-credentials/"]
    assert text("meta-data/iam/security-credentials/") == "reader"
    assert text("meta-data/placement/region") == "eu-west-1"
    assert text("meta-data/placement/availability-zone") == "eu-west-1a"
    document = json.loads(text("dynamic/instance-identity/document"))
    assert document["instanceId"] == text("meta-data/instance-id")
    assert (document["accountId"], document["region"]) == (own.account, "eu-west-1")
    info = json.loads(text("meta-data/iam/info"))
    assert info["InstanceProfileArn"] == f"arn:aws:iam::{own.account}:instance-profile/reader"
    credentials = json.loads(text("meta-data/iam/security-credentials/reader"))
    assert (credentials["Code"], credentials["Type"]) == ("Success", "AWS-HMAC")
    assert credentials["Expiration"] > credentials["LastUpdated"]
    for path in ("meta-data/none", "user-data", "meta-data/iam/security-credentials/other"):
        assert get(own, f"/latest/{path}", token).status == 404


def test_instance_metadata_wants_a_token(own: World) -> None:
    run(own.gateway, "credentials", "--role", own.role(), "--as", "imds")
    where = "/latest/meta-data/instance-id"
    token = session_token(own)
    assert get(own, where, token).status == 200
    changed = token[:-1] + ("A" if token[-1] != "A" else "B")
    for wrong in (None, "", "x", changed):
        assert get(own, where, wrong).status == 401
    for seconds in ("0", "21601", "-1", "x", "", "1.5"):
        assert get(own, "/latest/api/token", method="PUT", **{SECONDS: seconds}).status == 400
    assert get(own, "/latest/api/token", method="PUT").status == 400
    assert get(own, "/latest/api/token").status in (401, 404, 405)
    forwarded = {SECONDS: "60", "X-Forwarded-For": "203.0.113.1"}
    assert get(own, "/latest/api/token", method="PUT", **forwarded).status == 403
    own.gateway.app.clock.move(timedelta(seconds=61))
    assert get(own, where, token).status == 401


def test_no_instance_no_metadata(own: World) -> None:
    assert get(own, "/latest/meta-data/instance-id", session_token(own)).status == 404


def test_an_instance_whose_role_is_gone(own: World) -> None:
    run(own.gateway, "credentials", "--role", own.role(), "--as", "imds")
    own.client("iam").delete_role(RoleName="reader")
    token = session_token(own)
    assert get(own, "/latest/meta-data/instance-id", token).status == 200
    assert get(own, "/latest/meta-data/iam/security-credentials/", token).status == 404


def test_version_one_where_it_is_allowed(in_gateway: Callable[[Gateway], World]) -> None:
    with running_gateway(Config(plugin_settings={"sts": {"imds": "optional"}})) as gateway:
        world = in_gateway(gateway)
        run(gateway, "credentials", "--role", world.role(), "--as", "imds")
        assert get(world, "/latest/meta-data/iam/security-credentials/").text == "reader"
        assert get(world, "/latest/meta-data/instance-id", "forged").status == 401


def test_metadata_can_be_switched_off(in_gateway: Callable[[Gateway], World]) -> None:
    with running_gateway(Config(plugin_settings={"sts": {"imds": "off"}})) as gateway:
        world = in_gateway(gateway)
        role = world.role()
        assert "is off" in run(gateway, "credentials", "--role", role, "--as", "imds", code=1)
        assert get(world, "/latest/meta-data/").status != 200


def test_the_role_must_trust_who_hands_its_credentials_out(
    in_gateway: Callable[[Gateway], World], monkeypatch: pytest.MonkeyPatch
) -> None:
    def trust(service: str) -> str:
        statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        return json.dumps({"Version": "2012-10-17", "Statement": statement})

    with running_gateway(Config(auth="strict", enforce="on")) as gateway:
        world = in_gateway(gateway)
        iam = world.client("iam")
        role = world.role()
        iam.update_assume_role_policy(RoleName="reader", PolicyDocument=trust("lambda.amazonaws.com"))
        run(gateway, "credentials", "--role", role, "--as", "imds")
        token = session_token(world)
        for path in ("info", "security-credentials/reader"):
            answer = json.loads(get(world, f"/latest/meta-data/iam/{path}", token).text)
            assert answer["Code"] == "AssumeRoleUnauthorizedAccess"
        variables = exports(run(gateway, "credentials", "--role", role, "--as", "container"))
        where = variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"].removeprefix(gateway.url)
        secret = variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
        assert get(world, where, Authorization=secret).status == 403
        iam.update_assume_role_policy(RoleName="reader", PolicyDocument=trust("ec2.amazonaws.com"))
        answer = json.loads(get(world, "/latest/meta-data/iam/security-credentials/reader", token).text)
        assert answer["Code"] == "Success"
        assert get(world, where, Authorization=secret).status == 403
        iam.update_assume_role_policy(RoleName="reader", PolicyDocument=trust("ecs-tasks.amazonaws.com"))
        apply(monkeypatch, variables)
        assert "/reader/" in whoami()


def test_credentials_go_on_past_their_end(own: World, monkeypatch: pytest.MonkeyPatch) -> None:
    apply(monkeypatch, exports(run(own.gateway, "credentials", "--role", own.role(), "--as", "container")))
    first = boto3.Session().get_credentials().get_frozen_credentials()
    own.gateway.app.clock.move(timedelta(hours=7))
    with pytest.raises(Exception, match="ExpiredToken"):
        whoami(boto3.Session(first.access_key, first.secret_key, first.token))
    assert "/reader/" in whoami()


def test_bindings_outlive_a_restart(tmp_path: Path, in_gateway: Callable[[Gateway], World]) -> None:
    config = Config(state=str(tmp_path))
    with running_gateway(config) as gateway:
        world = in_gateway(gateway)
        run(gateway, "credentials", "--role", world.role(), "--as", "imds")
        token = session_token(world)
        before = get(world, "/latest/meta-data/instance-id", token).text
    with running_gateway(config) as gateway:
        assert get(in_gateway(gateway), "/latest/meta-data/instance-id", token).text == before


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--role", "arn:aws:iam::111122223333:role/none"], "there is no role"),
        (["--lasts", "7200"], "MaxSessionDuration"),
        (["--session-name", "a b"], "session_name and name"),
        (["--as", "container", "--name", "a/b"], "session_name and name"),
    ],
)
def test_credentials_that_are_refused(own: World, arguments: list[str], reason: str) -> None:
    given = ["--role", own.role(), *arguments]
    assert reason in run(own.gateway, "credentials", *given, code=1)


def test_sessions_of_instances_say_where_they_come_from(own: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.contract.sts.federation.test_own_issuers import decoded

    own.client("iam").enable_outbound_web_identity_federation()
    apply(monkeypatch, exports(run(own.gateway, "credentials", "--role", own.role(), "--as", "imds")))
    answer = boto3.client("sts").get_web_identity_token(Audience=["a"], SigningAlgorithm="ES384")
    about = decoded(answer["WebIdentityToken"])["https://sts.amazonaws.com/"]
    assert about["ec2_source_instance_arn"].startswith(f"arn:aws:ec2:us-east-1:{own.account}:instance/i-0")
    assert about["ec2_role_delivery"] == "2.0"


def test_the_plugin_starts_without_heavy_libraries() -> None:
    script = (
        "import sys, cloudward_sts.plugin\n"
        "print([name for name in ('lxml', 'signxml', 'joserfc', 'click') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
