"""Organizations, their accounts and their tree, with boto3."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.request import Request, urlopen

from cloudward.testing import running_gateway
from tests.contract.organizations.conftest import Refused, number


def test_create_organization(alone: Any, management: str, refused: Refused) -> None:
    with refused("AWSOrganizationsNotInUseException", "Your account is not a member of an organization."):
        alone.describe_organization()
    made = alone.create_organization()["Organization"]
    assert re.fullmatch("o-[a-z0-9]{10}", made["Id"])
    assert made["Arn"] == f"arn:aws:organizations::{management}:organization/{made['Id']}"
    assert made["MasterAccountArn"] == f"arn:aws:organizations::{management}:account/{made['Id']}/{management}"
    assert (made["FeatureSet"], made["MasterAccountId"]) == ("ALL", management)
    assert alone.describe_organization()["Organization"] == made
    message = "The AWS account is already a member of an organization."
    with refused("AlreadyInOrganizationException", message):
        alone.create_organization()
    (root,) = alone.list_roots()["Roots"]
    assert re.fullmatch("r-[a-z0-9]{4}", root["Id"])
    assert (root["Name"], root["PolicyTypes"]) == ("Root", [])
    (account,) = alone.list_accounts()["Accounts"]
    assert (account["Id"], account["Status"], account["JoinedMethod"]) == (management, "ACTIVE", "INVITED")


def test_delete_organization(client: Any, member: Callable[..., str], root: str, refused: Refused) -> None:
    account = member()
    client.create_organizational_unit(ParentId=root, Name="unit")
    with refused("OrganizationNotEmptyException"):
        client.delete_organization()
    client.remove_account_from_organization(AccountId=account)
    client.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    client.delete_organization()
    with refused("AWSOrganizationsNotInUseException"):
        client.list_accounts()
    client.create_organization()
    assert client.list_organizational_units_for_parent(ParentId=client.list_roots()["Roots"][0]["Id"])[
        "OrganizationalUnits"
    ] == []  # fmt: skip


def test_create_account(client: Any, organization: dict[str, Any], root: str, refused: Refused) -> None:
    email = f"dev-{number()}@example.com"
    tags = [{"Key": "team", "Value": "red"}]
    begun = client.create_account(Email=email, AccountName="dev", Tags=tags)["CreateAccountStatus"]
    assert re.fullmatch("car-[a-z0-9]{32}", begun["Id"])
    assert (begun["State"], "AccountId" in begun) == ("IN_PROGRESS", False)
    done = client.describe_create_account_status(CreateAccountRequestId=begun["Id"])["CreateAccountStatus"]
    assert (done["State"], done["AccountName"]) == ("SUCCEEDED", "dev")
    account = client.describe_account(AccountId=done["AccountId"])["Account"]
    assert (account["Email"], account["Name"], account["JoinedMethod"]) == (email, "dev", "CREATED")
    assert account["Paths"] == [f"{organization['Id']}/{root}/{account['Id']}/"]
    assert client.list_tags_for_resource(ResourceId=account["Id"])["Tags"] == tags
    assert client.list_parents(ChildId=account["Id"])["Parents"] == [{"Id": root, "Type": "ROOT"}]
    twice = client.create_account(Email=email.upper(), AccountName="again")["CreateAccountStatus"]["Id"]
    failed = client.describe_create_account_status(CreateAccountRequestId=twice)["CreateAccountStatus"]
    assert (failed["State"], failed["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")
    statuses = client.list_create_account_status(States=["SUCCEEDED"])["CreateAccountStatuses"]
    assert [status["Id"] for status in statuses] == [begun["Id"]]
    with refused("CreateAccountStatusNotFoundException"):
        client.describe_create_account_status(CreateAccountRequestId="car-" + "0" * 32)


def test_the_management_account_gets_into_new_accounts(
    client: Any, management: str, member: Callable[..., str], root_of: Callable[..., Any]
) -> None:
    account = member(RoleName="Entrance")
    credentials = root_of(management, "sts").assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/Entrance", RoleSessionName="admin"
    )["Credentials"]
    assert credentials["SessionToken"]
    attached = root_of(account, "iam").list_attached_role_policies(RoleName="Entrance")["AttachedPolicies"]
    assert [found["PolicyName"] for found in attached] == ["AdministratorAccess"]


def test_ten_accounts_at_most(client: Any, member: Callable[..., str], refused: Refused) -> None:
    for _ in range(9):
        member()
    with refused("ConstraintViolationException", reason="ACCOUNT_NUMBER_LIMIT_EXCEEDED"):
        member()


def test_accounts_in_pages(client: Any, management: str, member: Callable[..., str], refused: Refused) -> None:
    accounts = {management, *(member() for _ in range(4))}
    pages = list(client.get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["Accounts"]) for page in pages] == [2, 2, 1]
    assert {account["Id"] for page in pages for account in page["Accounts"]} == accounts
    with refused("InvalidInputException", reason="INVALID_NEXT_TOKEN"):
        client.list_accounts(NextToken="token")
    with refused("InvalidInputException", reason="INVALID_NEXT_TOKEN"):
        client.list_roots(NextToken=pages[0]["NextToken"])


def test_members_see_little(
    client: Any, organization: dict[str, Any], member: Callable[..., str], root_of: Callable[..., Any], refused: Refused
) -> None:
    own = root_of(member())
    assert own.describe_organization()["Organization"]["Id"] == organization["Id"]
    with refused("AccessDeniedException", "You don't have permissions to access this resource."):
        own.list_accounts()
    with refused("AccessDeniedException"):
        own.create_account(Email="some@example.com", AccountName="some")


def test_leaving(
    client: Any, management: str, member: Callable[..., str], root_of: Callable[..., Any], refused: Refused
) -> None:
    first, second = member("first"), member("second")
    root_of(first).leave_organization()
    client.remove_account_from_organization(AccountId=second)
    assert [account["Id"] for account in client.list_accounts()["Accounts"]] == [management]
    with refused("AWSOrganizationsNotInUseException"):
        root_of(first).describe_organization()
    with refused("MasterCannotLeaveOrganizationException"):
        client.leave_organization()
    with refused("MasterCannotLeaveOrganizationException"):
        client.remove_account_from_organization(AccountId=management)
    with refused("AccountNotFoundException", "You specified an account that doesn't exist."):
        client.remove_account_from_organization(AccountId=first)


def test_close_account(client: Any, management: str, member: Callable[..., str], refused: Refused) -> None:
    account = member()
    client.close_account(AccountId=account)
    assert client.describe_account(AccountId=account)["Account"]["Status"] == "SUSPENDED"
    with refused("AccountAlreadyClosedException"):
        client.close_account(AccountId=account)
    with refused("ConstraintViolationException", reason="CANNOT_CLOSE_MANAGEMENT_ACCOUNT"):
        client.close_account(AccountId=management)
    with refused("AccountNotFoundException"):
        client.close_account(AccountId=number())


def test_units(
    client: Any, management: str, organization: dict[str, Any], root: str, member: Callable[..., str], refused: Refused
) -> None:
    unit = client.create_organizational_unit(ParentId=root, Name="Work")["OrganizationalUnit"]
    assert re.fullmatch(f"ou-{root[2:]}-[a-z0-9]{{8}}", unit["Id"])
    assert unit["Arn"] == f"arn:aws:organizations::{management}:ou/{organization['Id']}/{unit['Id']}"
    assert unit["Path"] == f"{organization['Id']}/{root}/{unit['Id']}/"
    inner = client.create_organizational_unit(ParentId=unit["Id"], Name="Work")["OrganizationalUnit"]
    with refused("DuplicateOrganizationalUnitException", "An OU with the same name already exists."):
        client.create_organizational_unit(ParentId=root, Name="Work")
    with refused("ParentNotFoundException"):
        client.create_organizational_unit(ParentId="r-none", Name="Work")
    account = member()
    client.move_account(AccountId=account, SourceParentId=root, DestinationParentId=inner["Id"])
    found = client.describe_account(AccountId=account)["Account"]
    assert found["Paths"] == [f"{organization['Id']}/{root}/{unit['Id']}/{inner['Id']}/{account}/"]
    children = client.list_children(ParentId=inner["Id"], ChildType="ACCOUNT")["Children"]
    assert children == [{"Id": account, "Type": "ACCOUNT"}]
    assert client.list_children(ParentId=root, ChildType="ORGANIZATIONAL_UNIT")["Children"] == [
        {"Id": unit["Id"], "Type": "ORGANIZATIONAL_UNIT"}
    ]
    assert [one["Id"] for one in client.list_accounts_for_parent(ParentId=inner["Id"])["Accounts"]] == [account]
    assert client.list_parents(ChildId=inner["Id"])["Parents"] == [{"Id": unit["Id"], "Type": "ORGANIZATIONAL_UNIT"}]
    with refused("AccountNotFoundException"):
        client.move_account(AccountId=account, SourceParentId=root, DestinationParentId=unit["Id"])
    with refused("DuplicateAccountException"):
        client.move_account(AccountId=account, SourceParentId=inner["Id"], DestinationParentId=inner["Id"])
    for parent in ("SourceParentId", "DestinationParentId"):
        parents = {"SourceParentId": inner["Id"], "DestinationParentId": root, parent: "r-none"}
        with refused(parent.replace("Id", "NotFoundException")):
            client.move_account(AccountId=account, **parents)
    for filled in (unit, inner):
        with refused("OrganizationalUnitNotEmptyException"):
            client.delete_organizational_unit(OrganizationalUnitId=filled["Id"])
    client.move_account(AccountId=account, SourceParentId=inner["Id"], DestinationParentId=root)
    client.delete_organizational_unit(OrganizationalUnitId=inner["Id"])
    with refused("OrganizationalUnitNotFoundException", "You specified an organizational unit that doesn't exist."):
        client.describe_organizational_unit(OrganizationalUnitId=inner["Id"])
    with refused("ChildNotFoundException"):
        client.list_parents(ChildId=inner["Id"])
    renamed = client.update_organizational_unit(OrganizationalUnitId=unit["Id"], Name="Play")["OrganizationalUnit"]
    assert client.describe_organizational_unit(OrganizationalUnitId=unit["Id"])["OrganizationalUnit"] == renamed
    assert renamed == {**unit, "Name": "Play"}


def test_units_in_pages_and_five_levels_at_most(client: Any, root: str, refused: Refused) -> None:
    for name in "abc":
        client.create_organizational_unit(ParentId=root, Name=name)
    pages = client.get_paginator("list_organizational_units_for_parent").paginate(
        ParentId=root, PaginationConfig={"PageSize": 2}
    )
    assert sorted(unit["Name"] for page in pages for unit in page["OrganizationalUnits"]) == ["a", "b", "c"]
    parent = root
    for _ in range(5):
        parent = client.create_organizational_unit(ParentId=parent, Name="deep")["OrganizationalUnit"]["Id"]
    with refused("ConstraintViolationException", reason="OU_DEPTH_LIMIT_EXCEEDED"):
        client.create_organizational_unit(ParentId=parent, Name="deep")


def test_tags(client: Any, root: str, management: str, refused: Refused) -> None:
    unit = client.create_organizational_unit(ParentId=root, Name="unit", Tags=[{"Key": "a", "Value": "1"}])
    for resource in (root, management, unit["OrganizationalUnit"]["Id"]):
        client.tag_resource(ResourceId=resource, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}])
        client.untag_resource(ResourceId=resource, TagKeys=["b", "none"])
        assert client.list_tags_for_resource(ResourceId=resource)["Tags"] == [{"Key": "a", "Value": "2"}]
    with refused("InvalidInputException", reason="DUPLICATE_TAG_KEY"):
        client.tag_resource(ResourceId=root, Tags=[{"Key": "a", "Value": ""}, {"Key": "a", "Value": ""}])
    with refused("InvalidInputException", reason="INVALID_SYSTEM_TAGS_PARAMETER"):
        client.tag_resource(ResourceId=root, Tags=[{"Key": "aws:a", "Value": ""}])
    with refused("TargetNotFoundException", "You specified a target that doesn't exist."):
        client.tag_resource(ResourceId="r-none", Tags=[])
    with refused("ConstraintViolationException", reason="MAX_TAG_LIMIT_EXCEEDED"):
        client.tag_resource(ResourceId=root, Tags=[{"Key": str(key), "Value": ""} for key in range(51)])


def test_an_organization_lasts_through_export_and_import(refused: Refused) -> None:
    with running_gateway() as gateway:
        client = gateway.client("organizations", "111122223333")
        client.create_organization()
        root = client.list_roots()["Roots"][0]["Id"]
        client.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
        unit = client.create_organizational_unit(ParentId=root, Name="unit")["OrganizationalUnit"]["Id"]
        client.create_account(Email="dev@example.com", AccountName="dev", Tags=[{"Key": "a", "Value": "1"}])
        client.invite_account_to_organization(Target={"Id": "444455556666", "Type": "ACCOUNT"})
        with urlopen(f"{gateway.url}/_cloudward/state/export") as answer:
            exported = answer.read()
    with running_gateway() as gateway:
        client = gateway.client("organizations", "111122223333")
        urlopen(Request(f"{gateway.url}/_cloudward/state/import", exported, method="POST")).close()
        assert client.list_roots()["Roots"][0]["Id"] == root
        assert sorted(account["Name"] for account in client.list_accounts()["Accounts"]) == [
            "account-111122223333",
            "dev",
        ]
        policies = client.list_policies_for_target(TargetId=unit, Filter="SERVICE_CONTROL_POLICY")["Policies"]
        assert [policy["Id"] for policy in policies] == ["p-FullAWSAccess"]
        (handshake,) = gateway.client("organizations", "444455556666").list_handshakes_for_account()["Handshakes"]
        assert handshake["State"] == "OPEN"
        with refused("DuplicateOrganizationalUnitException"):
            client.create_organizational_unit(ParentId=root, Name="unit")
