"""The policy stream: live events and least-privilege summaries, whatever the mode of enforcement."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner

from cloudward.cli.main import cli
from cloudward.commands import server_sent_events
from cloudward.config import Config
from cloudward.testing import Gateway, running_gateway
from tests.contract.enforcement.conftest import allow, policy, trust

ACCOUNT = "000000000000"


@pytest.fixture
def quiet() -> Iterator[Gateway]:
    """A gateway of the test's own that enforces nothing."""
    with running_gateway(Config(log_requests=False)) as running:
        yield running


def post(gateway: Gateway, change: str) -> Any:
    with urlopen(Request(f"{gateway.url}/_cloudward/stream/{change}", method="POST")) as answer:
        return json.load(answer)


def get(gateway: Gateway, path: str) -> Any:
    with urlopen(f"{gateway.url}/_cloudward/stream/{path}") as answer:
        return json.load(answer)


def cloudward(gateway: Gateway, *arguments: str) -> str:
    result = CliRunner().invoke(
        cli, ["stream", *arguments, "--endpoint", gateway.url], standalone_mode=False, catch_exceptions=False
    )
    return result.stdout


@contextmanager
def listening(gateway: Gateway, query: str = "") -> Iterator[Iterator[tuple[str, Any]]]:
    events = server_sent_events(gateway.url, f"/_cloudward/stream{query}")
    name, _ = next(events)
    assert name == "ready"
    try:
        yield events
    finally:
        events.close()  # type: ignore[attr-defined]  # a generator


def arn(resource: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{resource}"


def user(gateway: Gateway, name: str, *statements: Any) -> Any:
    iam = gateway.client("iam")
    iam.create_user(UserName=name)
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=policy(*statements))
    return gateway.as_credentials(iam.create_access_key(UserName=name)["AccessKey"], "iam")


def test_every_call_is_an_event_though_nothing_is_enforced(quiet: Gateway) -> None:
    bob = user(quiet, "bob", allow("iam:ListUsers"))
    with listening(quiet) as events:
        bob.list_users()
        bob.create_role(RoleName="app", AssumeRolePolicyDocument=policy(trust({"Service": "ec2.amazonaws.com"})))
        _, listed = next(events)
        _, created = next(events)
    assert (listed["operation"], listed["principal"], listed["allowed"]) == ("ListUsers", arn("user/bob"), True)
    assert (created["operation"], created["allowed"], created["mode"], created["status"]) == (
        "CreateRole",
        False,
        "off",
        200,
    )
    (action,) = created["actions"]
    assert (action["action"], action["resource"], action["outcome"]) == (
        "iam:CreateRole",
        arn("role/app"),
        "implicitDeny",
    )
    assert action["context"]["aws:username"] == "bob"
    (least,) = action["least_policy"]
    assert (least["kind"], least["attached_to"]) == ("identity-based policy", "user bob")
    assert least["statement"] == {"Effect": "Allow", "Action": "iam:CreateRole", "Resource": arn("role/app")}


def test_one_principal_only(quiet: Gateway) -> None:
    bob, eve = user(quiet, "bob"), user(quiet, "eve")
    with listening(quiet, f"?principal={arn('user/bob')}") as events:
        eve.list_users()
        bob.list_roles()
        _, event = next(events)
    assert event["operation"] == "ListRoles"


def test_calls_that_fail_are_events_too(quiet: Gateway) -> None:
    bob = user(quiet, "bob")
    with listening(quiet) as events:
        with pytest.raises(bob.exceptions.NoSuchEntityException):
            bob.get_user(UserName="ghost")
        _, event = next(events)
    assert (event["status"], event["error"]) == (404, "NoSuchEntity")
    assert event["actions"][0]["action"] == "iam:GetUser"


def test_assuming_a_role_takes_a_trust_policy(quiet: Gateway) -> None:
    iam = quiet.client("iam")
    iam.create_user(UserName="bob")
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    role = iam.create_role(
        RoleName="app", AssumeRolePolicyDocument=policy(trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
    )
    post(quiet, "enable")
    sts = quiet.as_credentials(key, "sts")
    session = sts.assume_role(RoleArn=role["Role"]["Arn"], RoleSessionName="me")["Credentials"]
    quiet.as_credentials(session, "iam").list_users()
    assert get(quiet, f"summary?principal={arn('user/bob')}")["identity"]["Statement"] == [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn("role/app")}
    ]
    session_arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/me"
    assert get(quiet, f"summary?principal={session_arn}")["identity"]["Statement"] == [
        {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}
    ]


def test_a_role_that_another_account_assumes_needs_both_policies(quiet: Gateway) -> None:
    other = "222222222222"
    iam = quiet.client("iam", other)
    role = iam.create_role(RoleName="app", AssumeRolePolicyDocument=policy(trust({"Service": "ec2.amazonaws.com"})))
    key = quiet.client("iam")
    key.create_user(UserName="bob")
    sts = quiet.as_credentials(key.create_access_key(UserName="bob")["AccessKey"], "sts")
    with listening(quiet) as events:
        with suppress(sts.exceptions.ClientError):
            sts.assume_role(RoleArn=role["Role"]["Arn"], RoleSessionName="me")
        _, event = next(events)
    kinds = {one["kind"]: one for one in event["actions"][0]["least_policy"]}
    assert set(kinds) == {"identity-based policy", "role trust policy"}
    assert kinds["role trust policy"]["attached_to"] == role["Role"]["Arn"]
    assert kinds["role trust policy"]["statement"]["Principal"] == {"AWS": arn("user/bob")}


def test_the_summary_is_enough_when_enforced() -> None:
    with running_gateway(Config(log_requests=False)) as gateway:
        bob = user(gateway, "bob")
        post(gateway, "enable")

        def work() -> None:
            bob.create_group(GroupName="devs")
            bob.create_user(UserName="eve")
            bob.add_user_to_group(GroupName="devs", UserName="eve")
            bob.tag_user(UserName="eve", Tags=[{"Key": "team", "Value": "red"}])
            bob.remove_user_from_group(GroupName="devs", UserName="eve")
            bob.delete_user(UserName="eve")
            bob.delete_group(GroupName="devs")
            bob.list_users()

        work()
        document = cloudward(gateway, "--summary", "--principal", arn("user/bob"))
        gateway.client("iam").put_user_policy(UserName="bob", PolicyName="least", PolicyDocument=document)
        gateway.app.enforcement.switch("on")
        work()
        with pytest.raises(bob.exceptions.ClientError, match="not authorized"):
            bob.create_user(UserName="mallory")
    statements = json.loads(document)["Statement"]
    assert [statement for statement in statements if statement["Resource"] == "*"] == [
        {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}
    ]
    (on_eve,) = [statement for statement in statements if statement["Resource"] == arn("user/eve")]
    assert on_eve["Action"] == ["iam:CreateUser", "iam:DeleteUser", "iam:TagUser"]


def test_resources_are_generalised_when_asked(quiet: Gateway) -> None:
    bob = user(quiet, "bob")
    post(quiet, "enable")
    for name in ("a", "b"):
        bob.create_user(UserName=name)
    bob.create_group(GroupName="devs")
    exact = json.loads(cloudward(quiet, "--summary"))["Statement"]
    assert exact == [
        {"Effect": "Allow", "Action": "iam:CreateUser", "Resource": [arn("user/a"), arn("user/b")]},
        {"Effect": "Allow", "Action": "iam:CreateGroup", "Resource": arn("group/devs")},
    ]
    wide = json.loads(cloudward(quiet, "--summary", "--generalise"))["Statement"]
    assert {statement["Action"]: statement["Resource"] for statement in wide} == {
        "iam:CreateUser": arn("user/*"),
        "iam:CreateGroup": arn("group/devs"),
    }


def test_formats(quiet: Gateway) -> None:
    bob = user(quiet, "bob")
    post(quiet, "enable")
    bob.list_users()
    terraform = cloudward(quiet, "--summary", "--format", "terraform")
    assert 'data "aws_iam_policy_document" "least_privilege"' in terraform
    assert 'actions   = ["iam:ListUsers"]' in terraform
    template = json.loads(cloudward(quiet, "--summary", "--format", "cloudformation"))
    properties = template["Resources"]["LeastPrivilege"]["Properties"]
    assert properties["PolicyDocument"] == json.loads(cloudward(quiet, "--summary"))


def test_switching(quiet: Gateway) -> None:
    bob = user(quiet, "bob")
    bob.list_users()
    assert get(quiet, "status") == {"enabled": False, "since": None, "calls": 0, "permissions": 0, "readers": 0}
    assert quiet.app.enforcement.evaluates is False
    assert cloudward(quiet, "--enable") == "the stream is on; 0 calls with 0 permissions seen\n"
    bob.list_users()
    bob.list_users()
    status = get(quiet, "status")
    assert (status["enabled"], status["calls"], status["permissions"]) == (True, 2, 1)
    assert cloudward(quiet, "--disable") == "the stream is off; 2 calls with 1 permissions seen\n"
    bob.list_users()
    assert get(quiet, "status")["calls"] == 2
    assert cloudward(quiet, "--reset") == "the stream is off; 0 calls with 0 permissions seen\n"
    assert get(quiet, "summary")["identity"]["Statement"] == []
    assert quiet.app.enforcement.evaluates is False


def test_readers_that_go_leave_nothing_behind(quiet: Gateway) -> None:
    with listening(quiet), listening(quiet):
        assert get(quiet, "status")["readers"] == 2
        assert quiet.app.enforcement.evaluates is True
    # The gateway learns of a closed connection at once; each look is a round trip through its loop.
    assert any(get(quiet, "status")["readers"] == 0 for _ in range(200))
    assert quiet.app.enforcement.evaluates is False


def test_a_reader_does_not_keep_the_gateway_from_stopping() -> None:
    with running_gateway(Config(log_requests=False)) as gateway:
        events = server_sent_events(gateway.url, "/_cloudward/stream")
        assert next(events)[0] == "ready"
    assert list(events) == []
