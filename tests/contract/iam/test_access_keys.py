"""Access keys, with boto3."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from cloudward.config import Config
from cloudward.ids import account_of_key
from cloudward.testing import running_gateway
from tests.contract.iam.expect import page_names, refused

MISSING = "AKIAIOSFODNN7EXAMPLE"


@pytest.fixture
def alice(iam: Any) -> Any:
    iam.create_user(UserName="alice")
    return iam


def test_create_access_key(alice: Any, account: str) -> None:
    key = alice.create_access_key(UserName="alice")["AccessKey"]
    assert re.fullmatch("LKIA[A-Z2-7]{16}", key["AccessKeyId"])
    assert account_of_key(key["AccessKeyId"]) == account
    assert len(key["SecretAccessKey"]) == 40
    assert (key["UserName"], key["Status"]) == ("alice", "Active")


def test_key_ids_like_those_of_aws_are_a_setting() -> None:
    with running_gateway(Config(parity_access_key_ids=True)) as gateway:
        iam = gateway.client("iam")
        iam.create_user(UserName="alice")
        assert iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"].startswith("AKIA")


def test_a_user_has_two_keys_at_most(alice: Any) -> None:
    alice.create_access_key(UserName="alice")
    alice.create_access_key(UserName="alice")
    with refused("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2", 409):
        alice.create_access_key(UserName="alice")
    with refused("NoSuchEntity", "The user with name bob cannot be found.", 404):
        alice.create_access_key(UserName="bob")


def test_users_make_and_list_their_own_keys(alice: Any, client: Callable[..., Any]) -> None:
    first = alice.create_access_key(UserName="alice")["AccessKey"]
    own = client("iam", first)
    second = own.create_access_key()["AccessKey"]
    assert second["UserName"] == "alice"
    listed = {key["AccessKeyId"] for key in own.list_access_keys()["AccessKeyMetadata"]}
    assert listed == {first["AccessKeyId"], second["AccessKeyId"]}
    own.delete_access_key(AccessKeyId=second["AccessKeyId"])
    assert len(own.list_access_keys()["AccessKeyMetadata"]) == 1


def test_root_has_keys_of_its_own(alice: Any, client: Callable[..., Any], account: str) -> None:
    key = alice.create_access_key()["AccessKey"]
    assert "UserName" not in key
    root = client("sts", key)
    assert root.get_caller_identity()["Arn"] == f"arn:aws:iam::{account}:root"
    assert [found["AccessKeyId"] for found in alice.list_access_keys()["AccessKeyMetadata"]] == [key["AccessKeyId"]]
    assert alice.list_access_keys(UserName="alice")["AccessKeyMetadata"] == []


def test_list_access_keys_in_pages(alice: Any) -> None:
    keys = sorted(alice.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"] for _ in range(2))
    pages = page_names(alice, "list_access_keys", "AccessKeyMetadata", "AccessKeyId", 1, UserName="alice")
    assert pages == [[key] for key in keys]
    assert "SecretAccessKey" not in alice.list_access_keys(UserName="alice")["AccessKeyMetadata"][0]
    with refused("NoSuchEntity", "The user with name bob cannot be found.", 404):
        alice.list_access_keys(UserName="bob")


def test_update_access_key(alice: Any) -> None:
    key = alice.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    alice.update_access_key(UserName="alice", AccessKeyId=key, Status="Inactive")
    assert alice.list_access_keys(UserName="alice")["AccessKeyMetadata"][0]["Status"] == "Inactive"
    alice.update_access_key(UserName="alice", AccessKeyId=key, Status="Active")
    assert alice.list_access_keys(UserName="alice")["AccessKeyMetadata"][0]["Status"] == "Active"
    with refused("NoSuchEntity", f"The Access Key with id {MISSING} cannot be found.", 404):
        alice.update_access_key(UserName="alice", AccessKeyId=MISSING, Status="Inactive")
    with refused("InvalidInput", "An access key's status can be set to Active or Inactive only.", 400):
        alice.update_access_key(UserName="alice", AccessKeyId=key, Status="Expired")


def test_keys_are_changed_under_their_own_user_only(alice: Any) -> None:
    alice.create_user(UserName="bob")
    key = alice.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    for call in (alice.delete_access_key, lambda **named: alice.update_access_key(Status="Inactive", **named)):
        with refused("NoSuchEntity", f"The Access Key with id {key} cannot be found.", 404):
            call(UserName="bob", AccessKeyId=key)


def test_delete_access_key(alice: Any) -> None:
    key = alice.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    alice.delete_access_key(UserName="alice", AccessKeyId=key)
    assert alice.list_access_keys(UserName="alice")["AccessKeyMetadata"] == []
    with refused("NoSuchEntity", f"The Access Key with id {key} cannot be found.", 404):
        alice.delete_access_key(UserName="alice", AccessKeyId=key)


def test_access_key_last_used(alice: Any, client: Callable[..., Any]) -> None:
    key = alice.create_access_key(UserName="alice")["AccessKey"]
    before = alice.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
    assert before["UserName"] == "alice"
    assert before["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}
    client("sts", key).get_caller_identity()
    used = alice.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"]) == ("sts", "us-east-1")
    assert used["LastUsedDate"] >= key["CreateDate"]


def test_access_keys_of_nobody_are_not_told_from_those_of_others(alice: Any, account: str) -> None:
    root = f"arn:aws:iam::{account}:root"
    message = f"User: {root} is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key {MISSING}"
    with refused("AccessDenied", message, 403):
        alice.get_access_key_last_used(AccessKeyId=MISSING)
