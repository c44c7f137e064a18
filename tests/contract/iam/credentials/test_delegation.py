from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from cloudward.clock import Clock
from cloudward.config import Config
from cloudward.testing import Gateway, running_gateway
from tests.contract.iam.credentials.expect import refused

PARTNER, OWNER, STRANGER = "111111111111", "222222222222", "333333333333"
TEMPLATE = "arn:aws:iam::111111111111:delegation-template/read"
TOPIC = "arn:aws:sns:us-east-1:111111111111:requests"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["@{bucketArns}"]}],
}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gateway(tmp_path: Path, clock: Clock) -> Iterator[Gateway]:
    file = tmp_path / "templates.json"
    template = {"policy": POLICY, "requestor_name": "Example Corp"}
    file.write_text(json.dumps({"delegation_templates": {TEMPLATE: template}}))
    with running_gateway(Config(plugin_settings={"iam": {"templates_file": str(file)}}), clock=clock) as running:
        yield running


@pytest.fixture
def partner(gateway: Gateway) -> Any:
    return gateway.client("iam", PARTNER)


@pytest.fixture
def owner(gateway: Gateway) -> Any:
    root = gateway.client("iam", OWNER)
    root.create_user(UserName="ada")
    return gateway.as_credentials(root.create_access_key(UserName="ada")["AccessKey"], "iam")


def ask(partner: Any, workflow: str = "workflow-1", **more: Any) -> str:
    arguments = {
        "Description": "Backups",
        "Permissions": {
            "PolicyTemplateArn": TEMPLATE,
            "Parameters": [{"Name": "bucketArns", "Values": ["arn:aws:s3:::a/*"], "Type": "stringList"}],
        },
        "RequestorWorkflowId": workflow,
        "NotificationChannel": TOPIC,
        "SessionDuration": 3600,
        **more,
    }
    return str(partner.create_delegation_request(**arguments)["DelegationRequestId"])


def state(iam: Any, request_id: str) -> str:
    return str(iam.get_delegation_request(DelegationRequestId=request_id)["DelegationRequest"]["State"])


def test_a_request_goes_its_way_to_credentials(gateway: Gateway, partner: Any, owner: Any) -> None:
    request_id = ask(partner, OwnerAccountId=OWNER, RequestMessage="please", RedirectUrl="https://example.com/")
    named = {"DelegationRequestId": request_id}
    owner.associate_delegation_request(**named)
    found = owner.get_delegation_request(**named)["DelegationRequest"]
    assert found["OwnerId"] == f"arn:aws:iam::{OWNER}:user/ada"
    assert (found["State"], found["RequestorId"], found["RequestorName"]) == ("ASSIGNED", PARTNER, "Example Corp")
    assert json.loads(found["PermissionPolicy"])["Statement"][0]["Resource"] == ["arn:aws:s3:::a/*"]
    owner.update_delegation_request(**named, Notes="for the boss")
    found = owner.get_delegation_request(**named)["DelegationRequest"]
    assert (found["State"], found["Notes"]) == ("PENDING_APPROVAL", "for the boss")
    owner.accept_delegation_request(**named)
    assert owner.get_delegation_request(**named)["DelegationRequest"]["ApproverId"] == found["OwnerId"]
    owner.send_delegation_token(**named)
    assert state(owner, request_id) == "FINALIZED"
    with urlopen(f"{gateway.url}/_cloudward/iam/delegation-requests/{request_id}") as answer:
        sent = json.load(answer)
    assert (sent["State"], sent["NotificationChannel"]) == ("FINALIZED", TOPIC)
    sts = gateway.client("sts", PARTNER)
    credentials = sts.get_delegated_access_token(TradeInToken=sent["TradeInToken"])
    assert credentials["AssumedPrincipal"] == f"arn:aws:iam::{OWNER}:user/ada"
    with refused("InvalidInput", status=400):
        owner.reject_delegation_request(**named)


def test_anyone_may_take_on_a_request_for_nobody_in_particular(gateway: Gateway, partner: Any, owner: Any) -> None:
    request_id = ask(partner)
    assert state(gateway.client("iam", STRANGER), request_id) == "UNASSIGNED"
    owner.associate_delegation_request(DelegationRequestId=request_id)
    with refused("AccessDenied"):
        state(gateway.client("iam", STRANGER), request_id)
    with refused("InvalidInput"):
        gateway.client("iam", STRANGER).associate_delegation_request(DelegationRequestId=request_id)


def test_a_request_for_an_account_is_for_that_account(gateway: Gateway, partner: Any) -> None:
    request_id = ask(partner, OwnerAccountId=OWNER)
    with refused("InvalidInput"):
        gateway.client("iam", STRANGER).associate_delegation_request(DelegationRequestId=request_id)


def test_a_rejected_request_stays_rejected(partner: Any, owner: Any) -> None:
    named = {"DelegationRequestId": ask(partner)}
    with refused("AccessDenied"):
        owner.reject_delegation_request(**named)
    owner.associate_delegation_request(**named)
    owner.accept_delegation_request(**named)
    owner.reject_delegation_request(**named, Notes="too much")
    found = owner.get_delegation_request(**named)["DelegationRequest"]
    assert (found["State"], found["RejectionReason"]) == ("REJECTED", "too much")
    for call in (
        owner.accept_delegation_request,
        owner.update_delegation_request,
        owner.send_delegation_token,
        owner.reject_delegation_request,
        owner.associate_delegation_request,
    ):
        with refused("InvalidInput"):
            call(**named)


def test_requests_expire(gateway: Gateway, partner: Any, owner: Any, clock: Clock) -> None:
    unclaimed, claimed = ask(partner, "workflow-1"), ask(partner, "workflow-2")
    owner.associate_delegation_request(DelegationRequestId=claimed)
    clock.move(timedelta(days=2))
    # Root of the account asks: its signatures are not verified by default, and so may be two days old.
    root = gateway.client("iam", OWNER)
    assert (state(root, unclaimed), state(root, claimed)) == ("EXPIRED", "ASSIGNED")
    clock.move(timedelta(days=6))
    assert state(root, claimed) == "EXPIRED"
    assert [found["State"] for found in root.list_delegation_requests()["DelegationRequests"]] == ["EXPIRED"]


def test_only_the_owner_sends_where_that_is_asked(gateway: Gateway, partner: Any, owner: Any) -> None:
    named = {"DelegationRequestId": ask(partner, OnlySendByOwner=True)}
    owner.associate_delegation_request(**named)
    owner.accept_delegation_request(**named)
    with refused("AccessDenied"):
        gateway.client("iam", OWNER).send_delegation_token(**named)
    owner.send_delegation_token(**named)


def test_root_does_not_accept(gateway: Gateway, partner: Any, owner: Any) -> None:
    named = {"DelegationRequestId": ask(partner)}
    owner.associate_delegation_request(**named)
    with refused("AccessDenied"):
        gateway.client("iam", OWNER).accept_delegation_request(**named)


@pytest.mark.parametrize(
    ("statement", "result"),
    [
        (None, "DENIED"),
        ({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, "ALLOWED"),
        ({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}, "ALLOWED"),
        ({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}, "DENIED"),
        ({"Effect": "Deny", "Action": "*", "Resource": "*"}, "DENIED"),
        (
            {
                "Effect": "Allow",
                "Action": "s3:*",
                "Resource": "*",
                "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
            },
            "UNSURE",
        ),
    ],
)
def test_permissions_are_checked_as_far_as_can_be_told(
    gateway: Gateway, partner: Any, owner: Any, statement: dict[str, Any] | None, result: str
) -> None:
    named = {"DelegationRequestId": ask(partner), "DelegationPermissionCheck": True}
    root = gateway.client("iam", OWNER)
    if statement is not None:
        document = json.dumps({"Version": "2012-10-17", "Statement": statement})
        root.put_user_policy(UserName="ada", PolicyName="own", PolicyDocument=document)
    answer = owner.get_delegation_request(**named)
    assert (answer["PermissionCheckStatus"], answer["PermissionCheckResult"]) == ("COMPLETE", result)
    assert root.get_delegation_request(**named)["PermissionCheckResult"] == "ALLOWED"
    assert "PermissionCheckResult" not in root.get_delegation_request(DelegationRequestId=named["DelegationRequestId"])


def test_owned_requests_are_listed(gateway: Gateway, partner: Any, owner: Any) -> None:
    ids = [ask(partner, f"workflow-{number}") for number in range(5)]
    for request_id in ids[:3]:
        owner.associate_delegation_request(DelegationRequestId=request_id)
    gateway.client("iam", OWNER).associate_delegation_request(DelegationRequestId=ids[3])

    def listed(**arguments: Any) -> list[str]:
        found: list[str] = []
        marker: dict[str, str] = {}
        while True:
            page = owner.list_delegation_requests(MaxItems=2, **arguments, **marker)
            found += [request["DelegationRequestId"] for request in page["DelegationRequests"]]
            if not page["isTruncated"]:
                return found
            marker = {"Marker": page["Marker"]}

    assert listed() == sorted(ids[:4])
    assert listed(OwnerId=f"arn:aws:iam::{OWNER}:user/ada") == sorted(ids[:3])
    assert partner.list_delegation_requests()["DelegationRequests"] == []


def test_bad_requests_are_refused(partner: Any, owner: Any) -> None:
    request_id = ask(partner)
    with refused("EntityAlreadyExists", status=409):
        ask(partner)
    owner.associate_delegation_request(DelegationRequestId=request_id)
    with refused("EntityAlreadyExists"):
        ask(partner)
    for permissions in (
        {"Parameters": [{"Name": "bucketArns", "Values": ["arn:aws:s3:::a/*"], "Type": "stringList"}]},
        {"PolicyTemplateArn": TEMPLATE + "x"},
        {"PolicyTemplateArn": TEMPLATE},
        {"PolicyTemplateArn": TEMPLATE, "Parameters": [{"Name": "bucketArns", "Values": [], "Type": "string"}]},
    ):
        with refused("InvalidInput"):
            ask(partner, "workflow-2", Permissions=permissions)
    missing = {"DelegationRequestId": "0" * 36}
    for call in (
        owner.get_delegation_request,
        owner.associate_delegation_request,
        owner.accept_delegation_request,
        owner.reject_delegation_request,
        owner.update_delegation_request,
        owner.send_delegation_token,
    ):
        with refused("NoSuchEntity", status=404):
            call(**missing)
