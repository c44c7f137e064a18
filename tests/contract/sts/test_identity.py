"""GetCallerIdentity and GetAccessKeyInfo for every kind of caller."""

from __future__ import annotations

import re

import pytest

from tests.contract.sts.conftest import World, refused


def identity(world: World, credentials: dict[str, str] | None = None) -> dict[str, str]:
    answer = world.client("sts", credentials).get_caller_identity()
    return {name: answer[name] for name in ("UserId", "Account", "Arn")}


def test_root_is_its_account(world: World) -> None:
    assert identity(world) == {
        "UserId": world.account,
        "Account": world.account,
        "Arn": f"arn:aws:iam::{world.account}:root",
    }


def test_user(world: World) -> None:
    key = world.user()
    user = world.client("iam").get_user(UserName="alice")["User"]
    assert identity(world, key) == {"UserId": user["UserId"], "Account": world.account, "Arn": user["Arn"]}


def test_role_session_has_the_roles_name_without_its_path(world: World) -> None:
    arn = world.role("reader", "/team/a/")
    answer = world.assume(world.user(), arn, "build-42")
    role_id = world.client("iam").get_role(RoleName="reader")["Role"]["RoleId"]
    assert identity(world, answer["Credentials"]) == {
        "UserId": f"{role_id}:build-42",
        "Account": world.account,
        "Arn": f"arn:aws:sts::{world.account}:assumed-role/reader/build-42",
    }
    assert answer["AssumedRoleUser"] == {
        "AssumedRoleId": f"{role_id}:build-42",
        "Arn": f"arn:aws:sts::{world.account}:assumed-role/reader/build-42",
    }


def test_session_of_a_user_is_that_user(world: World) -> None:
    key = world.user()
    session = world.client("sts", key).get_session_token()["Credentials"]
    assert identity(world, session) == identity(world, key)


def test_session_of_root_is_root(world: World) -> None:
    session = world.client("sts").get_session_token()["Credentials"]
    assert identity(world, session)["Arn"] == f"arn:aws:iam::{world.account}:root"


def test_federated_user(world: World) -> None:
    answer = world.client("sts", world.user()).get_federation_token(Name="bob")
    expected = {"FederatedUserId": f"{world.account}:bob", "Arn": f"arn:aws:sts::{world.account}:federated-user/bob"}
    assert answer["FederatedUser"] == expected
    assert identity(world, answer["Credentials"]) == {
        "UserId": expected["FederatedUserId"],
        "Account": world.account,
        "Arn": expected["Arn"],
    }


def test_role_of_another_account(world: World) -> None:
    other = World(world.gateway, world.session, str(999_999_999_999 - int(world.account)).zfill(12))
    session = world.assume(world.user(), other.role("across"))["Credentials"]
    assert identity(world, session)["Account"] == other.account


def test_an_access_key_tells_its_account(world: World) -> None:
    key = world.user()
    sts = world.client("sts")
    assert sts.get_access_key_info(AccessKeyId=key["AccessKeyId"])["Account"] == world.account
    session = world.assume(key, world.role())["Credentials"]
    assert sts.get_access_key_info(AccessKeyId=session["AccessKeyId"])["Account"] == world.account
    assert re.fullmatch(r"LSIA[A-Z2-7]{16}", session["AccessKeyId"])


@pytest.mark.parametrize("key_id", ["NOTAKEYATALL0000000X", "AKIA1111111111111111"])
def test_a_key_that_encodes_no_account(world: World, key_id: str) -> None:
    with refused() as answer:
        world.client("sts").get_access_key_info(AccessKeyId=key_id)
    assert (answer.code, answer.status) == ("ValidationError", 400)
