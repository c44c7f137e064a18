"""Groups and memberships, with boto3."""

from __future__ import annotations

import re
from typing import Any

from cloudward.config import Config
from cloudward.testing import running_gateway
from tests.contract.iam.expect import ALLOW, page_names, refused, text

POLICY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def test_create_group(iam: Any, account: str) -> None:
    group = iam.create_group(GroupName="team", Path="/dev/")["Group"]
    assert re.fullmatch("AGPA[A-Z2-7]{17}", group["GroupId"])
    assert group["Arn"] == f"arn:aws:iam::{account}:group/dev/team"
    with refused("EntityAlreadyExists", "Group with name TEAM already exists.", 409):
        iam.create_group(GroupName="TEAM")


def test_get_group_in_pages(iam: Any) -> None:
    group = iam.create_group(GroupName="team")["Group"]
    for name in ("carol", "Alice", "bob"):
        iam.create_user(UserName=name)
        iam.add_user_to_group(GroupName="team", UserName=name)
    assert iam.get_group(GroupName="team")["Group"] == group
    assert page_names(iam, "get_group", "Users", "UserName", 2, GroupName="team") == [["Alice", "bob"], ["carol"]]
    with refused("NoSuchEntity", "The group with name nobody cannot be found.", 404):
        iam.get_group(GroupName="nobody")


def test_list_groups(iam: Any) -> None:
    for name, path in [("a", "/"), ("b", "/x/"), ("c", "/x/"), ("d", "/y/")]:
        iam.create_group(GroupName=name, Path=path)
    assert page_names(iam, "list_groups", "Groups", "GroupName", 3) == [["a", "b", "c"], ["d"]]
    assert page_names(iam, "list_groups", "Groups", "GroupName", 1, PathPrefix="/x/") == [["b"], ["c"]]


def test_update_group(iam: Any, account: str) -> None:
    group_id = iam.create_group(GroupName="team")["Group"]["GroupId"]
    iam.create_group(GroupName="other")
    iam.create_user(UserName="alice")
    iam.add_user_to_group(GroupName="team", UserName="alice")
    iam.attach_group_policy(GroupName="team", PolicyArn=POLICY)
    iam.put_group_policy(GroupName="team", PolicyName="own", PolicyDocument=text(ALLOW))
    iam.update_group(GroupName="team", NewGroupName="crew", NewPath="/sea/")
    group = iam.get_group(GroupName="crew")
    assert (group["Group"]["GroupId"], group["Group"]["Arn"]) == (group_id, f"arn:aws:iam::{account}:group/sea/crew")
    assert [user["UserName"] for user in group["Users"]] == ["alice"]
    assert iam.list_attached_group_policies(GroupName="crew")["AttachedPolicies"][0]["PolicyArn"] == POLICY
    assert iam.list_group_policies(GroupName="crew")["PolicyNames"] == ["own"]
    assert iam.list_entities_for_policy(PolicyArn=POLICY)["PolicyGroups"][0]["GroupName"] == "crew"
    with refused("EntityAlreadyExists", "Group with name Other already exists.", 409):
        iam.update_group(GroupName="crew", NewGroupName="Other")
    with refused("NoSuchEntity", "The group with name team cannot be found.", 404):
        iam.update_group(GroupName="team", NewPath="/x/")


def test_delete_group_names_what_is_in_the_way(iam: Any) -> None:
    iam.create_group(GroupName="team")
    iam.create_user(UserName="alice")
    iam.add_user_to_group(GroupName="team", UserName="alice")
    iam.attach_group_policy(GroupName="team", PolicyArn=POLICY)
    iam.put_group_policy(GroupName="team", PolicyName="own", PolicyDocument=text(ALLOW))
    steps = [
        ("remove users from group first", lambda: iam.remove_user_from_group(GroupName="team", UserName="alice")),
        ("detach all policies first", lambda: iam.detach_group_policy(GroupName="team", PolicyArn=POLICY)),
        ("delete policies first", lambda: iam.delete_group_policy(GroupName="team", PolicyName="own")),
    ]
    for reason, remedy in steps:
        with refused("DeleteConflict", f"Cannot delete entity, must {reason}.", 409):
            iam.delete_group(GroupName="team")
        remedy()
    iam.delete_group(GroupName="team")
    with refused("NoSuchEntity", "The group with name team cannot be found.", 404):
        iam.delete_group(GroupName="team")


def test_add_and_remove_users(iam: Any) -> None:
    iam.create_group(GroupName="team")
    iam.create_user(UserName="alice")
    iam.add_user_to_group(GroupName="team", UserName="alice")
    iam.add_user_to_group(GroupName="team", UserName="alice")
    assert len(iam.get_group(GroupName="team")["Users"]) == 1
    iam.remove_user_from_group(GroupName="team", UserName="alice")
    assert iam.get_group(GroupName="team")["Users"] == []
    with refused("NoSuchEntity", "User alice is not in group team.", 404):
        iam.remove_user_from_group(GroupName="team", UserName="alice")
    for call in (iam.add_user_to_group, iam.remove_user_from_group):
        with refused("NoSuchEntity", "The group with name none cannot be found.", 404):
            call(GroupName="none", UserName="alice")
        with refused("NoSuchEntity", "The user with name bob cannot be found.", 404):
            call(GroupName="team", UserName="bob")


def test_a_user_is_in_ten_groups_at_most(iam: Any) -> None:
    iam.create_user(UserName="alice")
    for number in range(11):
        iam.create_group(GroupName=f"group{number}")
    for number in range(10):
        iam.add_user_to_group(GroupName=f"group{number}", UserName="alice")
    with refused("LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10", 409):
        iam.add_user_to_group(GroupName="group10", UserName="alice")
    pages = page_names(iam, "list_groups_for_user", "Groups", "GroupName", 6, UserName="alice")
    assert pages == [[f"group{number}" for number in range(6)], [f"group{number}" for number in range(6, 10)]]
    with refused("NoSuchEntity", "The user with name bob cannot be found.", 404):
        iam.list_groups_for_user(UserName="bob")


def test_quota_of_groups_is_a_setting() -> None:
    with running_gateway(Config(plugin_settings={"iam": {"quota_groups_per_account": 1}})) as gateway:
        iam = gateway.client("iam")
        iam.create_group(GroupName="a")
        with refused("LimitExceeded", "Cannot exceed quota for GroupsPerAccount: 1", 409):
            iam.create_group(GroupName="b")
