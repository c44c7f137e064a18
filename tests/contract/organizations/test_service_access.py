"""Trusted services and delegated administrators, with boto3; and what IAM makes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.contract.organizations.conftest import Refused, number

IAM = "iam.amazonaws.com"
CONFIG = "config.amazonaws.com"


def test_service_access(client: Any, refused: Refused) -> None:
    for service in (CONFIG, IAM, IAM):
        client.enable_aws_service_access(ServicePrincipal=service)
    pages = client.get_paginator("list_aws_service_access_for_organization").paginate(PaginationConfig={"PageSize": 1})
    found = [[one["ServicePrincipal"] for one in page["EnabledServicePrincipals"]] for page in pages]
    assert found == [[CONFIG], [IAM]]
    client.disable_aws_service_access(ServicePrincipal=CONFIG)
    left = client.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    assert [one["ServicePrincipal"] for one in left] == [IAM]
    with refused("InvalidInputException", reason="UNRECOGNIZED_SERVICE_PRINCIPAL"):
        client.enable_aws_service_access(ServicePrincipal="nothing")


def test_service_access_needs_all_features(alone: Any, refused: Refused) -> None:
    alone.create_organization(FeatureSet="CONSOLIDATED_BILLING")
    with refused("ConstraintViolationException", reason="ORGANIZATION_NOT_IN_ALL_FEATURES_MODE"):
        alone.enable_aws_service_access(ServicePrincipal=IAM)


def test_delegated_administrators(
    client: Any, management: str, member: Callable[..., str], root_of: Callable[..., Any], refused: Refused
) -> None:
    account = member()
    with refused("ConstraintViolationException", reason="SERVICE_ACCESS_NOT_ENABLED"):
        client.register_delegated_administrator(AccountId=account, ServicePrincipal=CONFIG)
    for service in (CONFIG, IAM):
        client.enable_aws_service_access(ServicePrincipal=service)
        client.register_delegated_administrator(AccountId=account, ServicePrincipal=service)
    with refused("AccountAlreadyRegisteredException"):
        client.register_delegated_administrator(AccountId=account, ServicePrincipal=CONFIG)
    with refused("ConstraintViolationException", reason="CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR"):
        client.register_delegated_administrator(AccountId=management, ServicePrincipal=CONFIG)
    with refused("AccountNotFoundException"):
        client.register_delegated_administrator(AccountId=number(), ServicePrincipal=CONFIG)
    own = root_of(account)
    (found,) = own.list_delegated_administrators(ServicePrincipal=CONFIG)["DelegatedAdministrators"]
    assert (found["Id"], "DelegationEnabledDate" in found) == (account, True)
    assert len(client.list_delegated_administrators()["DelegatedAdministrators"]) == 1
    services = client.list_delegated_services_for_account(AccountId=account)["DelegatedServices"]
    assert [one["ServicePrincipal"] for one in services] == [CONFIG, IAM]
    with refused("AccountNotRegisteredException"):
        client.list_delegated_services_for_account(AccountId=management)
    with refused("AccessDeniedException"):
        own.create_account(Email="some@example.com", AccountName="some")  # administrators look, and do not touch
    with refused("ConstraintViolationException", reason="CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"):
        client.remove_account_from_organization(AccountId=account)
    for service in (CONFIG, IAM):
        client.deregister_delegated_administrator(AccountId=account, ServicePrincipal=service)
    with refused("AccountNotRegisteredException"):
        client.deregister_delegated_administrator(AccountId=account, ServicePrincipal=IAM)
    with refused("AccessDeniedException"):
        own.list_accounts()
    client.remove_account_from_organization(AccountId=account)


def test_iam_follows_the_organization(
    client: Any,
    organization: dict[str, Any],
    management: str,
    member: Callable[..., str],
    root_of: Callable[..., Any],
    refused: Refused,
) -> None:
    iam = root_of(management, "iam")
    with refused("ServiceAccessNotEnabledException"):
        iam.enable_organizations_root_sessions()
    client.enable_aws_service_access(ServicePrincipal=IAM)
    answer = iam.enable_organizations_root_sessions()
    assert (answer["OrganizationId"], answer["EnabledFeatures"]) == (organization["Id"], ["RootSessions"])
    account = member()
    own = root_of(account, "iam")
    with refused("AccountNotManagementOrDelegatedAdministratorException"):
        own.list_organizations_features()
    client.register_delegated_administrator(AccountId=account, ServicePrincipal=IAM)
    assert own.list_organizations_features()["EnabledFeatures"] == ["RootSessions"]
    with refused("OrganizationNotFoundException"):
        root_of(number(), "iam").list_organizations_features()


def test_iam_reports_the_accesses_of_a_unit(
    client: Any,
    organization: dict[str, Any],
    management: str,
    root: str,
    member: Callable[..., str],
    root_of: Callable[..., Any],
) -> None:
    inside, outside = member("inside"), member("outside")
    unit = client.create_organizational_unit(ParentId=root, Name="unit")["OrganizationalUnit"]["Id"]
    client.move_account(AccountId=inside, SourceParentId=root, DestinationParentId=unit)
    root_of(inside, "sts").get_caller_identity()
    root_of(outside, "iam").list_users()
    iam = root_of(management, "iam")
    path = f"{organization['Id']}/{root}/{unit}"
    job = iam.generate_organizations_access_report(EntityPath=path)["JobId"]
    report = iam.get_organizations_access_report(JobId=job, MaxItems=1000)
    accessed = [found for found in report["AccessDetails"] if "LastAuthenticatedTime" in found]
    assert [(found["ServiceNamespace"], found["EntityPath"]) for found in accessed] == [("sts", f"{path}/{inside}")]
