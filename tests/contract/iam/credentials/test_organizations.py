from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudward.config import Config
from cloudward.testing import Gateway, running_gateway
from tests.contract.iam.credentials.expect import paged, refused

MANAGEMENT, ADMINISTRATOR, MEMBER = "111111111111", "222222222222", "333333333333"
ORGANIZATION = "o-exampleorg1"
FEATURES = ("root_credentials_management", "root_sessions")


@pytest.fixture
def organization() -> Iterator[Gateway]:
    with running_gateway(settings()) as running:
        yield running


def settings(**more: Any) -> Config:
    return Config(
        plugin_settings={
            "iam": {
                "organization_id": ORGANIZATION,
                "organization_management_account": MANAGEMENT,
                "organization_delegated_administrators": ADMINISTRATOR,
                "organization_accounts": MEMBER,
                **more,
            }
        }
    )


def calls(iam: Any) -> list[Any]:
    names = [f"{verb}_organizations_{feature}" for verb in ("enable", "disable") for feature in FEATURES]
    return [getattr(iam, name) for name in (*names, "list_organizations_features")]


def test_features_are_switched_by_the_management_account(organization: Gateway) -> None:
    iam = organization.client("iam", MANAGEMENT)
    assert iam.list_organizations_features()["EnabledFeatures"] == []
    answer = iam.enable_organizations_root_sessions()
    assert (answer["OrganizationId"], answer["EnabledFeatures"]) == (ORGANIZATION, ["RootSessions"])
    answer = iam.enable_organizations_root_credentials_management()
    assert answer["EnabledFeatures"] == ["RootCredentialsManagement", "RootSessions"]
    administrator = organization.client("iam", ADMINISTRATOR)
    assert administrator.list_organizations_features()["EnabledFeatures"] == answer["EnabledFeatures"]
    assert administrator.disable_organizations_root_sessions()["EnabledFeatures"] == ["RootCredentialsManagement"]
    assert iam.disable_organizations_root_credentials_management()["EnabledFeatures"] == []


def test_delegated_administrators_do_not_switch_on(organization: Gateway) -> None:
    administrator = organization.client("iam", ADMINISTRATOR)
    for call in calls(administrator)[:2]:
        with refused("CallerIsNotManagementAccountException"):
            call()


def test_members_and_strangers_are_refused(organization: Gateway) -> None:
    for call in calls(organization.client("iam", MEMBER)):
        with refused("AccountNotManagementOrDelegatedAdministratorException"):
            call()
    for call in calls(organization.client("iam", "444444444444")):
        with refused("OrganizationNotFoundException"):
            call()


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("organization_trusted_access", "ServiceAccessNotEnabledException"),
        ("organization_all_features", "OrganizationNotInAllFeaturesModeException"),
    ],
)
def test_the_organization_must_be_fit(setting: str, code: str) -> None:
    with running_gateway(settings(**{setting: "false"})) as gateway:
        for call in calls(gateway.client("iam", MANAGEMENT)):
            with refused(code):
                call()


def test_root_sessions_have_administrators_while_they_are_on(organization: Gateway) -> None:
    def administrators() -> Any:
        with organization.app.store.begin() as transaction:
            found = organization.app.plugins.hook.cloudward_account_preferences(
                app=organization.app, transaction=transaction, partition="aws", account=MEMBER
            )
        return found["root_session_administrators"]

    assert administrators() == ()
    organization.client("iam", MANAGEMENT).enable_organizations_root_sessions()
    assert administrators() == (MANAGEMENT, ADMINISTRATOR)


def test_a_report_tells_the_accesses_in_an_entity(organization: Gateway) -> None:
    member = organization.client("iam", MEMBER)
    member.create_user(UserName="ada")
    key = member.create_access_key(UserName="ada")["AccessKey"]
    organization.as_credentials(key, "sts").get_caller_identity()
    iam = organization.client("iam", MANAGEMENT)
    path = f"{ORGANIZATION}/r-root1/{MEMBER}"
    job = iam.generate_organizations_access_report(EntityPath=path)["JobId"]
    report = iam.get_organizations_access_report(JobId=job, MaxItems=1000)
    assert report["JobStatus"] == "COMPLETED"
    assert report["NumberOfServicesAccessible"] - report["NumberOfServicesNotAccessed"] == 2
    details = [found for found in report["AccessDetails"] if "LastAuthenticatedTime" in found]
    assert [(found["ServiceNamespace"], found["EntityPath"]) for found in details] == [("iam", path), ("sts", path)]
    assert {found["TotalAuthenticatedEntities"] for found in details} == {1}
    newest = iam.get_organizations_access_report(JobId=job, MaxItems=1, SortKey="LAST_AUTHENTICATED_TIME_DESCENDING")
    assert newest["AccessDetails"][0] in details


def test_reports_come_sorted_and_in_pages(organization: Gateway) -> None:
    iam = organization.client("iam", MANAGEMENT)
    job = iam.generate_organizations_access_report(EntityPath=f"{ORGANIZATION}/r-root1")["JobId"]

    def namespaces(order: str) -> list[str]:
        found = paged(
            iam.get_organizations_access_report,
            "AccessDetails",
            200,
            JobId=job,
            SortKey=f"SERVICE_NAMESPACE_{order}",
        )
        return [access["ServiceNamespace"] for access in found]

    ascending = namespaces("ASCENDING")
    assert ascending == sorted(ascending)
    assert {"iam", "s3", "sts"} <= set(ascending)
    assert namespaces("DESCENDING") == ascending[::-1]


def test_reports_of_others_entities_fail(organization: Gateway) -> None:
    for account, path in (
        (MANAGEMENT, "o-otherorgani/r-root1"),
        (MANAGEMENT, f"{ORGANIZATION}/r-root1/444444444444"),
        (MEMBER, f"{ORGANIZATION}/r-root1"),
    ):
        iam = organization.client("iam", account)
        job = iam.generate_organizations_access_report(EntityPath=path, OrganizationsPolicyId="p-examplepolicy")
        report = iam.get_organizations_access_report(JobId=job["JobId"])
        assert report["JobStatus"] == "FAILED"
        assert report["ErrorDetails"]["Code"] == "EntityNotFound"
    with refused("NoSuchEntity"):
        iam.get_organizations_access_report(JobId="0" * 36)
    with refused("ValidationError"):
        iam.generate_organizations_access_report(EntityPath="somewhere/over/the/rainbow")
