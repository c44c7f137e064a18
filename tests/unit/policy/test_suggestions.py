from __future__ import annotations

import json
from dataclasses import replace

import pytest

from cloudward_policy import (
    PolicyKind,
    PolicySet,
    Request,
    context_keys,
    escape_resource,
    evaluate,
    parse,
    suggest,
)
from tests.unit.policy.build import (
    ANONYMOUS,
    BUCKET,
    OTHER_ACCOUNT,
    SERVICE,
    SESSION,
    USER,
    allow,
    deny,
    level,
    policy,
    request,
    text,
)

NO = {"Effect": "Allow", "Action": "none:Thing", "Resource": "*"}
FIELDS = {
    PolicyKind.IDENTITY: "identity",
    PolicyKind.SESSION: "session",
    PolicyKind.RESOURCE: "resource",
    PolicyKind.TRUST: "resource",
    PolicyKind.KEY: "resource",
    PolicyKind.VPC_ENDPOINT: "vpc_endpoint",
}


@pytest.mark.parametrize(
    ("asked", "policies"),
    [
        (request(), PolicySet()),
        (request(resource="*"), PolicySet()),
        (request(resource="arn:aws:s3:::a/*?${x}$"), PolicySet()),
        (request(SESSION), PolicySet(boundary=policy(NO), session=(policy(NO),), scps=(level(NO),))),
        (request(SESSION, resource_account=OTHER_ACCOUNT), PolicySet()),
        (request(SERVICE), PolicySet()),
        (request(ANONYMOUS), PolicySet(vpc_endpoint=())),
        (request(USER, "sts:AssumeRole", "arn:aws:iam::1:role/x"), PolicySet(resource_kind=PolicyKind.TRUST)),
        (request(SESSION, "kms:Decrypt", "arn:aws:kms:r:1:key/x"), PolicySet(resource_kind=PolicyKind.KEY)),
    ],
)
def test_what_is_suggested_suffices(asked: Request, policies: PolicySet):
    # Each suggestion lifts one obstacle; there are never more of them than kinds of policy.
    for _ in PolicyKind:
        decision = evaluate(asked, policies)
        if decision.allowed:
            break
        statement = json.loads(suggest(asked, decision))
        added = policy(statement, kind=decision.kind)
        if decision.kind is PolicyKind.SCP:
            policies = replace(policies, scps=tuple((*one, added) for one in policies.scps))
        elif decision.kind is PolicyKind.BOUNDARY:
            policies = replace(policies, boundary=added)
        else:
            name = FIELDS[decision.kind]
            policies = replace(policies, **{name: (*getattr(policies, name), added)})
    assert evaluate(asked, policies).allowed
    other = replace(asked, action="s3:DeleteObject", resource="arn:aws:s3:::a/other")
    assert not evaluate(other, policies).allowed


def test_an_explicit_deny_is_told_by_name_and_place():
    denying = policy(allow(), deny(Sid="Never"), name="guardrail")
    asked = request()
    told = suggest(asked, evaluate(asked, PolicySet(identity=(denying,))))
    assert told == (
        "Lift the explicit deny in statement 'Never' of the identity-based policy guardrail, line 9, column 5."
    )
    assert suggest(asked, evaluate(asked, PolicySet(identity=(policy(allow()),)))) is None


def test_resources_are_escaped():
    assert escape_resource("*") == "*"
    assert escape_resource(BUCKET) == BUCKET
    assert escape_resource("arn:aws:s3:::a/*?${b") == "arn:aws:s3:::a/${*}${?}${$}{b"


def test_context_keys():
    document = parse(
        text(
            allow(Resource=["arn:aws:s3:::${aws:username}", "arn:aws:s3:::${aws:PrincipalTag/team, 'x'}${*}"]),
            allow(
                Condition={
                    "StringEquals": {"AWS:UserName": "x", "s3:prefix": ["${aws:userid}"]},
                    "NumericLessThan": {"s3:max-keys": "${aws:not-a-variable}"},
                }
            ),
        )
    )
    assert context_keys(document) == [
        "aws:username",
        "aws:PrincipalTag/team",
        "s3:prefix",
        "s3:max-keys",
        "aws:userid",
    ]
    old = parse(text(allow(Resource="arn:aws:s3:::${aws:username}"), version="2008-10-17"))
    assert context_keys(old) == []
