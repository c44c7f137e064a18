from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest

from cloudward.testing import Gateway
from tests.contract.iam.credentials.expect import paged, refused

CODECOMMIT = "codecommit.amazonaws.com"
BEDROCK = "bedrock.amazonaws.com"


def make(iam: Any, user: str, service: str = CODECOMMIT, **more: Any) -> Any:
    answer = iam.create_service_specific_credential(UserName=user, ServiceName=service, **more)
    return answer["ServiceSpecificCredential"]


@pytest.mark.parametrize("service", [CODECOMMIT, "cassandra.amazonaws.com"])
def test_a_user_name_and_password_are_made(iam: Any, account: str, user: str, service: str) -> None:
    made = make(iam, user, service)
    assert made["ServiceUserName"] == f"ada-at-{account}"
    assert len(base64.b64decode(made["ServicePassword"])) == 32
    assert (made["Status"], made["UserName"], made["ServiceName"]) == ("Active", user, service)
    assert made["ServiceSpecificCredentialId"].startswith("ACCA")
    assert "ServiceCredentialSecret" not in made
    second = make(iam, user, service)
    assert second["ServiceUserName"] == f"ada+1-at-{account}"
    with refused("LimitExceeded", status=409):
        make(iam, user, service)


def test_an_api_key_is_made_and_expires(iam: Any, account: str, shared: Gateway, user: str) -> None:
    made = make(iam, user, BEDROCK, CredentialAgeDays=30)
    assert made["ServiceCredentialAlias"] == f"ada-at-{account}"
    assert made["ServiceCredentialSecret"].startswith("ABSK")
    assert made["ExpirationDate"] - made["CreateDate"] == timedelta(days=30)
    assert "ServicePassword" not in made
    listed = iam.list_service_specific_credentials(UserName=user)["ServiceSpecificCredentials"]
    assert listed[0]["Status"] == "Active"
    assert "ServiceCredentialSecret" not in listed[0]
    assert "ExpirationDate" not in make(iam, user, "logs.amazonaws.com")


def test_ages_are_for_api_keys_only(iam: Any, user: str) -> None:
    with refused("ValidationError", status=400):
        make(iam, user, CODECOMMIT, CredentialAgeDays=30)
    assert iam.list_service_specific_credentials(UserName=user)["ServiceSpecificCredentials"] == []


@pytest.mark.parametrize("service", ["nonexistentservice.amazonaws.com", "o3on3n3onosneo", "lambda.amazonaws.com"])
def test_other_services_are_refused_in_aws_s_words(iam: Any, user: str, service: str) -> None:
    message = f"No such service {service} is supported for Service Specific Credentials"
    with refused("NoSuchEntity", message, 404):
        make(iam, user, service)
    with refused("NoSuchEntity", message, 404):
        iam.list_service_specific_credentials(UserName=user, ServiceName=service)


def test_missing_users_are_told_first(iam: Any) -> None:
    message = "The user with name non-existent-user cannot be found."
    for service in (CODECOMMIT, "nonexistentservice.amazonaws.com"):
        with refused("NoSuchEntity", message, 404):
            make(iam, "non-existent-user", service)


def test_credentials_are_listed_by_user_service_and_all(iam: Any, as_user: Any, user: str) -> None:
    iam.create_user(UserName="grace")
    mine = [make(iam, user)["ServiceSpecificCredentialId"] for _ in range(2)]
    mine_bedrock = make(iam, user, BEDROCK)["ServiceSpecificCredentialId"]
    hers = make(iam, "grace")["ServiceSpecificCredentialId"]

    def ids(**arguments: Any) -> list[str]:
        found = paged(iam.list_service_specific_credentials, "ServiceSpecificCredentials", 1, **arguments)
        return [credential["ServiceSpecificCredentialId"] for credential in found]

    assert ids(UserName=user) == sorted([*mine, mine_bedrock])
    assert ids(UserName=user, ServiceName=BEDROCK) == [mine_bedrock]
    assert ids(AllUsers=True, ServiceName=CODECOMMIT) == sorted([*mine, hers])
    assert ids(AllUsers=True) == sorted([*mine, mine_bedrock, hers])
    own = as_user.list_service_specific_credentials()["ServiceSpecificCredentials"]
    assert {found["UserName"] for found in own} == {user}
    with refused("ValidationError"):
        iam.list_service_specific_credentials(UserName=user, AllUsers=True)


def test_credentials_are_switched_reset_and_deleted(iam: Any, user: str) -> None:
    made = make(iam, user)
    named = {"UserName": user, "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
    iam.update_service_specific_credential(**named, Status="Inactive")
    listed = iam.list_service_specific_credentials(UserName=user)["ServiceSpecificCredentials"]
    assert [found["Status"] for found in listed] == ["Inactive"]
    reset = iam.reset_service_specific_credential(**named)["ServiceSpecificCredential"]
    assert reset["ServiceUserName"] == made["ServiceUserName"]
    assert reset["ServicePassword"] != made["ServicePassword"]
    with refused("DeleteConflict", "Cannot delete entity, must remove referenced objects first.", 409):
        iam.delete_user(UserName=user)
    iam.delete_service_specific_credential(**named)
    assert iam.list_service_specific_credentials(UserName=user)["ServiceSpecificCredentials"] == []


@pytest.mark.parametrize("operation", ["update", "reset", "delete"])
def test_mismatches_are_refused_in_aws_s_words(iam: Any, user: str, operation: str) -> None:
    iam.create_user(UserName="grace")
    made = make(iam, user)["ServiceSpecificCredentialId"]
    call = getattr(iam, f"{operation}_service_specific_credential")
    more = {"Status": "Inactive"} if operation == "update" else {}
    with refused("NoSuchEntity", "The user with name wrong-user-name cannot be found.", 404):
        call(UserName="wrong-user-name", ServiceSpecificCredentialId=made, **more)
    with refused("NoSuchEntity", "No such credential satisfiesregexbutstillinvalid exists", 404):
        call(UserName=user, ServiceSpecificCredentialId="satisfiesregexbutstillinvalid", **more)
    with refused("NoSuchEntity", f"No such credential {made} exists", 404):
        call(UserName="grace", ServiceSpecificCredentialId=made, **more)
    with refused(
        "ValidationError",
        "1 validation error detected: Value at 'serviceSpecificCredentialId' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [\\w]+",
        400,
    ):
        call(UserName=user, ServiceSpecificCredentialId="totally-wrong-credential-id-with-hyphens", **more)


def test_statuses_are_checked_in_aws_s_words(iam: Any, user: str) -> None:
    made = make(iam, user)["ServiceSpecificCredentialId"]
    with refused(
        "ValidationError",
        "1 validation error detected: Value at 'status' failed to satisfy constraint: "
        "Member must satisfy enum value set",
        400,
    ):
        iam.update_service_specific_credential(UserName=user, ServiceSpecificCredentialId=made, Status="Invalid")
    with refused("ValidationError"):
        iam.update_service_specific_credential(UserName=user, ServiceSpecificCredentialId=made, Status="Expired")
