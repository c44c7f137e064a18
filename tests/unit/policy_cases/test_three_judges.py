"""The reference, the fast and the explaining evaluator must agree on made-up policies and requests.

The alphabets are small, so that patterns, values and principals collide all the time.  What AWS's documentation leaves
open is not made up: plain operators on multivalued keys, values that an operator cannot read, wildcards in an ARN's
first five fields that could cross a colon, a lone account in NotPrincipal, and malformed policies.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cloudward_policy import Decision, Principal, PrincipalKind, Request, evaluate, explain
from tests.unit.policy_cases.casefiles import engine_policies
from tests.unit.policy_cases.reference_evaluator import Policies, decide

HERE, THERE = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{HERE}:role/app"

CALLERS = [
    Principal(PrincipalKind.USER, f"arn:aws:iam::{HERE}:user/ann", HERE),
    Principal(PrincipalKind.USER, f"arn:aws:iam::{HERE}:user/bob", HERE),
    Principal(PrincipalKind.ROLE_SESSION, f"arn:aws:sts::{HERE}:assumed-role/app/s1", HERE, role_arn=ROLE),
    Principal(PrincipalKind.ROLE_SESSION, f"arn:aws:sts::{HERE}:assumed-role/app/s2", HERE, role_arn=ROLE),
    Principal(
        PrincipalKind.ROLE_SESSION,
        f"arn:aws:sts::{HERE}:assumed-role/linked/s1",
        HERE,
        role_arn=f"arn:aws:iam::{HERE}:role/linked",
        service_linked=True,
    ),
    Principal(
        PrincipalKind.FEDERATED_USER,
        f"arn:aws:sts::{HERE}:federated-user/ann",
        HERE,
        user_arn=f"arn:aws:iam::{HERE}:user/ann",
    ),
    Principal(PrincipalKind.ROOT, f"arn:aws:iam::{HERE}:root", HERE),
    Principal(PrincipalKind.SERVICE, "sns.amazonaws.com", ""),
    Principal(PrincipalKind.WEB_IDENTITY, "accounts.google.com", ""),
    Principal(PrincipalKind.ANONYMOUS, "*", ""),
]
ACTIONS = ["s3:Get", "s3:GetX", "s3:Put", "sqs:Get"]
ACTION_PATTERNS = ["*", "s3:*", "S3:get", "s3:Get*", "s3:?et", "s3:*t", "sqs:*", "s3:Put", "s3:*X*"]
RESOURCES = [
    "arn:aws:s3:::b",
    "arn:aws:s3:::b/ann",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::b/red/ann",
    f"arn:aws:sqs:eu:{HERE}:q",
    "*",
]
RESOURCE_PATTERNS = [
    "*", "arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::b/?nn", "arn:aws:s3:::*ann",
    "arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/${aws:PrincipalTag/team, 'red'}/*", "arn:aws:s3:::b/${*}",
    "arn:aws:s3:::B", f"arn:aws:sqs:*:{HERE}:q", "arn:aws:sqs:eu:*:?", "arn:aws:sqs", "arn:aws-cn:s3:::b",
]  # fmt: skip
GRANTEES = [
    {"AWS": "*"}, {"AWS": HERE}, {"AWS": f"arn:aws:iam::{HERE}:root"}, {"AWS": THERE}, {"AWS": ROLE},
    {"AWS": f"arn:aws:iam::{HERE}:user/ann"}, {"AWS": [f"arn:aws:iam::{HERE}:user/bob", ROLE]},
    {"AWS": f"arn:aws:sts::{HERE}:assumed-role/app/s1"}, {"AWS": f"arn:aws:sts::{HERE}:federated-user/ann"},
    {"Service": "sns.amazonaws.com"}, {"Service": ["sqs.amazonaws.com"], "AWS": THERE},
    {"Federated": "accounts.google.com"}, {"Federated": "www.amazon.com"}, "*",
]  # fmt: skip
SPARED = [
    [f"arn:aws:iam::{HERE}:user/bob", f"arn:aws:iam::{HERE}:root"],
    [f"arn:aws:sts::{HERE}:assumed-role/app/s1", ROLE, f"arn:aws:iam::{HERE}:root"],
]
# key -> (operators by family, values in policies, values in requests)
STRINGS = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
]
ORDER = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]
DATES = ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "1767225600", "2026-01-02", "2025-12-31T23:59:59Z"]
ARNS = ["arn:aws:sns:eu:1:t", "arn:aws:sns:eu:1:t:x", "arn:aws:sns:us:1:T"]
SINGLE_KEYS: dict[str, tuple[list[str], list[Any], list[str]]] = {
    "aws:PrincipalTag/team": (
        STRINGS,
        ["red", "RED", "r*", "r?d", "", "*", "${aws:username}", "${aws:username, 'red'}", "${*}", "${$}"],
        ["red", "RED", "rd", "", "ann", "*", "$"],
    ),
    "aws:username": (STRINGS, ["ann", "Ann", "a*", "bob"], ["ann", "bob"]),
    "s3:max-keys": ([f"Numeric{form}" for form in ORDER], ["1", "1.0", "10", 2, "-3"], ["1", "2", "10", "01", "-3.0"]),
    "aws:CurrentTime": ([f"Date{form}" for form in ORDER], [*DATES, 1767225600], DATES),
    "aws:SecureTransport": (["Bool"], ["true", "false", True], ["true", "false"]),
    "aws:SourceIp": (
        ["IpAddress", "NotIpAddress"],
        ["10.0.0.0/8", "10.1.2.3", "10.1.2.3/32", "2001:db8::/32", "0.0.0.0/0"],
        ["10.1.2.3", "10.1.2.4", "11.0.0.1", "2001:DB8:0::1"],
    ),
    "aws:SourceArn": (
        ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
        [*ARNS, "arn:aws:sns:*:1:t", "arn:aws:sns:eu:*:*", "arn:*:sns:*:*:t*", "arn:aws:sns:??:1:?"],
        ARNS,
    ),
    "example:Digest": (["BinaryEquals"], ["QUJD", "QUJE"], ["QUJD", "qujd"]),
}  # fmt: skip
MULTIVALUED_KEYS = {
    "aws:TagKeys": (STRINGS, ["red", "r*", "blue", "${aws:username}"], ["red", "rd", "blue", "ann", "RED"]),
    "example:Sizes": ([f"Numeric{form}" for form in ORDER], ["1", "2"], ["1", "2", "3"]),
    "example:Flags": (["Bool"], ["true", "false"], ["true", "false"]),
}


def one_or_list(values: list[Any], most: int = 3) -> SearchStrategy[Any]:
    return st.sampled_from(values) | st.lists(st.sampled_from(values), min_size=1, max_size=most)


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    block: dict[str, dict[str, Any]] = {}
    for _ in range(draw(st.integers(1, 2))):
        multivalued = draw(st.booleans())
        keys = MULTIVALUED_KEYS if multivalued else SINGLE_KEYS
        key = draw(st.sampled_from(sorted(keys)))
        operators, values, _ = keys[key]
        if draw(st.integers(0, 9)) == 0:
            block.setdefault("Null", {})[key] = draw(st.sampled_from(["true", "false", True]))
            continue
        operator = draw(st.sampled_from(operators)) + draw(st.sampled_from(["", "", "IfExists"]))
        if multivalued:
            operator = draw(st.sampled_from(["ForAllValues:", "ForAnyValue:"])) + operator
        written = draw(st.sampled_from([key, key.upper()]))
        block.setdefault(operator, {})[written] = draw(one_or_list(values))
    return block


@st.composite
def statements(draw: st.DrawFn, kind: str, effects: tuple[str, ...]) -> dict[str, Any]:
    statement: dict[str, Any] = {"Sid": draw(st.sampled_from("ABC")), "Effect": draw(st.sampled_from(effects))}
    if kind in ("granting", "rcp"):
        if kind == "granting" and statement["Effect"] == "Deny" and draw(st.integers(0, 3)) == 0:
            statement["NotPrincipal"] = {"AWS": draw(st.sampled_from(SPARED))}
        else:
            statement["Principal"] = draw(st.sampled_from(GRANTEES))
    action = draw(st.sampled_from(["Action", "Action", "Action", "NotAction"]))
    statement[action] = draw(one_or_list(ACTION_PATTERNS))
    resource = draw(st.sampled_from(["Resource", "Resource", "Resource", "NotResource"]))
    # incomplete ARNs are completed in identity-based policies only
    patterns = [pattern for pattern in RESOURCE_PATTERNS if kind == "identity" or pattern != "arn:aws:sqs"]
    statement[resource] = draw(one_or_list(patterns))
    if draw(st.booleans()):
        statement["Condition"] = draw(conditions())
    return statement


@st.composite
def documents(
    draw: st.DrawFn, kind: str = "identity", effects: tuple[str, ...] = ("Allow", "Allow", "Allow", "Deny")
) -> dict[str, Any]:
    found = draw(st.lists(statements(kind, effects), min_size=1, max_size=3))
    document: dict[str, Any] = {"Statement": found[0] if len(found) == 1 and draw(st.booleans()) else found}
    version = draw(st.sampled_from(["2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17", None]))
    if version:
        document["Version"] = version
    return document


FULL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
FULL_FOR_ALL = {"Version": "2012-10-17", "Statement": {**FULL["Statement"], "Principal": "*"}}  # type: ignore[dict-item]


def without_resource(document: dict[str, Any]) -> dict[str, Any]:
    """The document as a role trust policy, which has no Resource element."""

    def strip(statement: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in statement.items() if name not in ("Resource", "NotResource")}

    found = document["Statement"]
    return {**document, "Statement": [strip(one) for one in found] if isinstance(found, list) else strip(found)}


def some(strategy: SearchStrategy[Any], full: dict[str, Any], most: int = 2) -> SearchStrategy[list[Any]]:
    """A few documents, often the one that allows everything, so that denials by other kinds show."""
    return st.lists(st.just(full) | strategy, min_size=1, max_size=most)


@st.composite
def policies(draw: st.DrawFn) -> Policies:
    limiting, granting, rcp = documents("limiting"), documents("granting"), documents("rcp")
    resource = draw(st.just([]) | some(granting, FULL_FOR_ALL))
    resource_kind = draw(st.sampled_from(["RESOURCE", "RESOURCE", "KEY", "TRUST"]))
    if resource_kind == "TRUST":
        resource = [without_resource(document) for document in resource]
    return Policies(
        identity=draw(st.just([]) | some(documents(), FULL)),
        boundary=draw(st.none() | st.just(FULL) | limiting),
        session=draw(st.none() | some(limiting, FULL)),
        scps=draw(st.just([]) | st.lists(some(limiting, FULL) | st.just([]), min_size=1, max_size=3)),
        rcps=draw(st.just([]) | st.lists(some(rcp, FULL_FOR_ALL), min_size=1, max_size=2)),
        resource=resource,
        resource_kind=resource_kind,
        vpc_endpoint=draw(st.none() | st.none() | some(granting, FULL_FOR_ALL)),
    )


@st.composite
def requests(draw: st.DrawFn) -> Request:
    context: dict[str, Any] = {}
    for key, (_, _, values) in SINGLE_KEYS.items():
        if draw(st.booleans()):
            context[key.lower()] = draw(st.sampled_from(values))
    for key, (_, _, values) in MULTIVALUED_KEYS.items():
        if draw(st.booleans()):
            context[key.lower()] = tuple(draw(st.lists(st.sampled_from(values), max_size=3)))
    caller = draw(st.sampled_from(CALLERS))
    owners = [HERE, THERE, None] if caller.account else [HERE, THERE]
    return Request(
        principal=caller,
        action=draw(st.sampled_from(ACTIONS)),
        resource=draw(st.sampled_from(RESOURCES)),
        context=context,
        resource_account=draw(st.sampled_from(owners)),
        management_account=draw(st.booleans()) and draw(st.booleans()),
        resource_management_account=draw(st.booleans()) and draw(st.booleans()),
    )


def as_attached(request: Request, drawn: Policies) -> Policies:
    """The policies without those that cannot be attached to the caller: only sessions have session policies."""
    kind = request.principal.kind
    session = drawn.session if kind in (PrincipalKind.ROLE_SESSION, PrincipalKind.FEDERATED_USER) else None
    return replace(drawn, session=session, boundary=None if kind is PrincipalKind.ROOT else drawn.boundary)


def essence(decision: Decision) -> tuple[Any, ...]:
    determining = {(one.kind, one.policy.name, one.policy.source, one.index) for one in decision.determining}
    return decision.outcome, decision.kind, determining, decision.boundary_allows, decision.scp_allows


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example])
@given(request=requests(), drawn=policies())
def test_three_judges_agree(request: Request, drawn: Policies) -> None:
    attached = as_attached(request, drawn)
    verdict = decide(request, attached)
    compiled = engine_policies(attached)
    fast, explained = evaluate(request, compiled), explain(request, compiled)
    assert fast.outcome.value == verdict.outcome
    if verdict.outcome != "allowed":
        assert fast.kind is not None
        assert fast.kind.value in verdict.kinds
    assert essence(fast) == essence(explained)


@settings(max_examples=300, deadline=None)
@given(request=requests(), document=documents(effects=("Allow",)))
def test_three_judges_agree_on_single_policies(request: Request, document: dict[str, Any]) -> None:
    caller = CALLERS[0]
    plain = Request(principal=caller, action=request.action, resource=request.resource, context=request.context)
    verdict = decide(plain, Policies(identity=[document]))
    compiled = engine_policies(Policies(identity=[document]))
    assert evaluate(plain, compiled).outcome.value == verdict.outcome
    assert explain(plain, compiled).outcome.value == verdict.outcome
