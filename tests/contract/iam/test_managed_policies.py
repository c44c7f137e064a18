"""Customer managed policies, their versions, and AWS's own policies, with boto3."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.contract.iam.expect import ALLOW, TRUST, page_names, refused, text

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
AWS_POLICIES = 1582


@pytest.fixture
def policy(iam: Any) -> str:
    return str(iam.create_policy(PolicyName="policy", PolicyDocument=text(ALLOW))["Policy"]["Arn"])


def document(action: str) -> str:
    return text({**ALLOW, "Statement": [{**ALLOW["Statement"][0], "Action": action}]})


def test_create_policy(iam: Any, account: str) -> None:
    made = iam.create_policy(
        PolicyName="reader",
        Path="/team/",
        PolicyDocument=text(ALLOW),
        Description="Reads",
        Tags=[{"Key": "cost", "Value": "7"}],
    )["Policy"]
    assert re.fullmatch("ANPA[A-Z2-7]{17}", made["PolicyId"])
    assert made["Arn"] == f"arn:aws:iam::{account}:policy/team/reader"
    assert (made["DefaultVersionId"], made["AttachmentCount"], made["IsAttachable"]) == ("v1", 0, True)
    shown = iam.get_policy(PolicyArn=made["Arn"])["Policy"]
    assert shown == {**made, "Description": "Reads"}
    version = iam.get_policy_version(PolicyArn=made["Arn"], VersionId="v1")["PolicyVersion"]
    assert (version["Document"], version["IsDefaultVersion"]) == (ALLOW, True)


def test_create_policy_refuses(iam: Any, policy: str) -> None:
    message = "A policy called POLICY already exists. Duplicate names are not allowed."
    with refused("EntityAlreadyExists", message, 409):
        iam.create_policy(PolicyName="POLICY", Path="/elsewhere/", PolicyDocument=text(ALLOW))
    with refused("MalformedPolicyDocument", "Policy document should not specify a principal.", 400):
        iam.create_policy(PolicyName="other", PolicyDocument=text(TRUST))
    with refused("MalformedPolicyDocument", "Policy document must be version 2012-10-17 or greater.", 400):
        iam.create_policy(PolicyName="other", PolicyDocument=text({**ALLOW, "Version": "2008-10-17"}))
    with refused("LimitExceeded", "Cannot exceed quota for PolicySize: 6144", 409):
        iam.create_policy(PolicyName="other", PolicyDocument=document("s3:" + "x" * 6144))
    assert len(iam.list_policies(Scope="Local")["Policies"]) == 1


def test_white_space_does_not_count_against_the_size(iam: Any) -> None:
    iam.create_policy(PolicyName="wide", PolicyDocument=text(ALLOW).replace(" ", " " * 2000))


def test_get_policy_refuses(iam: Any, account: str) -> None:
    arn = f"arn:aws:iam::{account}:policy/non-existent-policy"
    with refused("NoSuchEntity", f"Policy {arn} was not found.", 404):
        iam.get_policy(PolicyArn=arn)
    with refused("ValidationError", "Invalid ARN:  Could not be parsed!", 400):
        iam.get_policy(PolicyArn="longpolicynamebutnoarn")
    role = f"arn:aws:iam::{account}:role/policy"
    with refused("InvalidInput", f"ARN {role} is not valid.", 400):
        iam.get_policy(PolicyArn=role)


def test_policy_of_another_path_is_another_arn(iam: Any, policy: str) -> None:
    elsewhere = policy.replace("/policy", "/path/policy")
    with refused("NoSuchEntity", f"Policy {elsewhere} was not found.", 404):
        iam.get_policy(PolicyArn=elsewhere)


def test_policy_waiter(iam: Any, policy: str) -> None:
    iam.get_waiter("policy_exists").wait(PolicyArn=policy, WaiterConfig={"MaxAttempts": 1})


def test_versions(iam: Any, policy: str) -> None:
    second = iam.create_policy_version(PolicyArn=policy, PolicyDocument=document("s3:GetObject"))["PolicyVersion"]
    assert (second["VersionId"], second["IsDefaultVersion"]) == ("v2", False)
    third = iam.create_policy_version(PolicyArn=policy, PolicyDocument=document("s3:PutObject"), SetAsDefault=True)
    assert (third["PolicyVersion"]["VersionId"], third["PolicyVersion"]["IsDefaultVersion"]) == ("v3", True)
    assert iam.get_policy(PolicyArn=policy)["Policy"]["DefaultVersionId"] == "v3"
    pages = page_names(iam, "list_policy_versions", "Versions", "VersionId", 2, PolicyArn=policy)
    assert pages == [["v3", "v2"], ["v1"]]
    assert "Document" not in iam.list_policy_versions(PolicyArn=policy)["Versions"][0]
    iam.set_default_policy_version(PolicyArn=policy, VersionId="v2")
    defaults = {v["VersionId"]: v["IsDefaultVersion"] for v in iam.list_policy_versions(PolicyArn=policy)["Versions"]}
    assert defaults == {"v1": False, "v2": True, "v3": False}
    with refused("DeleteConflict", "Cannot delete the default version of a policy.", 409):
        iam.delete_policy_version(PolicyArn=policy, VersionId="v2")


def test_version_numbers_are_not_given_out_again(iam: Any, policy: str) -> None:
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=text(ALLOW))
    iam.delete_policy_version(PolicyArn=policy, VersionId="v2")
    assert iam.create_policy_version(PolicyArn=policy, PolicyDocument=text(ALLOW))["PolicyVersion"]["VersionId"] == "v3"


def test_five_versions_at_most(iam: Any, policy: str) -> None:
    for _ in range(4):
        iam.create_policy_version(PolicyArn=policy, PolicyDocument=text(ALLOW))
    message = (
        "A managed policy can have up to 5 versions. "
        "Before you create a new version, you must delete an existing version."
    )
    with refused("LimitExceeded", message, 409):
        iam.create_policy_version(PolicyArn=policy, PolicyDocument=text(ALLOW))


def test_versions_refuse(iam: Any, policy: str, account: str) -> None:
    missing = f"Policy {policy} version v9 does not exist or is not attachable."
    for call in (iam.get_policy_version, iam.delete_policy_version, iam.set_default_policy_version):
        with refused("NoSuchEntity", missing, 404):
            call(PolicyArn=policy, VersionId="v9")
    gone = f"arn:aws:iam::{account}:policy/gone"
    with refused("NoSuchEntity", f"Policy {gone} was not found.", 404):
        iam.list_policy_versions(PolicyArn=gone)
    with refused("MalformedPolicyDocument", "Syntax errors in policy.", 400):
        iam.create_policy_version(PolicyArn=policy, PolicyDocument="{")


def test_delete_policy_names_what_is_in_the_way(iam: Any, policy: str) -> None:
    iam.create_user(UserName="alice")
    iam.attach_user_policy(UserName="alice", PolicyArn=policy)
    with refused("DeleteConflict", "Cannot delete a policy attached to entities.", 409):
        iam.delete_policy(PolicyArn=policy)
    iam.detach_user_policy(UserName="alice", PolicyArn=policy)
    iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=policy)
    with refused("DeleteConflict", "Cannot delete a policy attached to entities.", 409):
        iam.delete_policy(PolicyArn=policy)
    iam.delete_user_permissions_boundary(UserName="alice")
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=text(ALLOW))
    message = (
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
        "The default version is deleted with the policy."
    )
    with refused("DeleteConflict", message, 409):
        iam.delete_policy(PolicyArn=policy)
    iam.delete_policy_version(PolicyArn=policy, VersionId="v2")
    iam.delete_policy(PolicyArn=policy)
    with refused("NoSuchEntity", f"Policy {policy} was not found.", 404):
        iam.delete_policy(PolicyArn=policy)


def test_list_policies(iam: Any, account: str) -> None:
    for name, path in [("b", "/"), ("a", "/x/"), ("c", "/x/")]:
        iam.create_policy(PolicyName=name, Path=path, PolicyDocument=text(ALLOW), Description="d")
    listed = ("list_policies", "Policies", "PolicyName")
    assert page_names(iam, *listed, 2, Scope="Local") == [["a", "b"], ["c"]]
    assert page_names(iam, *listed, 1, Scope="Local", PathPrefix="/x/") == [["a"], ["c"]]
    assert "Description" not in iam.list_policies(Scope="Local")["Policies"][0]
    everything = [name for page in page_names(iam, *listed, 700) for name in page]
    assert everything[:3] == ["a", "b", "c"]
    assert len(set(everything)) == len(everything) == 3 + AWS_POLICIES


@pytest.mark.parametrize("size", [1, 2, 3, 4, 1000])
def test_pages_cross_from_own_policies_to_those_of_aws(iam: Any, size: int) -> None:
    names = ["first", "second"]
    iam.create_user(UserName="alice")
    for name in names:
        arn = iam.create_policy(PolicyName=name, PolicyDocument=text(ALLOW))["Policy"]["Arn"]
        iam.attach_user_policy(UserName="alice", PolicyArn=arn)
    for name in ("AdministratorAccess", "PowerUserAccess"):
        iam.attach_user_policy(UserName="alice", PolicyArn=f"arn:aws:iam::aws:policy/{name}")
        names.append(name)
    pages = page_names(iam, "list_policies", "Policies", "PolicyName", size, OnlyAttached=True)
    assert pages == [names[start : start + size] for start in range(0, 4, size)]


def test_list_policies_by_use(iam: Any, policy: str) -> None:
    iam.create_user(UserName="alice", PermissionsBoundary=policy)
    iam.attach_user_policy(UserName="alice", PolicyArn=ADMINISTRATOR)

    def names(**parameters: Any) -> list[str]:
        return [found["PolicyName"] for found in iam.list_policies(**parameters)["Policies"]]

    assert names(PolicyUsageFilter="PermissionsBoundary") == ["policy"]
    assert names(PolicyUsageFilter="PermissionsPolicy") == ["AdministratorAccess"]
    assert names(OnlyAttached=True) == ["AdministratorAccess"]
    assert names(OnlyAttached=True, Scope="Local") == []


def test_policies_of_aws(iam: Any) -> None:
    pages = iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 1000})
    found = {policy["Arn"]: policy for policy in pages.build_full_result()["Policies"]}
    assert len(found) == AWS_POLICIES
    assert len({policy["PolicyId"] for policy in found.values()}) == AWS_POLICIES
    support = found["arn:aws:iam::aws:policy/job-function/SupportUser"]
    assert support["Path"] == "/job-function/"
    paths = {policy["Path"] for policy in iam.list_policies(Scope="AWS", PathPrefix="/job-function/")["Policies"]}
    assert paths == {"/job-function/"}
    policy = iam.get_policy(PolicyArn=ADMINISTRATOR)["Policy"]
    assert policy == {**found[ADMINISTRATOR], "Tags": []}
    version = iam.get_policy_version(PolicyArn=ADMINISTRATOR, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
    assert version["Document"] == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
    assert [v["VersionId"] for v in iam.list_policy_versions(PolicyArn=ADMINISTRATOR)["Versions"]] == ["v1"]


def test_policies_of_aws_cannot_be_changed(iam: Any) -> None:
    for call in (
        lambda: iam.delete_policy(PolicyArn=ADMINISTRATOR),
        lambda: iam.create_policy_version(PolicyArn=ADMINISTRATOR, PolicyDocument=text(ALLOW)),
        lambda: iam.delete_policy_version(PolicyArn=ADMINISTRATOR, VersionId="v1"),
        lambda: iam.set_default_policy_version(PolicyArn=ADMINISTRATOR, VersionId="v1"),
        lambda: iam.tag_policy(PolicyArn=ADMINISTRATOR, Tags=[{"Key": "a", "Value": ""}]),
        lambda: iam.untag_policy(PolicyArn=ADMINISTRATOR, TagKeys=["a"]),
    ):
        with refused("AccessDenied", "Policy is outside your own account.", 403):
            call()


def test_arns_of_other_partitions(iam: Any, client: Any, account: str) -> None:
    china = client("iam", {"AccessKeyId": account, "SecretAccessKey": "test"}, region_name="cn-north-1")
    china.create_role(RoleName="role", AssumeRolePolicyDocument=text(TRUST))
    china.attach_role_policy(RoleName="role", PolicyArn="arn:aws-cn:iam::aws:policy/ReadOnlyAccess")
    attached = china.list_attached_role_policies(RoleName="role")["AttachedPolicies"]
    assert attached[0]["PolicyArn"] == "arn:aws-cn:iam::aws:policy/ReadOnlyAccess"
    assert iam.list_roles()["Roles"] == []
