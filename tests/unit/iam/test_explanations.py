"""Explanations and least policies hold: what they say would allow a request, does."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cloudward_iam.explain.explanation import explain_action, plain_action, statement_text
from cloudward_iam.explain.remedies import with_statement
from cloudward_iam.explain.terminal import action_lines, as_text
from cloudward_iam.simulation.evaluation import Simulation, results
from cloudward_iam.stream.least import least
from cloudward_policy import (
    AttachedPolicy,
    Outcome,
    PolicyKind,
    PolicySet,
    Principal,
    PrincipalKind,
    Request,
    compile,  # noqa: A004
    evaluate,
    parse,
)

ACCOUNT, OTHER = "111111111111", "222222222222"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
PRINCIPALS = (
    Principal(PrincipalKind.USER, f"arn:aws:iam::{ACCOUNT}:user/bob", ACCOUNT),
    Principal(PrincipalKind.ROLE_SESSION, f"arn:aws:sts::{ACCOUNT}:assumed-role/app/me", ACCOUNT, role_arn=ROLE),
    Principal(PrincipalKind.SERVICE, "ec2.amazonaws.com", ""),
)
RESOURCES = ("arn:aws:s3:::b/k", "arn:aws:s3:::b/*", "*")
ACTIONS = ("s3:GetObject", "s3:PutObject")

_ALLOWED_STATEMENTS = st.fixed_dictionaries(
    {
        "Effect": st.just("Allow"),
        "Action": st.sampled_from([*ACTIONS, "s3:*", "sqs:*"]),
        "Resource": st.sampled_from(["*", "arn:aws:s3:::b/*", "arn:aws:s3:::other/*"]),
    },
    optional={"Condition": st.just({"StringEquals": {"aws:PrincipalTag/team": "red"}})},
)


def attached(kind: PolicyKind, statements: list[dict[str, Any]], name: str = "p") -> AttachedPolicy:
    if kind in (PolicyKind.RESOURCE, PolicyKind.TRUST):
        statements = [{**statement, "Principal": "*"} for statement in statements]
    if kind is PolicyKind.TRUST:
        statements = [{key: value for key, value in one.items() if key != "Resource"} for one in statements]
    text = json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)
    return AttachedPolicy(compile(parse(text), kind), name, source="user/bob")


def policies_of(kind: PolicyKind) -> st.SearchStrategy[AttachedPolicy]:
    return st.builds(attached, st.just(kind), st.lists(_ALLOWED_STATEMENTS, min_size=1, max_size=3))


def few(kind: PolicyKind) -> st.SearchStrategy[tuple[AttachedPolicy, ...]]:
    return st.lists(policies_of(kind), max_size=2).map(tuple)


_SETS = st.builds(
    PolicySet,
    identity=few(PolicyKind.IDENTITY),
    boundary=st.none() | policies_of(PolicyKind.BOUNDARY),
    session=st.none() | few(PolicyKind.SESSION),
    scps=st.lists(few(PolicyKind.SCP), max_size=2).map(tuple),
    rcps=st.just(()),
    resource=few(PolicyKind.RESOURCE),
    resource_kind=st.just(PolicyKind.RESOURCE),
    vpc_endpoint=st.none(),
)
_REQUESTS = st.builds(
    Request,
    principal=st.sampled_from(PRINCIPALS),
    action=st.sampled_from(ACTIONS),
    resource=st.sampled_from(RESOURCES),
    context=st.sampled_from([{}, {"aws:principaltag/team": "red"}, {"aws:principaltag/team": "blue"}]),
    resource_account=st.sampled_from([None, ACCOUNT, OTHER]),
)


@given(_REQUESTS, _SETS)
def test_the_remedies_together_allow_the_request(request: Request, policies: PolicySet) -> None:
    explanation = explain_action(request, policies)
    assert explanation.decision.outcome is evaluate(request, policies).outcome
    if explanation.decision.allowed:
        assert explanation.remedies == ()
        assert explanation.because.startswith("Allowed")
        return
    for remedy in explanation.remedies:
        assert remedy.statement is not None
        policies = with_statement(policies, remedy.kind, remedy.statement)
    assert evaluate(request, policies).allowed


@given(_REQUESTS, _SETS)
def test_a_deny_is_to_be_lifted(request: Request, policies: PolicySet) -> None:
    deny = {"Sid": "No", "Effect": "Deny", "Action": "*", "Resource": "*"}
    guard = replace(attached(PolicyKind.SESSION, [deny]), name="guard")
    if not request.principal.account:
        return
    explanation = explain_action(request, replace(policies, session=(*(policies.session or ()), guard)))
    assert explanation.decision.outcome is Outcome.EXPLICIT_DENY
    (remedy,) = explanation.remedies
    assert remedy.statement is None
    assert 'statement "No" (line 4, column 5)' in remedy.sentence


@given(_REQUESTS, _SETS)
def test_everything_said_is_plain_and_printable(request: Request, policies: PolicySet) -> None:
    explanation = explain_action(request, policies)
    plain = json.loads(json.dumps(plain_action(explanation)))
    text = as_text(action_lines(plain))
    assert request.action in text
    assert explanation.because in text
    for ref in explanation.decision.determining:
        assert json.loads(statement_text(ref))["Effect"] == ref.effect


@given(_REQUESTS, few(PolicyKind.RESOURCE))
def test_the_least_policy_allows_the_action(request: Request, resource: tuple[AttachedPolicy, ...]) -> None:
    policies = PolicySet(resource=resource)
    found = least(request, policies)
    assert 1 <= len(found) <= 2
    with_them = policies
    for one in found:
        with_them = with_statement(with_them, one.kind, one.statement)
    assert evaluate(request, with_them).allowed
    # Neither of two is enough alone.
    if len(found) == 2:
        for one in found:
            assert not evaluate(request, with_statement(policies, one.kind, one.statement)).allowed


@given(few(PolicyKind.IDENTITY), st.none() | policies_of(PolicyKind.BOUNDARY))
def test_simulation_decides_as_the_engine_does(
    identity: tuple[AttachedPolicy, ...], boundary: AttachedPolicy | None
) -> None:
    resources = ("arn:aws:s3:::b/k", "arn:aws:s3:::other/k")
    policies = PolicySet(identity=identity, boundary=boundary)
    order = [outcome.value for outcome in (Outcome.ALLOWED, Outcome.IMPLICIT_DENY, Outcome.EXPLICIT_DENY)]
    for found in results(Simulation(PRINCIPALS[0], policies, resources), ACTIONS):
        each = [
            evaluate(Request(PRINCIPALS[0], found["EvalActionName"], resource), policies).outcome.value
            for resource in resources
        ]
        assert [one["EvalResourceDecision"] for one in found["ResourceSpecificResults"]] == each
        assert found["EvalDecision"] == max(each, key=order.index)
