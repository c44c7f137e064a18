"""Users, with boto3."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cloudward.config import Config
from cloudward.testing import running_gateway
from tests.contract.iam.expect import ALLOW, TRUST, page_names, refused, text

BOUNDARY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def test_create_user(iam: Any, account: str) -> None:
    user = iam.create_user(UserName="alice", Path="/division/team/", Tags=[{"Key": "cost", "Value": "7"}])["User"]
    assert re.fullmatch("AIDA[A-Z2-7]{17}", user.pop("UserId"))
    assert user.pop("CreateDate").tzinfo is not None
    assert user == {
        "UserName": "alice",
        "Path": "/division/team/",
        "Arn": f"arn:aws:iam::{account}:user/division/team/alice",
        "Tags": [{"Key": "cost", "Value": "7"}],
    }


def test_create_user_with_boundary(iam: Any) -> None:
    iam.create_user(UserName="alice", PermissionsBoundary=BOUNDARY)
    assert iam.get_user(UserName="alice")["User"]["PermissionsBoundary"] == {
        "PermissionsBoundaryType": "Policy",
        "PermissionsBoundaryArn": BOUNDARY,
    }
    missing = "arn:aws:iam::aws:policy/NoSuchPolicy"
    with refused("NoSuchEntity", f"Scope ARN: {missing} does not exist or is not attachable.", 404):
        iam.create_user(UserName="bob", PermissionsBoundary=missing)


def test_user_names_are_unique_in_any_case(iam: Any) -> None:
    iam.create_user(UserName="alice")
    with refused("EntityAlreadyExists", "User with name ALICE already exists.", 409):
        iam.create_user(UserName="ALICE", Path="/elsewhere/")
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["alice"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"UserName": "no space"},
            (
                "The specified value for userName is invalid. "
                "It must contain only alphanumeric characters and/or the following: +=,.@_-"
            ),
        ),
        (
            {"UserName": "a", "Path": "no-slashes"},
            (
                "The specified value for path is invalid. "
                "It must begin and end with / and contain only alphanumeric characters and/or / characters."
            ),
        ),
        (
            {"UserName": "x" * 65},
            (
                f"1 validation error detected: Value '{'x' * 65}' at 'userName' failed to satisfy constraint: "
                "Member must have length less than or equal to 64"
            ),
        ),
    ],
)
def test_create_user_refuses_bad_values(iam: Any, parameters: dict[str, str], message: str) -> None:
    with refused("ValidationError", message, 400):
        iam.create_user(**parameters)
    assert iam.list_users()["Users"] == []


def test_get_user(iam: Any) -> None:
    created = iam.create_user(UserName="alice")["User"]
    assert iam.get_user(UserName="alice")["User"] == created
    with refused("NoSuchEntity", "The user with name bob cannot be found.", 404):
        iam.get_user(UserName="bob")


def test_get_user_without_name_is_the_caller(iam: Any, client: Callable[..., Any], account: str) -> None:
    root = iam.get_user()["User"]
    assert (root["UserId"], root["Arn"]) == (account, f"arn:aws:iam::{account}:root")
    created = iam.create_user(UserName="alice")["User"]
    alice = client("iam", iam.create_access_key(UserName="alice")["AccessKey"])
    assert alice.get_user()["User"] == created
    iam.update_user(UserName="alice", NewUserName="alicia")
    assert alice.get_user()["User"]["UserName"] == "alicia"


def test_list_users_in_pages(iam: Any) -> None:
    for number in range(7):
        iam.create_user(UserName=f"user{number}")
    pages = page_names(iam, "list_users", "Users", "UserName", 3)
    assert pages == [["user0", "user1", "user2"], ["user3", "user4", "user5"], ["user6"]]
    paginated = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 2}).build_full_result()
    assert [user["UserName"] for user in paginated["Users"]] == [f"user{number}" for number in range(7)]


def test_list_users_under_a_path(iam: Any) -> None:
    for name, path in [("a", "/"), ("b", "/x/"), ("c", "/x/y/"), ("d", "/xy/"), ("e", "/x/y/z/")]:
        iam.create_user(UserName=name, Path=path)

    def names(prefix: str, size: int = 100) -> list[str]:
        pages = page_names(iam, "list_users", "Users", "UserName", size, PathPrefix=prefix)
        return [name for page in pages for name in page]

    assert names("/") == ["a", "b", "c", "d", "e"]
    for size in (1, 2, 100):
        assert names("/x/", size) == ["b", "c", "e"]
        assert names("/x", size) == ["b", "c", "d", "e"]
        assert names("/x/y", size) == ["c", "e"]
        assert names("/nowhere/", size) == []


def test_listing_leaves_out_tags_and_boundary(iam: Any) -> None:
    iam.create_user(UserName="alice", Tags=[{"Key": "a", "Value": "b"}], PermissionsBoundary=BOUNDARY)
    (user,) = iam.list_users()["Users"]
    assert user.keys() == {"UserName", "UserId", "Path", "Arn", "CreateDate"}


def test_pages_stay_stable_while_users_come_and_go(iam: Any) -> None:
    for name in "bdfh":
        iam.create_user(UserName=name)
    first = iam.list_users(MaxItems=2)
    iam.delete_user(UserName="d")
    iam.create_user(UserName="a")
    iam.create_user(UserName="e")
    second = iam.list_users(Marker=first["Marker"])
    assert [user["UserName"] for user in second["Users"]] == ["e", "f", "h"]


def test_markers_fit_their_own_listing_only(iam: Any) -> None:
    for name in "abc":
        iam.create_user(UserName=name)
        iam.create_group(GroupName=name)
    marker = iam.list_users(MaxItems=1)["Marker"]
    damaged = marker[:-1] + ("A" if marker[-1] != "A" else "B")
    for call in (
        lambda: iam.list_users(Marker="made-up"),
        lambda: iam.list_users(Marker=damaged),
        lambda: iam.list_users(Marker=marker, PathPrefix="/x/"),
        lambda: iam.list_groups(Marker=marker),
    ):
        with refused("ValidationError", "Invalid Marker.", 400):
            call()


def test_update_user_carries_everything_along(iam: Any, account: str) -> None:
    user_id = iam.create_user(UserName="alice")["User"]["UserId"]
    iam.create_group(GroupName="team")
    iam.add_user_to_group(GroupName="team", UserName="alice")
    iam.attach_user_policy(UserName="alice", PolicyArn=BOUNDARY)
    iam.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=text(ALLOW))
    key = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    iam.update_user(UserName="alice", NewUserName="Alicia", NewPath="/new/")
    with refused("NoSuchEntity", "The user with name alice cannot be found."):
        iam.get_user(UserName="alice")
    user = iam.get_user(UserName="Alicia")["User"]
    assert (user["UserId"], user["Arn"]) == (user_id, f"arn:aws:iam::{account}:user/new/Alicia")
    assert [user["UserName"] for user in iam.get_group(GroupName="team")["Users"]] == ["Alicia"]
    assert iam.list_groups_for_user(UserName="Alicia")["Groups"][0]["GroupName"] == "team"
    assert iam.list_attached_user_policies(UserName="Alicia")["AttachedPolicies"][0]["PolicyArn"] == BOUNDARY
    assert iam.list_user_policies(UserName="Alicia")["PolicyNames"] == ["own"]
    assert iam.list_access_keys(UserName="Alicia")["AccessKeyMetadata"][0]["AccessKeyId"] == key
    assert iam.list_entities_for_policy(PolicyArn=BOUNDARY)["PolicyUsers"] == [
        {"UserName": "Alicia", "UserId": user_id}
    ]


def test_update_user_refuses_a_taken_name(iam: Any) -> None:
    iam.create_user(UserName="alice")
    iam.create_user(UserName="bob")
    with refused("EntityAlreadyExists", "User with name Bob already exists.", 409):
        iam.update_user(UserName="alice", NewUserName="Bob")
    iam.update_user(UserName="alice", NewUserName="ALICE")
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["ALICE", "bob"]
    with refused("NoSuchEntity", "The user with name carol cannot be found.", 404):
        iam.update_user(UserName="carol", NewPath="/x/")


def test_delete_user(iam: Any) -> None:
    iam.create_user(UserName="alice")
    iam.delete_user(UserName="alice")
    assert iam.list_users()["Users"] == []
    with refused("NoSuchEntity", "The user with name alice cannot be found.", 404):
        iam.delete_user(UserName="alice")


def test_delete_user_names_what_is_in_the_way(iam: Any) -> None:
    iam.create_user(UserName="alice")
    iam.create_group(GroupName="team")
    iam.attach_user_policy(UserName="alice", PolicyArn=BOUNDARY)
    iam.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=text(ALLOW))
    iam.add_user_to_group(GroupName="team", UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    steps = [
        ("detach all policies first", lambda: iam.detach_user_policy(UserName="alice", PolicyArn=BOUNDARY)),
        ("delete policies first", lambda: iam.delete_user_policy(UserName="alice", PolicyName="own")),
        ("remove users from group first", lambda: iam.remove_user_from_group(GroupName="team", UserName="alice")),
        ("delete access keys first", lambda: iam.delete_access_key(UserName="alice", AccessKeyId=key)),
    ]
    for reason, remedy in steps:
        with refused("DeleteConflict", f"Cannot delete entity, must {reason}.", 409):
            iam.delete_user(UserName="alice")
        remedy()
    iam.delete_user(UserName="alice")


def test_a_user_made_again_is_someone_else(iam: Any) -> None:
    first = iam.create_user(UserName="alice")["User"]["UserId"]
    iam.delete_user(UserName="alice")
    assert iam.create_user(UserName="alice")["User"]["UserId"] != first


def test_trust_policies_follow_the_user(iam: Any, account: str) -> None:
    def trusting(arn: str) -> dict[str, Any]:
        return {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"}],
        }

    def trusted() -> str:
        role = iam.get_role(RoleName="role")["Role"]
        principal: str = role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"]
        return principal

    user = iam.create_user(UserName="alice")["User"]
    iam.create_role(RoleName="role", AssumeRolePolicyDocument=text(trusting(user["Arn"])))
    iam.update_user(UserName="alice", NewUserName="alicia")
    assert trusted() == f"arn:aws:iam::{account}:user/alicia"
    iam.delete_user(UserName="alicia")
    assert trusted() == user["UserId"]


def test_permissions_boundary_of_a_user(iam: Any) -> None:
    iam.create_user(UserName="alice")
    iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=BOUNDARY)
    assert iam.get_user(UserName="alice")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY
    assert iam.get_policy(PolicyArn=BOUNDARY)["Policy"]["PermissionsBoundaryUsageCount"] == 1
    iam.delete_user_permissions_boundary(UserName="alice")
    assert "PermissionsBoundary" not in iam.get_user(UserName="alice")["User"]
    assert iam.get_policy(PolicyArn=BOUNDARY)["Policy"]["PermissionsBoundaryUsageCount"] == 0
    missing = "arn:aws:iam::aws:policy/Nothing"
    with refused("NoSuchEntity", f"Scope ARN: {missing} does not exist or is not attachable.", 404):
        iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=missing)
    with refused("NoSuchEntity", "The user with name bob cannot be found.", 404):
        iam.put_user_permissions_boundary(UserName="bob", PermissionsBoundary=BOUNDARY)
    with refused("NoSuchEntity", "The user with name bob cannot be found.", 404):
        iam.delete_user_permissions_boundary(UserName="bob")


def test_quota_of_users_is_a_setting() -> None:
    config = Config(plugin_settings={"iam": {"quota_users_per_account": 2}})
    with running_gateway(config) as gateway:
        iam = gateway.client("iam")
        iam.create_user(UserName="a")
        iam.create_user(UserName="b")
        with refused("LimitExceeded", "Cannot exceed quota for UsersPerAccount: 2", 409):
            iam.create_user(UserName="c")


def test_names_and_paths_are_those_of_one_account(iam: Any, client: Callable[..., Any]) -> None:
    other = client("iam", {"AccessKeyId": "999999999999", "SecretAccessKey": "test"})
    iam.create_user(UserName="only-here")
    with refused("NoSuchEntity", "The user with name only-here cannot be found."):
        other.get_user(UserName="only-here")


def test_trust_policy_must_name_existing_users(iam: Any, account: str) -> None:
    ghost = f"arn:aws:iam::{account}:user/ghost"
    document = {**TRUST, "Statement": [{**TRUST["Statement"][0], "Principal": {"AWS": ghost}}]}
    with refused("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{ghost}"', 400):
        iam.create_role(RoleName="role", AssumeRolePolicyDocument=text(document))


def test_waiters_of_users_and_roles(iam: Any) -> None:
    iam.create_user(UserName="alice")
    iam.create_role(RoleName="role", AssumeRolePolicyDocument=text(TRUST))
    iam.get_waiter("user_exists").wait(UserName="alice", WaiterConfig={"MaxAttempts": 1})
    iam.get_waiter("role_exists").wait(RoleName="role", WaiterConfig={"MaxAttempts": 1})


def test_one_of_many_at_the_same_time_wins(iam: Any) -> None:
    def attempt(_: int) -> str:
        try:
            iam.create_user(UserName="alice")
        except iam.exceptions.EntityAlreadyExistsException:
            return "taken"
        return "made"

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(attempt, range(8)))
    assert outcomes == ["made"] + ["taken"] * 7
