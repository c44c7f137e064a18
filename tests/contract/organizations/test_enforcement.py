"""Service and resource control policies in force, with boto3."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cloudward.config import Config
from cloudward.testing import Gateway, running_gateway
from tests.contract.organizations.conftest import refusal

MANAGEMENT = "111122223333"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"


@pytest.fixture
def enforcing() -> Iterator[Gateway]:
    """A gateway that enforces policies, with an organization in it."""
    with running_gateway(Config(enforce="on", log_requests=False)) as gateway:
        gateway.client("organizations", MANAGEMENT).create_organization()
        yield gateway


@pytest.fixture
def client(enforcing: Gateway) -> Any:
    return enforcing.client("organizations", MANAGEMENT)


@pytest.fixture
def root(client: Any) -> str:
    root = str(client.list_roots()["Roots"][0]["Id"])
    client.enable_policy_type(RootId=root, PolicyType=SCP)
    return root


@pytest.fixture
def member(client: Any, root: str) -> str:
    """An account in a unit of its own."""
    email = f"{secrets.token_hex(6)}@example.com"
    begun = client.create_account(Email=email, AccountName="member")["CreateAccountStatus"]["Id"]
    account = client.describe_create_account_status(CreateAccountRequestId=begun)["CreateAccountStatus"]["AccountId"]
    unit = client.create_organizational_unit(ParentId=root, Name="unit")["OrganizationalUnit"]["Id"]
    client.move_account(AccountId=account, SourceParentId=root, DestinationParentId=unit)
    return str(account)


@pytest.fixture
def unit(client: Any, member: str) -> str:
    return str(client.list_parents(ChildId=member)["Parents"][0]["Id"])


@pytest.fixture
def administrator(enforcing: Gateway) -> Callable[[str], Any]:
    """Makes IAM clients of users who may do everything in their account."""

    def make(account: str) -> Any:
        iam = enforcing.client("iam", account)
        iam.create_user(UserName="admin")
        iam.attach_user_policy(UserName="admin", PolicyArn=ADMINISTRATOR)
        return enforcing.as_credentials(iam.create_access_key(UserName="admin")["AccessKey"], "iam")

    return make


def attach(client: Any, target: str, statement: dict[str, Any], kind: str = SCP) -> str:
    content = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    policy = client.create_policy(Name=secrets.token_hex(4), Description="", Content=content, Type=kind)["Policy"]
    client.attach_policy(PolicyId=policy["PolicySummary"]["Id"], TargetId=target)
    return str(policy["PolicySummary"]["Arn"])


def test_a_deny_on_a_unit_binds_its_members_only(
    client: Any, member: str, unit: str, administrator: Callable[[str], Any], enforcing: Gateway
) -> None:
    ours, theirs = administrator(MANAGEMENT), administrator(member)
    theirs.create_group(GroupName="before")
    arn = attach(client, unit, {"Effect": "Deny", "Action": "iam:CreateGroup", "Resource": "*"})
    resource = f"arn:aws:iam::{member}:group/after"
    message = (
        f"User: arn:aws:iam::{member}:user/admin is not authorized to perform: iam:CreateGroup on resource: {resource} "
        f"with an explicit deny in a service control policy: {arn}"
    )
    with refusal("AccessDenied", message):
        theirs.create_group(GroupName="after")
    with refusal("AccessDenied"):
        enforcing.client("iam", member).create_group(GroupName="after")  # the root user is bound, too
    theirs.list_groups()
    ours.create_group(GroupName="after")
    policy = arn.rpartition("/")[2]
    client.detach_policy(PolicyId=policy, TargetId=unit)
    theirs.create_group(GroupName="after")


def test_every_level_must_allow(
    client: Any, member: str, unit: str, root: str, administrator: Callable[[str], Any]
) -> None:
    ours, theirs = administrator(MANAGEMENT), administrator(member)
    attach(client, unit, {"Effect": "Allow", "Action": "iam:List*", "Resource": "*"})
    theirs.create_group(GroupName="one")
    client.detach_policy(PolicyId="p-FullAWSAccess", TargetId=unit)
    theirs.list_groups()
    with refusal(
        "AccessDenied",
        f"User: arn:aws:iam::{member}:user/admin is not authorized to perform: iam:CreateGroup on resource: "
        f"arn:aws:iam::{member}:group/two because no service control policy allows the iam:CreateGroup action",
    ):
        theirs.create_group(GroupName="two")
    ours.create_group(GroupName="two")
    client.disable_policy_type(RootId=root, PolicyType=SCP)
    theirs.create_group(GroupName="two")


def test_moving_an_account_moves_it_out_of_reach(
    client: Any, member: str, unit: str, root: str, administrator: Callable[[str], Any]
) -> None:
    theirs = administrator(member)
    attach(client, unit, {"Effect": "Deny", "Action": "iam:*", "Resource": "*"})
    with refusal("AccessDenied"):
        theirs.list_groups()
    client.move_account(AccountId=member, SourceParentId=unit, DestinationParentId=root)
    theirs.list_groups()


def test_a_resource_control_policy_guards_the_members_resources(
    client: Any, member: str, root: str, enforcing: Gateway, administrator: Callable[[str], Any]
) -> None:
    administrator(MANAGEMENT)
    key = enforcing.client("iam", MANAGEMENT).create_access_key(UserName="admin")["AccessKey"]
    sts = enforcing.as_credentials(key, "sts")
    role = f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole"
    assert sts.assume_role(RoleArn=role, RoleSessionName="in")["Credentials"]
    client.enable_policy_type(RootId=root, PolicyType=RCP)
    assert sts.assume_role(RoleArn=role, RoleSessionName="in")["Credentials"]
    arn = attach(client, member, {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"}, RCP)
    message = (
        f"User: arn:aws:iam::{MANAGEMENT}:user/admin is not authorized to perform: sts:AssumeRole on resource: {role} "
        f"with an explicit deny in a resource control policy: {arn}"
    )
    with refusal("AccessDenied", message):
        sts.assume_role(RoleArn=role, RoleSessionName="in")


def test_the_organization_is_a_condition(
    client: Any, member: str, unit: str, administrator: Callable[[str], Any], enforcing: Gateway
) -> None:
    organization = client.describe_organization()["Organization"]["Id"]
    administrator(member)
    iam = enforcing.client("iam", member)
    statement = {"Effect": "Deny", "Action": "iam:ListGroups", "Resource": "*"}
    path = client.describe_organizational_unit(OrganizationalUnitId=unit)["OrganizationalUnit"]["Path"]
    theirs = enforcing.as_credentials(iam.create_access_key(UserName="admin")["AccessKey"], "iam")
    for condition in (
        {"StringEquals": {"aws:PrincipalOrgID": organization}},
        {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{path}*"}},
    ):
        text = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition}]})
        iam.put_user_policy(UserName="admin", PolicyName="deny", PolicyDocument=text)
        with refusal("AccessDenied"):
            theirs.list_groups()
    iam.delete_user_policy(UserName="admin", PolicyName="deny")
    theirs.list_groups()
