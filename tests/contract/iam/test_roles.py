"""Roles, with boto3."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.contract.iam.expect import ALLOW, TRUST, page_names, refused, text

POLICY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture
def role(iam: Any) -> Any:
    return iam.create_role(RoleName="role", AssumeRolePolicyDocument=text(TRUST))["Role"]


def test_create_role(iam: Any, account: str) -> None:
    role = iam.create_role(
        RoleName="worker",
        Path="/jobs/",
        AssumeRolePolicyDocument=text(TRUST),
        Description="Does the work",
        MaxSessionDuration=7200,
        PermissionsBoundary=POLICY,
        Tags=[{"Key": "cost", "Value": "7"}],
    )["Role"]
    assert re.fullmatch("AROA[A-Z2-7]{17}", role["RoleId"])
    assert role["Arn"] == f"arn:aws:iam::{account}:role/jobs/worker"
    assert role["AssumeRolePolicyDocument"] == TRUST
    shown = iam.get_role(RoleName="worker")["Role"]
    assert shown == {**role, "RoleLastUsed": {}}
    assert shown["Description"] == "Does the work"
    assert shown["MaxSessionDuration"] == 7200
    assert shown["PermissionsBoundary"]["PermissionsBoundaryArn"] == POLICY
    assert shown["Tags"] == [{"Key": "cost", "Value": "7"}]


def test_role_sessions_last_an_hour_by_default(iam: Any, role: Any) -> None:
    assert "MaxSessionDuration" not in role
    assert iam.get_role(RoleName="role")["Role"]["MaxSessionDuration"] == 3600


def test_create_role_refuses(iam: Any, role: Any) -> None:
    with refused("EntityAlreadyExists", "Role with name ROLE already exists.", 409):
        iam.create_role(RoleName="ROLE", AssumeRolePolicyDocument=text(TRUST))
    with refused("MalformedPolicyDocument", "This policy contains invalid Json", 400):
        iam.create_role(RoleName="other", AssumeRolePolicyDocument='{"Statement": [')
    missing = "arn:aws:iam::aws:policy/Nothing"
    with refused("NoSuchEntity", f"Scope ARN: {missing} does not exist or is not attachable.", 404):
        iam.create_role(RoleName="other", AssumeRolePolicyDocument=text(TRUST), PermissionsBoundary=missing)
    with refused("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.", 400):
        tags = [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]
        iam.create_role(RoleName="other", AssumeRolePolicyDocument=text(TRUST), Tags=tags)
    long = {**TRUST, "Statement": [{**TRUST["Statement"][0], "Sid": "S" * 2048}]}
    with refused("LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048", 409):
        iam.create_role(RoleName="other", AssumeRolePolicyDocument=text(long))
    assert [found["RoleName"] for found in iam.list_roles()["Roles"]] == ["role"]


@pytest.mark.parametrize("path", ["/aws-service-role/mine/", "/aws-reserved/"])
def test_paths_of_aws_are_reserved(iam: Any, path: str) -> None:
    with refused("InvalidInput", f"The path {path} is reserved for roles of AWS services.", 400):
        iam.create_role(RoleName="role", Path=path, AssumeRolePolicyDocument=text(TRUST))


def test_get_role_refuses(iam: Any) -> None:
    with refused("NoSuchEntity", "The role with name none cannot be found.", 404):
        iam.get_role(RoleName="none")


def test_list_roles(iam: Any) -> None:
    for name, path in [("a", "/"), ("b", "/x/"), ("c", "/x/y/")]:
        tags = [{"Key": "k", "Value": ""}]
        iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=text(TRUST), Tags=tags)
    assert page_names(iam, "list_roles", "Roles", "RoleName", 2) == [["a", "b"], ["c"]]
    assert page_names(iam, "list_roles", "Roles", "RoleName", 1, PathPrefix="/x/") == [["b"], ["c"]]
    role = iam.list_roles()["Roles"][0]
    assert role.keys().isdisjoint({"Tags", "PermissionsBoundary", "RoleLastUsed"})
    assert role["AssumeRolePolicyDocument"] == TRUST


def test_update_role(iam: Any, role: Any) -> None:
    iam.update_role(RoleName="role", Description="new", MaxSessionDuration=43200)
    iam.update_role(RoleName="role")
    shown = iam.get_role(RoleName="role")["Role"]
    assert (shown["Description"], shown["MaxSessionDuration"]) == ("new", 43200)
    described = iam.update_role_description(RoleName="role", Description="newer")["Role"]
    assert (described["Description"], described["RoleId"]) == ("newer", role["RoleId"])
    with refused("NoSuchEntity", "The role with name none cannot be found.", 404):
        iam.update_role(RoleName="none")
    with refused("NoSuchEntity", "The role with name none cannot be found.", 404):
        iam.update_role_description(RoleName="none", Description="")


def test_update_assume_role_policy(iam: Any, role: Any, account: str) -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}],
    }
    iam.update_assume_role_policy(RoleName="role", PolicyDocument=text(document))
    assert iam.get_role(RoleName="role")["Role"]["AssumeRolePolicyDocument"] == document
    with refused("MalformedPolicyDocument", "This policy contains invalid Json", 400):
        iam.update_assume_role_policy(RoleName="role", PolicyDocument="nothing")
    with refused("NoSuchEntity", "The role with name none cannot be found.", 404):
        iam.update_assume_role_policy(RoleName="none", PolicyDocument=text(TRUST))
    assert iam.get_role(RoleName="role")["Role"]["AssumeRolePolicyDocument"] == document


def test_delete_role_names_what_is_in_the_way(iam: Any, role: Any) -> None:
    iam.create_instance_profile(InstanceProfileName="profile")
    iam.add_role_to_instance_profile(InstanceProfileName="profile", RoleName="role")
    iam.attach_role_policy(RoleName="role", PolicyArn=POLICY)
    iam.put_role_policy(RoleName="role", PolicyName="own", PolicyDocument=text(ALLOW))
    steps = [
        (
            "remove roles from instance profile first",
            lambda: iam.remove_role_from_instance_profile(InstanceProfileName="profile", RoleName="role"),
        ),
        ("detach all policies first", lambda: iam.detach_role_policy(RoleName="role", PolicyArn=POLICY)),
        ("delete policies first", lambda: iam.delete_role_policy(RoleName="role", PolicyName="own")),
    ]
    for reason, remedy in steps:
        with refused("DeleteConflict", f"Cannot delete entity, must {reason}.", 409):
            iam.delete_role(RoleName="role")
        remedy()
    iam.delete_role(RoleName="role")
    with refused("NoSuchEntity", "The role with name role cannot be found.", 404):
        iam.delete_role(RoleName="role")


def test_permissions_boundary_of_a_role(iam: Any, role: Any) -> None:
    iam.put_role_permissions_boundary(RoleName="role", PermissionsBoundary=POLICY)
    assert iam.get_role(RoleName="role")["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == POLICY
    iam.delete_role_permissions_boundary(RoleName="role")
    assert "PermissionsBoundary" not in iam.get_role(RoleName="role")["Role"]
    missing = "arn:aws:iam::aws:policy/Nothing"
    with refused("NoSuchEntity", f"Scope ARN: {missing} does not exist or is not attachable.", 404):
        iam.put_role_permissions_boundary(RoleName="role", PermissionsBoundary=missing)
    with refused("NoSuchEntity", "The role with name none cannot be found.", 404):
        iam.put_role_permissions_boundary(RoleName="none", PermissionsBoundary=POLICY)
    with refused("NoSuchEntity", "The role with name none cannot be found.", 404):
        iam.delete_role_permissions_boundary(RoleName="none")


@pytest.mark.parametrize("deleted", ["first", "second"])
def test_trust_policies_follow_roles(iam: Any, role: Any, deleted: str) -> None:
    trusting = {**TRUST, "Statement": [{**TRUST["Statement"][0], "Principal": {"AWS": [role["Arn"], "*"]}}]}
    for name in ("first", "second"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=text(trusting))
    iam.delete_role(RoleName=deleted)
    iam.delete_role(RoleName="role")
    (left,) = iam.list_roles()["Roles"]
    assert left["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"] == [role["RoleId"], "*"]
