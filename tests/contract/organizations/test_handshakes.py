"""Invitations and the way to all features, with boto3."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloudward.clock import Clock
from cloudward.testing import running_gateway
from tests.contract.organizations.conftest import Refused, number, refusal

UNKNOWN = "h-" + "0" * 32


@pytest.fixture
def guest() -> str:
    """An account outside of the organization."""
    return number()


def invite(client: Any, account: str, **more: Any) -> str:
    answer = client.invite_account_to_organization(Target={"Id": account, "Type": "ACCOUNT"}, **more)
    return str(answer["Handshake"]["Id"])


def test_an_invitation_is_accepted(
    client: Any, organization: dict[str, Any], root: str, guest: str, root_of: Callable[..., Any], refused: Refused
) -> None:
    client.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    tags = [{"Key": "from", "Value": "outside"}]
    made = client.invite_account_to_organization(Target={"Id": guest, "Type": "ACCOUNT"}, Notes="Welcome", Tags=tags)[
        "Handshake"
    ]
    assert re.fullmatch("h-[a-z0-9]{32}", made["Id"])
    assert (made["State"], made["Action"]) == ("OPEN", "INVITE")
    assert made["ExpirationTimestamp"] - made["RequestedTimestamp"] == timedelta(days=15)
    assert {"Id": guest, "Type": "ACCOUNT"} in made["Parties"]
    values = {resource["Type"]: resource["Value"] for resource in made["Resources"]}
    assert values == {"ORGANIZATION": organization["Id"], "ACCOUNT": guest, "NOTES": "Welcome"}
    own = root_of(guest)
    assert [found["Id"] for found in own.list_handshakes_for_account()["Handshakes"]] == [made["Id"]]
    with refused("DuplicateHandshakeException"):
        invite(client, guest)
    with refused("AccessDeniedException"):
        client.accept_handshake(HandshakeId=made["Id"])
    assert own.accept_handshake(HandshakeId=made["Id"])["Handshake"]["State"] == "ACCEPTED"
    account = client.describe_account(AccountId=guest)["Account"]
    assert (account["JoinedMethod"], account["Status"]) == ("INVITED", "ACTIVE")
    assert client.list_tags_for_resource(ResourceId=guest)["Tags"] == tags
    policies = client.list_policies_for_target(TargetId=guest, Filter="SERVICE_CONTROL_POLICY")["Policies"]
    assert [policy["Name"] for policy in policies] == ["FullAWSAccess"]
    with refused("HandshakeAlreadyInStateException"):
        own.accept_handshake(HandshakeId=made["Id"])
    with refused("InvalidHandshakeTransitionException"):
        own.decline_handshake(HandshakeId=made["Id"])
    with refused("HandshakeConstraintViolationException", reason="ALREADY_IN_AN_ORGANIZATION"):
        invite(client, guest)


def test_invitations_are_declined_and_canceled(
    client: Any, guest: str, root_of: Callable[..., Any], refused: Refused
) -> None:
    own = root_of(guest)
    first = invite(client, guest)
    assert own.decline_handshake(HandshakeId=first)["Handshake"]["State"] == "DECLINED"
    second = invite(client, guest)
    assert client.cancel_handshake(HandshakeId=second)["Handshake"]["State"] == "CANCELED"
    with refused("InvalidHandshakeTransitionException"):
        own.accept_handshake(HandshakeId=second)
    for party in (own, client):
        assert party.describe_handshake(HandshakeId=second)["Handshake"]["State"] == "CANCELED"
    stranger = root_of(number())
    with refused("HandshakeNotFoundException"):
        stranger.describe_handshake(HandshakeId=second)
    with refused("HandshakeNotFoundException"):
        stranger.decline_handshake(HandshakeId=second)
    with refused("HandshakeNotFoundException"):
        client.cancel_handshake(HandshakeId=UNKNOWN)
    pages = client.get_paginator("list_handshakes_for_organization").paginate(
        Filter={"ActionType": "INVITE"}, PaginationConfig={"PageSize": 1}
    )
    assert sorted(found["Id"] for page in pages for found in page["Handshakes"]) == sorted([first, second])
    none = client.list_handshakes_for_organization(Filter={"ActionType": "ENABLE_ALL_FEATURES"})
    assert none["Handshakes"] == []


def test_invitations_by_address(
    client: Any, member: Callable[..., str], root_of: Callable[..., Any], refused: Refused
) -> None:
    account = member()
    email = client.describe_account(AccountId=account)["Account"]["Email"]
    client.remove_account_from_organization(AccountId=account)
    made = client.invite_account_to_organization(Target={"Id": email, "Type": "EMAIL"})["Handshake"]
    assert {"Id": email, "Type": "EMAIL"} in made["Parties"]
    root_of(account).accept_handshake(HandshakeId=made["Id"])
    assert client.describe_account(AccountId=account)["Account"]["Email"] == email
    with refused("InvalidInputException", reason="INVALID_EMAIL_ADDRESS_TARGET"):
        client.invite_account_to_organization(Target={"Id": "nobody@example.org", "Type": "EMAIL"})
    with refused("InvalidInputException", reason="INVALID_PATTERN_TARGET_ID"):
        invite(client, "12345")


def test_an_account_is_in_one_organization(guest: str, root_of: Callable[..., Any]) -> None:
    first, second = root_of(number()), root_of(number())
    handshakes = []
    for client in (first, second):
        client.create_organization()
        handshakes.append(invite(client, guest))
    own = root_of(guest)
    own.accept_handshake(HandshakeId=handshakes[0])
    with refusal("HandshakeConstraintViolationException", reason="ALREADY_IN_AN_ORGANIZATION"):
        own.accept_handshake(HandshakeId=handshakes[1])
    with refusal("AlreadyInOrganizationException"):
        own.create_organization()


def test_invitations_expire() -> None:
    clock = Clock()
    clock.freeze(datetime(2026, 3, 1, tzinfo=UTC))
    with running_gateway(clock=clock) as gateway:
        client, own = (gateway.client("organizations", account) for account in ("111122223333", "444455556666"))
        client.create_organization()
        handshake = invite(client, "444455556666")
        clock.move(timedelta(days=15))
        assert own.describe_handshake(HandshakeId=handshake)["Handshake"]["State"] == "EXPIRED"
        with refusal("InvalidHandshakeTransitionException"):
            own.accept_handshake(HandshakeId=handshake)
        assert invite(client, "444455556666") != handshake


def test_all_features_want_the_approval_of_invited_members(
    alone: Any, guest: str, root_of: Callable[..., Any], refused: Refused
) -> None:
    alone.create_organization(FeatureSet="CONSOLIDATED_BILLING")
    own = root_of(guest)
    own.accept_handshake(HandshakeId=invite(alone, guest))
    made = alone.enable_all_features()["Handshake"]
    assert (made["Action"], made["State"]) == ("ENABLE_ALL_FEATURES", "REQUESTED")
    with refused(
        "HandshakeConstraintViolationException", reason="ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION"
    ):
        alone.enable_all_features()
    with refused("HandshakeConstraintViolationException", reason="INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES"):
        invite(alone, number())
    with refused("InvalidHandshakeTransitionException"):
        alone.accept_handshake(HandshakeId=made["Id"])
    (approval,) = own.list_handshakes_for_account(Filter={"ParentHandshakeId": made["Id"]})["Handshakes"]
    assert approval["Action"] == "APPROVE_ALL_FEATURES"
    own.accept_handshake(HandshakeId=approval["Id"])
    assert alone.describe_organization()["Organization"]["FeatureSet"] == "CONSOLIDATED_BILLING"
    alone.accept_handshake(HandshakeId=made["Id"])
    assert alone.describe_organization()["Organization"]["FeatureSet"] == "ALL"
    with refused("HandshakeConstraintViolationException", reason="ORGANIZATION_ALREADY_HAS_ALL_FEATURES"):
        alone.enable_all_features()
