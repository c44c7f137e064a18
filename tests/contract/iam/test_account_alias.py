"""The account alias, with boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.contract.iam.expect import refused


def test_account_alias(iam: Any, account: str) -> None:
    assert iam.list_account_aliases()["AccountAliases"] == []
    iam.create_account_alias(AccountAlias=f"first-{account}")
    iam.create_account_alias(AccountAlias=f"second-{account}")
    assert iam.list_account_aliases()["AccountAliases"] == [f"second-{account}"]
    iam.delete_account_alias(AccountAlias=f"second-{account}")
    assert iam.list_account_aliases()["AccountAliases"] == []
    with refused("NoSuchEntity", f"The account alias second-{account} does not exist.", 404):
        iam.delete_account_alias(AccountAlias=f"second-{account}")


def test_account_aliases_are_unique_among_accounts(iam: Any, client: Callable[..., Any], account: str) -> None:
    alias = f"alias-{account}"
    iam.create_account_alias(AccountAlias=alias)
    other = client("iam", {"AccessKeyId": "999999999998", "SecretAccessKey": "test"})
    with refused("EntityAlreadyExists", f"The account alias {alias} already exists.", 409):
        other.create_account_alias(AccountAlias=alias)


def test_an_account_alias_is_no_account_number(iam: Any) -> None:
    with refused("ValidationError", "The account alias 123456789012 must not be a 12-digit number.", 400):
        iam.create_account_alias(AccountAlias="123456789012")
