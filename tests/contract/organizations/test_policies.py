"""Service and resource control policies, with boto3."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.organizations.conftest import Refused

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"


@pytest.fixture
def scps(client: Any, root: str) -> Any:
    """The client of an organization that has service control policies on."""
    client.enable_policy_type(RootId=root, PolicyType=SCP)
    return client


def create(client: Any, document: str, name: str = "deny", kind: str = SCP) -> str:
    made = client.create_policy(Name=name, Description="Denies", Content=document, Type=kind)
    return str(made["Policy"]["PolicySummary"]["Id"])


def names(client: Any, target: str, kind: str = SCP) -> list[str]:
    found = client.list_policies_for_target(TargetId=target, Filter=kind)["Policies"]
    return sorted(policy["Name"] for policy in found)


def test_policy_types(client: Any, root: str, member: Callable[..., str], refused: Refused) -> None:
    account = member()
    unit = client.create_organizational_unit(ParentId=root, Name="unit")["OrganizationalUnit"]["Id"]
    enabled = client.enable_policy_type(RootId=root, PolicyType=SCP)["Root"]
    assert enabled["PolicyTypes"] == [{"Type": SCP, "Status": "ENABLED"}]
    later = member("later")
    for target in (root, unit, account, later):
        assert names(client, target) == ["FullAWSAccess"]
    with refused("PolicyTypeAlreadyEnabledException"):
        client.enable_policy_type(RootId=root, PolicyType=SCP)
    with refused("PolicyTypeNotAvailableForOrganizationException"):
        client.enable_policy_type(RootId=root, PolicyType="TAG_POLICY")
    with refused("RootNotFoundException"):
        client.enable_policy_type(RootId="r-none", PolicyType=RCP)
    client.enable_policy_type(RootId=root, PolicyType=RCP)
    assert names(client, unit, RCP) == ["RCPFullAWSAccess"]
    left = client.disable_policy_type(RootId=root, PolicyType=SCP)["Root"]
    assert left["PolicyTypes"] == [{"Type": RCP, "Status": "ENABLED"}]
    assert names(client, account) == []
    with refused("PolicyTypeNotEnabledException", "This operation can be performed only for enabled policy types."):
        client.disable_policy_type(RootId=root, PolicyType=SCP)


def test_a_policy(client: Any, management: str, organization: dict[str, Any], document: str, refused: Refused) -> None:
    made = client.create_policy(
        Name="deny", Description="Denies", Content=document, Type=SCP, Tags=[{"Key": "a", "Value": "1"}]
    )["Policy"]
    summary = made["PolicySummary"]
    assert re.fullmatch("p-[a-z0-9]{10}", summary["Id"])
    arn = f"arn:aws:organizations::{management}:policy/{organization['Id']}/service_control_policy/{summary['Id']}"
    assert (summary["Arn"], summary["AwsManaged"]) == (arn, False)
    assert client.describe_policy(PolicyId=summary["Id"])["Policy"] == made
    assert client.list_tags_for_resource(ResourceId=summary["Id"])["Tags"] == [{"Key": "a", "Value": "1"}]
    with refused("DuplicatePolicyException", "A policy with the specified name and type already exists."):
        create(client, document)
    other = create(client, document, "other")
    with refused("DuplicatePolicyException"):
        client.update_policy(PolicyId=other, Name="deny")
    content = json.dumps({"Version": "2012-10-17", "Statement": []})
    changed = client.update_policy(PolicyId=other, Description="Nothing", Name="none")["Policy"]
    assert (changed["PolicySummary"]["Description"], changed["Content"]) == ("Nothing", document)
    message = "The provided policy document does not meet the requirements of the specified policy type."
    with refused("MalformedPolicyDocumentException", message):
        client.update_policy(PolicyId=other, Content=content)
    client.delete_policy(PolicyId=other)
    with refused("PolicyNotFoundException", "You specified a policy that doesn't exist."):
        client.describe_policy(PolicyId=other)
    with refused("MalformedPolicyDocumentException", message):
        create(client, "{", "broken")
    with refused("ConstraintViolationException", reason="POLICY_CONTENT_LIMIT_EXCEEDED"):
        create(client, document + " " * 5120, "long")
    with refused("PolicyTypeNotAvailableForOrganizationException"):
        create(client, document, "tags", "TAG_POLICY")


def test_awss_own_policies(client: Any, document: str, refused: Refused) -> None:
    found = client.describe_policy(PolicyId="p-FullAWSAccess")["Policy"]
    assert found["PolicySummary"]["Arn"] == "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"
    assert found["PolicySummary"]["AwsManaged"] is True
    assert json.loads(found["Content"])["Statement"] == [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    with refused("InvalidInputException", reason="IMMUTABLE_POLICY"):
        client.update_policy(PolicyId="p-FullAWSAccess", Content=document)
    with refused("InvalidInputException", reason="IMMUTABLE_POLICY"):
        client.delete_policy(PolicyId="p-RCPFullAWSAccess")
    with refused("InvalidInputException", reason="TARGET_NOT_SUPPORTED"):
        client.tag_resource(ResourceId="p-FullAWSAccess", Tags=[{"Key": "a", "Value": ""}])
    assert [policy["Name"] for policy in client.list_policies(Filter=RCP)["Policies"]] == ["RCPFullAWSAccess"]
    assert client.list_policies(Filter="BACKUP_POLICY")["Policies"] == []


def test_attaching(scps: Any, root: str, member: Callable[..., str], document: str, refused: Refused) -> None:
    account, policy = member(), create(scps, document)
    scps.attach_policy(PolicyId=policy, TargetId=root)
    scps.attach_policy(PolicyId=policy, TargetId=account)
    assert names(scps, account) == ["FullAWSAccess", "deny"]
    targets = scps.list_targets_for_policy(PolicyId=policy)["Targets"]
    assert {(target["TargetId"], target["Type"], target["Name"]) for target in targets} == {
        (root, "ROOT", "Root"),
        (account, "ACCOUNT", "member"),
    }
    with refused("DuplicatePolicyAttachmentException"):
        scps.attach_policy(PolicyId=policy, TargetId=account)
    with refused("PolicyInUseException"):
        scps.delete_policy(PolicyId=policy)
    scps.detach_policy(PolicyId="p-FullAWSAccess", TargetId=account)
    with refused("ConstraintViolationException", reason="MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"):
        scps.detach_policy(PolicyId=policy, TargetId=account)
    scps.attach_policy(PolicyId="p-FullAWSAccess", TargetId=account)
    scps.detach_policy(PolicyId=policy, TargetId=account)
    with refused("PolicyNotAttachedException"):
        scps.detach_policy(PolicyId=policy, TargetId=account)
    with refused("TargetNotFoundException"):
        scps.attach_policy(PolicyId=policy, TargetId="123456789012")
    with refused("PolicyNotFoundException"):
        scps.attach_policy(PolicyId="p-none0000", TargetId=root)
    for index in range(4):
        scps.attach_policy(PolicyId=create(scps, document, f"more-{index}"), TargetId=account)
    with refused("ConstraintViolationException", reason="MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"):
        scps.attach_policy(PolicyId=policy, TargetId=account)
    pages = scps.get_paginator("list_policies_for_target").paginate(
        TargetId=account, Filter=SCP, PaginationConfig={"PageSize": 2}
    )
    assert [len(page["Policies"]) for page in pages] == [2, 2, 1]
    everywhere = scps.get_paginator("list_targets_for_policy").paginate(
        PolicyId="p-FullAWSAccess", PaginationConfig={"PageSize": 1}
    )
    assert len([target for page in everywhere for target in page["Targets"]]) == 3
    pages = scps.get_paginator("list_policies").paginate(Filter=SCP, PaginationConfig={"PageSize": 4})
    assert [len(page["Policies"]) for page in pages] == [4, 2]


def test_attaching_needs_the_type_enabled(client: Any, root: str, document: str, refused: Refused) -> None:
    policy = create(client, document)
    with refused("PolicyTypeNotEnabledException", "This operation can be performed only for enabled policy types."):
        client.attach_policy(PolicyId=policy, TargetId=root)


def test_rcps_keep_awss_own_policy(client: Any, root: str, refused: Refused) -> None:
    client.enable_policy_type(RootId=root, PolicyType=RCP)
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    policy = create(client, json.dumps({"Version": "2012-10-17", "Statement": [statement]}), "rcp", RCP)
    client.attach_policy(PolicyId=policy, TargetId=root)
    with refused("InvalidInputException", reason="NON_DETACHABLE_POLICY"):
        client.detach_policy(PolicyId="p-RCPFullAWSAccess", TargetId=root)


def test_consolidated_billing_has_no_policies(alone: Any, document: str, refused: Refused) -> None:
    made = alone.create_organization(FeatureSet="CONSOLIDATED_BILLING")["Organization"]
    assert (made["FeatureSet"], made["AvailablePolicyTypes"]) == ("CONSOLIDATED_BILLING", [])
    root = alone.list_roots()["Roots"][0]["Id"]
    with refused("PolicyTypeNotAvailableForOrganizationException"):
        alone.enable_policy_type(RootId=root, PolicyType=SCP)
    with refused("PolicyTypeNotAvailableForOrganizationException"):
        create(alone, document)
