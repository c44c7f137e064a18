"""The policy stream without a gateway: what readers miss, how resources become patterns, how policies are written."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudward_iam.stream.formats import as_terraform
from cloudward_iam.stream.hub import Listener
from cloudward_iam.stream.summary import generalised, is_principal
from cloudward_policy import (
    AttachedPolicy,
    PolicyKind,
    PolicySet,
    Principal,
    PrincipalKind,
    Request,
    compile,  # noqa: A004
    evaluate,
    parse,
)

ACCOUNT = "111111111111"


def test_a_slow_reader_misses_the_oldest_events_and_is_told() -> None:
    async def read() -> tuple[list[Any], int]:
        listener = Listener(size=3)
        for number in range(5):
            listener.put(number)  # type: ignore[arg-type]  # any object will do
        first = await listener.take(1)
        assert await listener.take(0.001) == ([], 0)
        return first

    assert asyncio.run(read()) == ([2, 3, 4], 2)


def test_events_from_other_threads_wake_a_reader() -> None:
    async def read() -> list[Any]:
        listener = Listener()
        taking = asyncio.ensure_future(listener.take(30))
        await asyncio.sleep(0)
        await asyncio.to_thread(listener.put, "event")  # type: ignore[arg-type]  # any object will do
        records, _ = await taking
        return list(records)

    assert asyncio.run(read()) == ["event"]


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        (["arn:aws:iam::1:user/a", "arn:aws:iam::1:user/b"], ["arn:aws:iam::1:user/*"]),
        (["arn:aws:iam::1:user/a", "arn:aws:iam::1:role/b"], ["arn:aws:iam::1:role/b", "arn:aws:iam::1:user/a"]),
        (["arn:aws:iam::1:user/a", "arn:aws:iam::2:user/a"], ["arn:aws:iam::1:user/a", "arn:aws:iam::2:user/a"]),
        (["arn:aws:s3:::b/x", "arn:aws:s3:::b/y/z"], ["arn:aws:s3:::b/*"]),
        (["arn:aws:s3:::b/x", "arn:aws:s3:::c/x"], ["arn:aws:s3:::b/x", "arn:aws:s3:::c/x"]),
        (["arn:aws:s3:::logs-1", "arn:aws:s3:::logs-2"], ["arn:aws:s3:::logs-*"]),
        (["arn:aws:sqs:eu-west-1:1:jobs-a", "arn:aws:sqs:eu-west-1:1:jobs-b"], ["arn:aws:sqs:eu-west-1:1:jobs-*"]),
        (["*"], ["*"]),
    ],
)
def test_generalised(resources: list[str], expected: list[str]) -> None:
    assert generalised(resources) == expected


@pytest.mark.parametrize(
    ("principal", "meant"),
    [
        ("arn:aws:iam::1:role/team/app", True),
        ("arn:aws:sts::1:assumed-role/app/me", True),
        ("arn:aws:sts::1:assumed-role/team/app", False),
        ("arn:aws:sts::2:assumed-role/app/me", False),
        ("arn:aws:iam::1:user/app", False),
        ("app", False),
    ],
)
def test_whom_an_arn_means(principal: str, meant: bool) -> None:
    assert is_principal("arn:aws:iam::1:role/team/app", principal) is meant


_NAMES = st.text("abcxyz-/:", min_size=1, max_size=8)
_ARNS = st.builds(
    "arn:aws:{}:{}:{}:{}".format,
    st.sampled_from(["iam", "s3", "sqs", "lambda"]),
    st.sampled_from(["", "eu-west-1"]),
    st.sampled_from(["", ACCOUNT]),
    _NAMES,
)


@given(st.lists(_ARNS, min_size=1, max_size=6))
def test_patterns_allow_what_they_stand_for(resources: list[str]) -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "a:b", "Resource": generalised(resources)}],
    }
    policy = AttachedPolicy(compile(parse(json.dumps(document)), PolicyKind.IDENTITY), "p")
    principal = Principal(PrincipalKind.USER, f"arn:aws:iam::{ACCOUNT}:user/bob", ACCOUNT)
    for resource in resources:
        assert evaluate(Request(principal, "a:b", resource), PolicySet(identity=(policy,))).allowed


def test_terraform_escapes_templates() -> None:
    statement = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": 'arn:aws:s3:::b/${*}"%{x}',
        "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
    }
    text = as_terraform({"identity": {"Version": "2012-10-17", "Statement": [statement]}, "resources": {}})
    assert r'resources = ["arn:aws:s3:::b/$${*}\"%%{x}"]' in text
    assert re.search(r'variable = "iam:PassedToService"\n\s+values   = \["ec2.amazonaws.com"\]', text)
    assert text.count("{") == text.count("}")


def test_terraform_has_the_principals_of_resource_policies() -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:user/a"}, "Action": "sts:AssumeRole"}
    summary = {
        "identity": {"Version": "2012-10-17", "Statement": []},
        "resources": {"arn:aws:iam::2:role/app": {"Version": "2012-10-17", "Statement": [statement]}},
    }
    text = as_terraform(summary)
    assert 'data "aws_iam_policy_document" "role_app" {' in text
    assert 'type        = "AWS"\n      identifiers = ["arn:aws:iam::1:user/a"]' in text
