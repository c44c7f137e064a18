"""Every hook, seen from a plugin that implements it."""

from __future__ import annotations

import base64
import inspect
import json
import types
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from cloudward import hookspecs
from cloudward.api import Caller, Credential, InternalRoute, Per, Provider, State, Verdict, hookimpl, operation
from cloudward.cli.main import cli
from cloudward.config import Config
from cloudward.testing import running_gateway


def plugin(**functions: Callable[..., Any]) -> types.ModuleType:
    module = types.ModuleType("hook_test_plugin")
    for name, function in functions.items():
        setattr(module, name, hookimpl(function))
    return module


def test_every_hook_is_typed_and_documented() -> None:
    found = [f for name, f in vars(hookspecs).items() if name.startswith("cloudward_") and inspect.isfunction(f)]
    assert len(found) >= 14
    for hook in found:
        doc = inspect.getdoc(hook) or ""
        signature = inspect.signature(hook)
        assert signature.return_annotation is not inspect.Signature.empty, hook
        for name, parameter in signature.parameters.items():
            assert parameter.annotation is not inspect.Parameter.empty, hook
            assert f"    {name}: " in doc, (hook, name)


def test_providers() -> None:
    class QueueState(State, per=Per.REGION, service="sqs"):
        pass

    @operation("ListQueues")
    def list_queues(ctx: Any) -> dict[str, list[str]]:
        return {"QueueUrls": [f"http://{ctx.region}/q"]}

    mine = plugin(cloudward_providers=lambda: [Provider("sqs", QueueState).include(list_queues)])
    with running_gateway(plugins={"mine": mine}) as gateway:
        assert gateway.client("sqs", region="eu-west-1").list_queues()["QueueUrls"] == ["http://eu-west-1/q"]


def test_spec_overlays(tmp_path: Path) -> None:
    overlay = {
        "service": "iam",
        "source": "a test",
        "reason": "shorter user names",
        "patch": {"shapes": {"userNameType": {"max": 3}}},
    }
    (tmp_path / "iam.overlay.json").write_text(json.dumps(overlay))
    mine = plugin(cloudward_spec_overlays=lambda: [tmp_path])
    with (
        running_gateway(plugins={"mine": mine}) as gateway,
        pytest.raises(ClientError, match="length less than or equal to 3"),
    ):
        gateway.client("iam").create_user(UserName="four")


def test_resolve_credential() -> None:
    def resolve(access_key_id: str) -> Credential | None:
        if access_key_id != "AKIAOFTHEPLUGIN00000":
            return None
        arn = "arn:aws:iam::999999999999:user/plugin"
        caller = Caller(kind="user", partition="aws", account="999999999999", arn=arn, user_id="AIDAPLUGIN")
        return Credential(caller=caller, secret_access_key="secret")

    with running_gateway(plugins={"mine": plugin(cloudward_resolve_credential=resolve)}) as gateway:
        identity = gateway.client("sts", "AKIAOFTHEPLUGIN00000", "secret").get_caller_identity()
        assert identity["Arn"] == "arn:aws:iam::999999999999:user/plugin"


def test_authorize() -> None:
    def authorize(request: Any) -> Verdict | None:
        return Verdict(False, "Not on Mondays.") if request.operation.name == "ListUsers" else None

    mine = {"mine": plugin(cloudward_authorize=authorize)}
    with running_gateway(Config(enforce="on"), plugins=mine) as gateway:
        iam = gateway.client("iam")
        iam.create_user(UserName="a")
        with pytest.raises(ClientError, match="Not on Mondays") as caught:
            iam.list_users()
        assert caught.value.response["Error"]["Code"] == "AccessDenied"
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_handlers_may_look_on_and_may_answer() -> None:
    seen: list[str] = []

    def look(chain: Any, call: Any, response: Any) -> None:
        seen.append(f"{call.route.operation.name} {call.request.headers['host'].split(':')[0]}")

    def answer(chain: Any, call: Any, response: Any) -> None:
        if call.route.operation.name == "ListGroups":
            chain.respond(418, {"short": "stout"})

    def add(chain: Any) -> None:
        chain.after("identify", look)
        chain.before("authorize", answer)

    with running_gateway(plugins={"mine": plugin(cloudward_handlers=add)}) as gateway:
        gateway.client("sts").get_caller_identity()
        request = urllib.request.Request(f"{gateway.url}/?Action=ListGroups&Version=2010-05-08")
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request)
        assert caught.value.code == 418
        assert json.loads(caught.value.read()) == {"short": "stout"}
    assert seen == ["GetCallerIdentity 127.0.0.1", "ListGroups 127.0.0.1"]


def test_outbound_federation() -> None:
    def outbound(partition: str, account: str) -> dict[str, Any]:
        return {"issuer": f"https://{account}.example.com", "enabled": partition == "aws"}

    with running_gateway(plugins={"mine": plugin(cloudward_outbound_federation=outbound)}) as gateway:
        answer = gateway.client("sts").get_web_identity_token(Audience=["a"], SigningAlgorithm="ES384")
    claims = answer["WebIdentityToken"].split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(f"{claims}=="))["iss"] == "https://000000000000.example.com"


def test_find_identity_provider() -> None:
    def find(arn: str) -> dict[str, Any]:
        return {"kind": "oidc", "arn": arn, "account": "000000000000", "client_ids": ("app",), "thumbprints": ()}

    with running_gateway(plugins={"mine": plugin(cloudward_find_identity_provider=find)}) as gateway:
        body = json.dumps({"issuer": "https://idp.example.com", "subject": "alice", "audience": "app"}).encode()
        with urllib.request.urlopen(f"{gateway.url}/_cloudward/oidc/token", body) as answer:
            token = json.load(answer)["token"]
        role = gateway.client("iam").create_role(
            RoleName="r",
            AssumeRolePolicyDocument=json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": {
                        "Effect": "Allow",
                        "Principal": {"Federated": "arn:aws:iam::000000000000:oidc-provider/idp.example.com"},
                        "Action": "sts:AssumeRoleWithWebIdentity",
                    },
                }
            ),
        )["Role"]
        answer = gateway.client("sts").assume_role_with_web_identity(
            RoleArn=role["Arn"], RoleSessionName="session", WebIdentityToken=token
        )
        assert answer["Provider"] == "arn:aws:iam::000000000000:oidc-provider/idp.example.com"


def test_internal_routes() -> None:
    def routes() -> list[InternalRoute]:
        return [InternalRoute("/_cloudward/mine/<name>", lambda request, name: {"hello": name})]

    mine = plugin(cloudward_internal_routes=routes)
    with (
        running_gateway(plugins={"mine": mine}) as gateway,
        urllib.request.urlopen(f"{gateway.url}/_cloudward/mine/you") as answer,
    ):
        assert json.load(answer) == {"hello": "you"}


def test_startup_reset_shutdown_and_observe() -> None:
    seen: list[str] = []
    mine = plugin(
        cloudward_startup=lambda app: seen.append("startup"),
        cloudward_shutdown=lambda app: seen.append("shutdown"),
        cloudward_reset=lambda account, service: seen.append(f"reset {account} {service}"),
        cloudward_observe=lambda record: seen.append(f"{record.service}.{record.operation} {record.status}"),
    )
    with running_gateway(plugins={"mine": mine}) as gateway:
        gateway.client("sts").get_caller_identity()
        gateway.app.reset(account="111111111111", service="iam")
    assert seen == ["startup", "sts.GetCallerIdentity 200", "reset 111111111111 iam", "shutdown"]


def test_cli_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command("brew")
    def brew() -> None:
        """Make coffee."""
        click.echo("brewing")

    mine = plugin(cloudward_cli_commands=lambda: [brew])
    monkeypatch.setattr("cloudward.plugins._discovered", lambda: [_Entry("mine", mine)])
    assert "brew" in CliRunner().invoke(cli, ["--help"]).output
    assert CliRunner().invoke(cli, ["brew"]).output == "brewing\n"


class _Entry:
    dist = None
    value = "hook_test_plugin"

    def __init__(self, name: str, plugin: object) -> None:
        self.name = name
        self._plugin = plugin

    def load(self) -> object:
        return self._plugin
