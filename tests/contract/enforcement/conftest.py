"""A gateway that enforces policies, an account of its own for every test, and people in it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from cloudward.config import Config
from cloudward.testing import Gateway, running_gateway


@pytest.fixture(scope="session")
def enforcing() -> Iterator[Gateway]:
    """The gateway that these tests share."""
    with running_gateway(Config(enforce="on", log_requests=False)) as running:
        yield running


@pytest.fixture(scope="session")
def boto() -> Any:
    """A boto3 session that all clients share, because each new one reads the models again."""
    return boto3.Session("unused", "unused", region_name="us-east-1")


class Account:
    """One account: its root user, and shorthands to make others and to call as them."""

    def __init__(self, gateway: Gateway, boto: Any, number: str) -> None:
        self.gateway = gateway
        self.number = number
        self._boto = boto
        self.root = self.client("iam", {"AccessKeyId": number, "SecretAccessKey": "test"})

    def client(self, service: str, credentials: Any, **options: Any) -> Any:
        return self._boto.client(
            service,
            endpoint_url=self.gateway.url,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials.get("SessionToken"),
            **options,
        )

    def arn(self, resource: str) -> str:
        return f"arn:aws:iam::{self.number}:{resource}"

    def user(self, name: str = "bob", *statements: Any, **more: Any) -> Any:
        """Make a user with an inline policy, and return its access key."""
        self.root.create_user(UserName=name, **more)
        if statements:
            self.root.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=policy(*statements))
        return self.root.create_access_key(UserName=name)["AccessKey"]

    def role(self, name: str, trust: str, *statements: Any, **more: Any) -> str:
        """Make a role with an inline policy, and return its ARN."""
        made = self.root.create_role(RoleName=name, AssumeRolePolicyDocument=trust, **more)["Role"]
        if statements:
            self.root.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=policy(*statements))
        return str(made["Arn"])

    def policy(self, name: str, *statements: Any) -> str:
        """Make a managed policy, and return its ARN."""
        return str(self.root.create_policy(PolicyName=name, PolicyDocument=policy(*statements))["Policy"]["Arn"])


@pytest.fixture
def new_account(enforcing: Gateway, boto: Any) -> Callable[[], Account]:
    """Makes accounts that nobody else uses."""
    return lambda: Account(enforcing, boto, account_number())


@pytest.fixture
def account(new_account: Callable[[], Account]) -> Account:
    """An account of the test's own."""
    return new_account()


def account_number() -> str:
    return f"{secrets.randbelow(8 * 10**11) + 10**11:012d}"


def policy(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2)


def allow(action: Any, resource: Any = "*", **condition: Any) -> dict[str, Any]:
    return _statement("Allow", action, resource, condition)


def deny(action: Any, resource: Any = "*", **condition: Any) -> dict[str, Any]:
    return _statement("Deny", action, resource, condition)


def _statement(effect: str, action: Any, resource: Any, condition: Any) -> dict[str, Any]:
    made = {"Effect": effect, "Action": action, "Resource": resource}
    return {**made, "Condition": condition} if condition else made


def trust(principal: Any, action: Any = "sts:AssumeRole", effect: str = "Allow", **condition: Any) -> dict[str, Any]:
    made = {"Effect": effect, "Principal": principal, "Action": action}
    return {**made, "Condition": condition} if condition else made


@contextmanager
def denied(message: str, code: str = "AccessDenied", status: int = 403) -> Iterator[None]:
    """Expect a call to be denied in exactly these words."""
    with pytest.raises(ClientError) as caught:
        yield
    assert caught.value.response["Error"]["Message"] == message
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
