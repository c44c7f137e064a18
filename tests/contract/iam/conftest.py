"""An account of its own for every test of IAM, in one gateway for all of them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3
import pytest

from cloudward.testing import Gateway, running_gateway


@pytest.fixture(scope="session")
def iam_gateway() -> Iterator[Gateway]:
    """The gateway that these tests share."""
    with running_gateway() as running:
        yield running


@pytest.fixture
def account() -> str:
    """An account that no other test uses."""
    return f"{secrets.randbelow(8 * 10**11) + 10**11:012d}"


@pytest.fixture(scope="session")
def session() -> Any:
    """A boto3 session that all clients share, because each new one reads the models again."""
    return boto3.Session("unused", "unused", region_name="us-east-1")


@pytest.fixture
def client(iam_gateway: Gateway, session: Any) -> Callable[..., Any]:
    """Makes clients that sign with what CreateAccessKey answered."""

    def make(service: str, credentials: Mapping[str, str], **options: Any) -> Any:
        return session.client(
            service,
            endpoint_url=iam_gateway.url,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials.get("SessionToken"),
            **options,
        )

    return make


@pytest.fixture
def iam(client: Callable[..., Any], account: str) -> Any:
    """IAM's client as root of the test's own account."""
    return client("iam", {"AccessKeyId": account, "SecretAccessKey": "test"})
