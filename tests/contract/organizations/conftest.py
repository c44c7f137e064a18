"""An organization of its own for every test, in one gateway for all of them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from cloudward.config import Config
from cloudward.testing import Gateway, running_gateway

Refused = Callable[..., AbstractContextManager[None]]


def number() -> str:
    """Return an account that no other test uses."""
    return f"{secrets.randbelow(8 * 10**11) + 10**11:012d}"


@contextmanager
def refusal(code: str, message: str | None = None, reason: str | None = None) -> Iterator[None]:
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    if message is not None:
        assert error["Message"] == message
    if reason is not None:
        assert caught.value.response["Reason"] == reason


@pytest.fixture
def refused() -> Refused:
    """Expect a call to fail with an error code, and with a message and reason where they are given."""
    return refusal


@pytest.fixture(scope="session")
def gateway() -> Iterator[Gateway]:
    """The gateway that these tests share."""
    with running_gateway(Config(log_requests=False)) as running:
        yield running


@pytest.fixture(scope="session")
def boto() -> Any:
    """A boto3 session that all clients share, because each new one reads the models again."""
    return boto3.Session("unused", "unused", region_name="us-east-1")


@pytest.fixture
def root_of(gateway: Gateway, boto: Any) -> Callable[..., Any]:
    """Makes clients of an account's root user."""

    def make(account: str, service: str = "organizations") -> Any:
        return boto.client(service, endpoint_url=gateway.url, aws_access_key_id=account, aws_secret_access_key="test")

    return make


@pytest.fixture
def management() -> str:
    return number()


@pytest.fixture
def alone(root_of: Callable[..., Any], management: str) -> Any:
    """The client of an account in no organization."""
    return root_of(management)


@pytest.fixture
def organization(alone: Any) -> dict[str, Any]:
    return dict(alone.create_organization(FeatureSet="ALL")["Organization"])


@pytest.fixture
def client(alone: Any, organization: dict[str, Any]) -> Any:
    """The client of an organization's management account."""
    return alone


@pytest.fixture
def root(client: Any) -> str:
    return str(client.list_roots()["Roots"][0]["Id"])


@pytest.fixture
def member(client: Any) -> Callable[..., str]:
    """Makes member accounts, and returns their numbers."""

    def make(name: str = "member", **more: Any) -> str:
        email = f"{name}-{secrets.token_hex(6)}@example.com"
        status = client.create_account(Email=email, AccountName=name, **more)["CreateAccountStatus"]
        done = client.describe_create_account_status(CreateAccountRequestId=status["Id"])["CreateAccountStatus"]
        assert done["State"] == "SUCCEEDED", done
        return str(done["AccountId"])

    return make


@pytest.fixture
def document() -> str:
    """A service control policy that denies something."""
    statement = {"Effect": "Deny", "Action": "iam:CreateUser", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
