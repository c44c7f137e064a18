"""Instance profiles, with boto3."""

from __future__ import annotations

import re
from typing import Any

from tests.contract.iam.expect import TRUST, page_names, refused, text


def test_create_instance_profile(iam: Any, account: str) -> None:
    tags = [{"Key": "a", "Value": "b"}]
    profile = iam.create_instance_profile(InstanceProfileName="web", Path="/x/", Tags=tags)["InstanceProfile"]
    assert re.fullmatch("AIPA[A-Z2-7]{17}", profile["InstanceProfileId"])
    assert profile["Arn"] == f"arn:aws:iam::{account}:instance-profile/x/web"
    assert (profile["Roles"], profile["Tags"]) == ([], tags)
    assert iam.get_instance_profile(InstanceProfileName="web")["InstanceProfile"] == profile
    with refused("EntityAlreadyExists", "Instance Profile WEB already exists.", 409):
        iam.create_instance_profile(InstanceProfileName="WEB")


def test_get_instance_profile_refuses(iam: Any) -> None:
    with refused("NoSuchEntity", "Instance Profile none cannot be found.", 404):
        iam.get_instance_profile(InstanceProfileName="none")


def test_instance_profile_waiter(iam: Any) -> None:
    iam.create_instance_profile(InstanceProfileName="web")
    iam.get_waiter("instance_profile_exists").wait(InstanceProfileName="web", WaiterConfig={"MaxAttempts": 1})


def test_roles_of_instance_profiles(iam: Any) -> None:
    role = iam.create_role(RoleName="role", AssumeRolePolicyDocument=text(TRUST))["Role"]
    iam.create_role(RoleName="other", AssumeRolePolicyDocument=text(TRUST))
    for name in ("a", "b", "c"):
        iam.create_instance_profile(InstanceProfileName=name)
    for name in ("a", "c"):
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName="role")
    assert iam.get_instance_profile(InstanceProfileName="a")["InstanceProfile"]["Roles"] == [role]
    pages = page_names(
        iam, "list_instance_profiles_for_role", "InstanceProfiles", "InstanceProfileName", 1, RoleName="role"
    )
    assert pages == [["a"], ["c"]]
    with refused("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1", 409):
        iam.add_role_to_instance_profile(InstanceProfileName="a", RoleName="other")
    with refused("NoSuchEntity", "Role other is not in instance profile a.", 404):
        iam.remove_role_from_instance_profile(InstanceProfileName="a", RoleName="other")
    iam.remove_role_from_instance_profile(InstanceProfileName="a", RoleName="role")
    assert iam.get_instance_profile(InstanceProfileName="a")["InstanceProfile"]["Roles"] == []
    for call in (iam.add_role_to_instance_profile, iam.remove_role_from_instance_profile):
        with refused("NoSuchEntity", "Instance Profile none cannot be found.", 404):
            call(InstanceProfileName="none", RoleName="role")
        with refused("NoSuchEntity", "The role with name none cannot be found.", 404):
            call(InstanceProfileName="a", RoleName="none")
    with refused("NoSuchEntity", "The role with name none cannot be found.", 404):
        iam.list_instance_profiles_for_role(RoleName="none")


def test_list_instance_profiles(iam: Any) -> None:
    for name, path in [("a", "/"), ("b", "/x/"), ("c", "/x/")]:
        iam.create_instance_profile(InstanceProfileName=name, Path=path, Tags=[{"Key": "k", "Value": "v"}])
    listed = ("list_instance_profiles", "InstanceProfiles", "InstanceProfileName")
    assert page_names(iam, *listed, 2) == [["a", "b"], ["c"]]
    assert page_names(iam, *listed, 1, PathPrefix="/x/") == [["b"], ["c"]]
    assert "Tags" not in iam.list_instance_profiles()["InstanceProfiles"][0]


def test_delete_instance_profile(iam: Any) -> None:
    iam.create_role(RoleName="role", AssumeRolePolicyDocument=text(TRUST))
    iam.create_instance_profile(InstanceProfileName="web")
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="role")
    with refused("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.", 409):
        iam.delete_instance_profile(InstanceProfileName="web")
    iam.remove_role_from_instance_profile(InstanceProfileName="web", RoleName="role")
    iam.delete_instance_profile(InstanceProfileName="web")
    with refused("NoSuchEntity", "Instance Profile web cannot be found.", 404):
        iam.delete_instance_profile(InstanceProfileName="web")
