"""GetAccountAuthorizationDetails with boto3."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.iam.expect import ALLOW, TRUST, refused, text

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
POWER_USER = "arn:aws:iam::aws:policy/PowerUserAccess"
LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")


@pytest.fixture
def policy(iam: Any) -> str:
    """Fill an account with one of everything, and return its policy's ARN."""
    arn = str(iam.create_policy(PolicyName="policy", Path="/p/", PolicyDocument=text(ALLOW))["Policy"]["Arn"])
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=text(ALLOW), SetAsDefault=True)
    iam.create_user(UserName="alice", PermissionsBoundary=POWER_USER, Tags=[{"Key": "team", "Value": "red"}])
    iam.create_user(UserName="bob")
    for name in ("writers", "Readers"):
        iam.create_group(GroupName=name)
        iam.add_user_to_group(GroupName=name, UserName="alice")
    iam.put_group_policy(GroupName="writers", PolicyName="inline", PolicyDocument=text(ALLOW))
    iam.put_user_policy(UserName="alice", PolicyName="inline", PolicyDocument=text(ALLOW))
    iam.attach_user_policy(UserName="alice", PolicyArn=arn)
    iam.create_role(RoleName="role", AssumeRolePolicyDocument=text(TRUST), Description="not in the answer")
    iam.attach_role_policy(RoleName="role", PolicyArn=READ_ONLY)
    iam.create_instance_profile(InstanceProfileName="profile")
    iam.add_role_to_instance_profile(InstanceProfileName="profile", RoleName="role")
    return arn


def test_everything(iam: Any, policy: str, account: str) -> None:
    details = iam.get_account_authorization_details()
    assert details["IsTruncated"] is False
    alice, bob = details["UserDetailList"]
    assert alice["UserPolicyList"] == [{"PolicyName": "inline", "PolicyDocument": ALLOW}]
    assert alice["GroupList"] == ["Readers", "writers"]
    assert alice["AttachedManagedPolicies"] == [{"PolicyName": "policy", "PolicyArn": policy}]
    assert alice["PermissionsBoundary"]["PermissionsBoundaryArn"] == POWER_USER
    assert alice["Tags"] == [{"Key": "team", "Value": "red"}]
    assert "UserPolicyList" not in bob
    assert (bob["GroupList"], bob["AttachedManagedPolicies"], bob["Tags"]) == ([], [], [])
    readers, writers = details["GroupDetailList"]
    assert writers["GroupPolicyList"] == [{"PolicyName": "inline", "PolicyDocument": ALLOW}]
    assert (readers["GroupPolicyList"], readers["AttachedManagedPolicies"]) == ([], [])
    (role,) = details["RoleDetailList"]
    assert role["AssumeRolePolicyDocument"] == TRUST
    assert role["RoleLastUsed"] == {}
    assert [profile["InstanceProfileName"] for profile in role["InstanceProfileList"]] == ["profile"]
    assert role["InstanceProfileList"][0]["Roles"][0]["RoleName"] == "role"
    assert role["AttachedManagedPolicies"] == [{"PolicyName": "ReadOnlyAccess", "PolicyArn": READ_ONLY}]
    own, *awss = details["Policies"]
    assert (own["Arn"], own["Path"], own["AttachmentCount"], own["DefaultVersionId"]) == (policy, "/p/", 1, "v2")
    versions = [(v["VersionId"], v["IsDefaultVersion"], v["Document"]) for v in own["PolicyVersionList"]]
    assert versions == [("v2", True, ALLOW), ("v1", False, ALLOW)]
    assert [found["PolicyName"] for found in awss] == ["PowerUserAccess", "ReadOnlyAccess"], "those in use, no others"
    assert awss[0]["PermissionsBoundaryUsageCount"] == 1
    assert awss[0]["PolicyVersionList"][0]["Document"]["Version"] == "2012-10-17"


@pytest.mark.parametrize(
    ("kind", "counts"),
    [
        ("User", (2, 0, 0, 0)),
        ("Group", (0, 2, 0, 0)),
        ("Role", (0, 0, 1, 0)),
        ("LocalManagedPolicy", (0, 0, 0, 1)),
        ("AWSManagedPolicy", (0, 0, 0, 2)),
    ],
)
def test_filter(iam: Any, policy: str, kind: str, counts: tuple[int, ...]) -> None:
    details = iam.get_account_authorization_details(Filter=[kind])
    assert tuple(len(details[name]) for name in LISTS) == counts


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7])
def test_pages_have_everything_once(iam: Any, policy: str, size: int) -> None:
    whole = iam.get_account_authorization_details()
    gathered: dict[str, list[Any]] = {name: [] for name in LISTS}
    for page in iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": size}):
        assert 1 <= sum(len(page[name]) for name in LISTS) <= size
        for name in LISTS:
            gathered[name] += page[name]
    assert gathered == {name: whole[name] for name in LISTS}


def test_a_marker_belongs_to_its_filter(iam: Any, policy: str) -> None:
    marker = iam.get_account_authorization_details(MaxItems=1, Filter=["User"])["Marker"]
    with refused("ValidationError", "Invalid Marker.", 400):
        iam.get_account_authorization_details(MaxItems=1, Filter=["Role"], Marker=marker)


def test_pages_stay_stable_while_entities_go(iam: Any) -> None:
    for name in ("a", "b", "c"):
        iam.create_user(UserName=name)
    page = iam.get_account_authorization_details(MaxItems=2)
    iam.delete_user(UserName="b")
    iam.create_user(UserName="aa")
    rest = iam.get_account_authorization_details(Marker=page["Marker"])
    assert [user["UserName"] for user in rest["UserDetailList"]] == ["c"]
