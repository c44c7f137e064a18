"""What STS tells an authorizer about its calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cloudward.api import AuthorizationFacts, AuthorizationRequest, Verdict, hookimpl
from cloudward.app import App
from cloudward.config import Config
from cloudward.testing import Gateway, running_gateway

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}


class Listener:
    """An authorizer that allows everything and keeps what it was asked."""

    def __init__(self) -> None:
        self.facts: dict[str, AuthorizationFacts] = {}
        self.proved: dict[str, bool] = {}

    @hookimpl(tryfirst=True)
    def cloudward_authorize(self, app: App, request: AuthorizationRequest) -> Verdict:
        name = request.operation.name
        self.facts[name] = app.plugins.hook.cloudward_authorization_facts(app=app, request=request)
        self.proved[name] = request.caller.mfa_authenticated_at is not None
        return Verdict(allowed=True)


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener()


@pytest.fixture(scope="module")
def gateway(listener: Listener) -> Iterator[Gateway]:
    with running_gateway(Config(enforce="on"), plugins={"listener": listener}) as running:
        yield running


@pytest.fixture
def role(gateway: Gateway) -> Iterator[str]:
    iam = gateway.client("iam")
    made = iam.create_role(
        RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST), Tags=[{"Key": "Team", "Value": "a"}]
    )
    yield made["Role"]["Arn"]
    iam.delete_role(RoleName="r")


def actions(facts: AuthorizationFacts) -> dict[str, tuple[str, ...]]:
    return {action.action: action.resources for action in facts.actions}


def test_assume_role(gateway: Gateway, listener: Listener, role: str) -> None:
    gateway.client("sts").assume_role(
        RoleArn=role,
        RoleSessionName="ci",
        ExternalId="secret-id",
        SourceIdentity="alice",
        DurationSeconds=900,
        Tags=[{"Key": "Job", "Value": "1"}],
        TransitiveTagKeys=["Job"],
    )
    facts = listener.facts["AssumeRole"]
    assert actions(facts) == dict.fromkeys(("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"), (role,))
    assert json.loads(facts.resource_policies[role]) == TRUST
    assert facts.resource_account == "000000000000"
    assert dict(facts.context) == {
        "sts:externalid": "secret-id",
        "sts:rolesessionname": "ci",
        "sts:sourceidentity": "alice",
        "sts:durationseconds": "900",
        "aws:requesttag/job": "1",
        "aws:tagkeys": ("Job",),
        "sts:transitivetagkeys": ("Job",),
        "aws:resourcetag/team": "a",
        "iam:resourcetag/team": "a",
    }


def test_a_chain_that_passes_tags_and_identity_on_needs_their_actions(
    gateway: Gateway, listener: Listener, role: str
) -> None:
    first: Any = gateway.client("sts").assume_role(
        RoleArn=role,
        RoleSessionName="ci",
        SourceIdentity="alice",
        Tags=[{"Key": "Job", "Value": "1"}],
        TransitiveTagKeys=["Job"],
    )["Credentials"]
    gateway.as_credentials(first, "sts").assume_role(RoleArn=role, RoleSessionName="next")
    assert set(actions(listener.facts["AssumeRole"])) == {"sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"}


def test_calls_that_no_policy_denies(gateway: Gateway, listener: Listener) -> None:
    gateway.client("sts").get_caller_identity()
    gateway.client("sts").get_session_token()
    assert listener.facts["GetCallerIdentity"].actions == ()
    assert listener.facts["GetSessionToken"].actions == ()


def test_federation_and_root(gateway: Gateway, listener: Listener) -> None:
    sts = gateway.client("sts")
    sts.get_federation_token(Name="bob")
    expected = {"sts:GetFederationToken": ("arn:aws:sts::000000000000:federated-user/bob",)}
    assert actions(listener.facts["GetFederationToken"]) == expected
    policy = "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"
    sts.assume_root(TargetPrincipal="111122223333", TaskPolicyArn={"arn": policy})
    facts = listener.facts["AssumeRoot"]
    assert actions(facts) == {"sts:AssumeRoot": ("arn:aws:iam::111122223333:root",)}
    assert dict(facts.context) == {"sts:taskpolicyarn": policy}
