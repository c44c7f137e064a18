"""An account of its own for every test of IAM, in one gateway for all of them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any

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


@pytest.fixture
def client(iam_gateway: Gateway) -> Callable[..., Any]:
    """Makes clients that sign with what CreateAccessKey answered."""

    def make(service: str, credentials: Mapping[str, str], **options: Any) -> Any:
        return iam_gateway.as_credentials(credentials, service, **options)

    return make


@pytest.fixture
def iam(iam_gateway: Gateway, account: str) -> Any:
    """IAM's client as root of the test's own account."""
    return iam_gateway.client("iam", account)
