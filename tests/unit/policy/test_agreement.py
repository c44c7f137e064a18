"""The fast and the explaining evaluator agree, whatever the policies say."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cloudward_policy import (
    AttachedPolicy,
    PolicyKind,
    PolicySet,
    Request,
    compile,  # noqa: A004
    context_keys,
    evaluate,
    explain,
    parse,
    suggest,
    validate,
)
from tests.unit.policy.build import ANONYMOUS, FEDERATED, OTHER_ACCOUNT, ROLE_ARN, ROOT, SERVICE, SESSION, USER

ACTIONS = ["s3:GetObject", "s3:PutObject", "iam:PassRole"]
RESOURCES = ["*", "arn:aws:s3:::a", "arn:aws:s3:::a/bob", "arn:aws:sqs:eu-west-1:1:q"]
CALLERS = [USER, SESSION, FEDERATED, ROOT, SERVICE, ANONYMOUS]

actions = st.sampled_from([*ACTIONS, "*", "s3:*", "S3:get*", "s3:?etObject", "none:Thing", "x"])
resources = st.sampled_from(
    [*RESOURCES, "arn:aws:s3", "arn:aws:s3:::a/${aws:username}", "arn:aws:sqs:eu-*-1:1:q", "bucket", "${aws:x", "arn:*"]
)
principals = st.sampled_from(
    [
        "*",
        {"AWS": "*"},
        {"AWS": USER.arn},
        {"AWS": [ROLE_ARN, SESSION.arn]},
        {"AWS": [USER.arn, USER.account]},
        {"AWS": FEDERATED.arn},
        {"Service": "sns.amazonaws.com"},
        {"AWS": USER.account},
        {"Nobody": "x"},
        "x",
    ]
)
operators = st.sampled_from(
    ["StringEquals", "StringNotLike", "ForAllValues:StringLike", "ForAnyValue:StringEquals", "Null", "Bool",
     "NumericLessThanIfExists", "ArnLike", "Nonsense", "IpAddress", "DateGreaterThan"]
)  # fmt: skip
values = st.sampled_from(
    ["bob", "${aws:username}", "b*", "true", "5", "${x, 'bob'}", "arn:aws:iam::1:*", True, 5, None]
)
conditions = st.dictionaries(
    operators,
    st.dictionaries(
        st.sampled_from(["aws:username", "AWS:UserName", "aws:Tags"]), values | st.lists(values, max_size=2)
    ),
    max_size=2,
)


def some_of(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return values | st.lists(values, max_size=3)


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Allow", "Deny", "deny"]))}
    statement[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(some_of(actions))
    statement[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(some_of(resources))
    if draw(st.integers(0, 2)) == 0:
        statement["Condition"] = draw(conditions)
    if draw(st.integers(0, 9)) == 0:
        statement.pop(draw(st.sampled_from(sorted(statement))))
    return statement


@st.composite
def attached(draw: st.DrawFn, kind: PolicyKind, with_principal: bool) -> AttachedPolicy:
    document: dict[str, Any] = {"Version": draw(st.sampled_from(["2012-10-17"] * 5 + ["2008-10-17", "nonsense"]))}
    document["Statement"] = draw(st.lists(statements(), max_size=3))
    for statement in document["Statement"]:
        if with_principal is not (draw(st.integers(0, 19)) == 0):
            statement[draw(st.sampled_from(["Principal"] * 5 + ["NotPrincipal"]))] = draw(principals)
    return AttachedPolicy(compile(parse(json.dumps(document, indent=1)), kind), "p")


def many(kind: PolicyKind, *, with_principal: bool = False) -> st.SearchStrategy[tuple[AttachedPolicy, ...]]:
    return st.lists(attached(kind, with_principal), max_size=2).map(tuple)


@st.composite
def policy_sets(draw: st.DrawFn) -> PolicySet:
    kind = draw(st.sampled_from([PolicyKind.RESOURCE, PolicyKind.RESOURCE, PolicyKind.TRUST, PolicyKind.KEY]))
    levels = st.lists(many(PolicyKind.SCP), max_size=2).map(tuple)
    return PolicySet(
        identity=draw(many(PolicyKind.IDENTITY)),
        boundary=draw(st.none() | attached(PolicyKind.BOUNDARY, False)),
        session=draw(st.none() | many(PolicyKind.SESSION)),
        scps=draw(st.just(()) | levels),
        rcps=draw(st.just(()) | st.lists(many(PolicyKind.RCP, with_principal=True), max_size=2).map(tuple)),
        resource=draw(many(kind, with_principal=True)),
        resource_kind=kind,
        vpc_endpoint=draw(st.none() | many(PolicyKind.VPC_ENDPOINT, with_principal=True)),
    )


requests = st.builds(
    Request,
    st.sampled_from(CALLERS),
    st.sampled_from(ACTIONS),
    st.sampled_from([*RESOURCES, "", "no arn"]),
    st.dictionaries(
        st.sampled_from(["aws:username", "aws:tags", "x"]),
        st.sampled_from(["bob", "true", "", (), ("bob", "eve"), "5", "10.0.0.1", "arn:aws:iam::1:user/bob"]),
    ),
    st.sampled_from([None, USER.account, OTHER_ACCOUNT]),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(requests, min_size=1, max_size=4), policy_sets())
def test_both_evaluators_agree(asked: list[Request], policies: PolicySet):
    for request in [*asked, *asked]:
        fast, explained = evaluate(request, policies), explain(request, policies)
        assert replace(explained, mismatches=(), conditions=()) == fast
        assert (suggest(request, fast) is None) is fast.allowed


@given(policy_sets(), requests)
def test_every_statement_is_accounted_for(policies: PolicySet, asked: Request):
    decision = explain(asked, policies)
    told = {id(mismatch.statement) for mismatch in decision.mismatches}
    assert len(told) == len(decision.mismatches)
    assert not told & {id(ref) for ref in decision.determining}


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | actions | resources,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Statement", "Effect", "Action", "Resource", "Principal", "Condition", "Sid", "Bool", "AWS"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(anything, st.sampled_from(list(PolicyKind)), requests)
def test_no_document_makes_anything_raise(value: object, kind: PolicyKind, asked: Request):
    document = parse(json.dumps(value))
    validate(document, kind)
    context_keys(document)
    one = (AttachedPolicy(compile(document, kind), "p"),)
    policies = PolicySet(identity=one, boundary=one[0], session=one, scps=(one,), rcps=(one,), resource=one)
    fast, explained = evaluate(asked, policies), explain(asked, policies)
    assert replace(explained, mismatches=(), conditions=()) == fast
    if one[0].policy.problems:
        assert fast.errors
