"""One gateway for a module of tests, and an account of its own for every test."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import botocore.config
import pytest

from cloudward.config import Config
from cloudward.testing import Gateway, running_gateway


@pytest.fixture(scope="module")
def shared() -> Iterator[Gateway]:
    """A gateway that the module's tests share; passwords are hashed at the lowest cost."""
    config = Config(
        plugin_settings={
            "iam": {
                "password_hash_cost": 2,
                "hardware_mfa_seeds": "GAHT12345678=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,GAHT87654321=MFRGGZDFMZTWQ2LK",
                "organization_id": "o-exampleorg1",
                "organization_management_account": "111111111111",
                "organization_delegated_administrators": "222222222222",
                "organization_accounts": "333333333333",
            }
        }
    )
    with running_gateway(config) as running:
        yield running


@pytest.fixture
def account() -> str:
    """An account that no other test uses."""
    return f"{secrets.randbelow(8 * 10**11) + 10**11:012d}"


@pytest.fixture
def iam(shared: Gateway, account: str) -> Any:
    """IAM's client as root of the test's own account."""
    return shared.client("iam", account)


@pytest.fixture
def unchecked(shared: Gateway, account: str) -> Any:
    """The same client, without botocore's own checks of what it sends."""
    return shared.client("iam", account, config=botocore.config.Config(parameter_validation=False))


@pytest.fixture
def user(iam: Any) -> str:
    """A user in the account."""
    return str(iam.create_user(UserName="ada")["User"]["UserName"])


@pytest.fixture
def as_user(shared: Gateway, iam: Any, user: str) -> Any:
    """IAM's client as that user."""
    return shared.as_credentials(iam.create_access_key(UserName=user)["AccessKey"], "iam")
