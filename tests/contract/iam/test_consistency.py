"""Eventual consistency: changes that take a while, for those who test their retries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudward.config import Config
from cloudward.testing import Gateway, running_gateway

DELAY = 10
ALLOW = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}]}
)


@pytest.fixture
def slow() -> Iterator[Gateway]:
    settings = {"iam": {"propagation_seconds": str(DELAY)}}
    with running_gateway(Config(enforce="on", plugin_settings=settings)) as gateway:
        yield gateway


def wait(gateway: Gateway, seconds: float = DELAY * 1.2) -> None:
    """Let time pass in small steps, with calls between them, as it would."""
    for _ in range(10):
        gateway.app.clock.move(timedelta(seconds=seconds / 10))
        gateway.client("sts").get_caller_identity()


def refusal(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def test_a_new_user_is_seen_after_a_while(slow: Gateway) -> None:
    iam = slow.client("iam")
    iam.create_user(UserName="late")
    assert refusal(iam.get_user, UserName="late") == "NoSuchEntity"
    assert iam.list_users()["Users"] == []
    assert refusal(iam.create_user, UserName="late") == "EntityAlreadyExists"
    wait(slow)
    assert iam.get_user(UserName="late")["User"]["UserName"] == "late"
    iam.delete_user(UserName="late")
    assert iam.get_user(UserName="late")["User"]["UserName"] == "late"
    wait(slow)
    assert refusal(iam.get_user, UserName="late") == "NoSuchEntity"


def test_keys_and_policies_take_effect_after_a_while(slow: Gateway) -> None:
    iam = slow.client("iam")
    iam.create_user(UserName="u")
    wait(slow)
    key = iam.create_access_key(UserName="u")["AccessKey"]
    own = slow.as_credentials(key, "iam")
    assert refusal(own.list_users) == "InvalidClientTokenId"
    wait(slow)
    assert refusal(own.list_users) == "AccessDenied"
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=ALLOW)
    assert refusal(own.list_users) == "AccessDenied"
    wait(slow)
    assert [user["UserName"] for user in own.list_users()["Users"]] == ["u"]


def test_a_waiter_waits_it_out(slow: Gateway) -> None:
    iam = slow.client("iam")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}]}))  # fmt: skip
    assert refusal(iam.get_role, RoleName="r") == "NoSuchEntity"
    iam.meta.events.register("after-call.iam.GetRole", lambda **_: wait(slow, DELAY / 4))
    iam.get_waiter("role_exists").wait(RoleName="r", WaiterConfig={"Delay": 0, "MaxAttempts": 20})


def test_a_reset_is_seen_at_once(slow: Gateway) -> None:
    iam = slow.client("iam")
    iam.create_user(UserName="u")
    wait(slow)
    slow.app.reset()
    assert iam.list_users()["Users"] == []


def test_off_by_default(gateway: Gateway) -> None:
    iam = gateway.client("iam")
    iam.create_user(UserName="u")
    assert iam.get_user(UserName="u")["User"]["UserName"] == "u"
