"""Every case of `tests/policy_cases` through the fast evaluator, the explaining one and the reference."""

from __future__ import annotations

from typing import Any

import pytest

from cloudward_policy import Decision, evaluate, explain
from tests.unit.policy_cases.casefiles import Case, engine_policies, load_cases, reference_policies, request_of
from tests.unit.policy_cases.reference_evaluator import decide

CASES = [pytest.param(case, id=f"{file}:{case['id']}") for file, case in load_cases()]


def one_or_many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def check(case: Case, decision: Decision, evaluator: str) -> None:
    expected = case["expect"]
    what = f"{evaluator}: {case['title']} ({case['doc']})"
    assert decision.outcome.value in one_or_many(expected["outcome"]), what
    if "kind" in expected:
        assert decision.kind is not None, what
        assert decision.kind.value in one_or_many(expected["kind"]), what
    if "sid" in expected:
        assert expected["sid"] in {statement.sid for statement in decision.determining}, what
    if expected.get("errors"):
        assert decision.errors, what
    for key in expected.get("missing", ()):
        assert key in {name.lower() for name in decision.missing_context}, what


@pytest.mark.parametrize("case", CASES)
def test_engine_decides_as_documented(case: Case) -> None:
    request, policies = request_of(case), engine_policies(case["policies"])
    check(case, evaluate(request, policies), "evaluate")
    check(case, explain(request, policies), "explain")


@pytest.mark.parametrize("case", CASES)
def test_reference_decides_as_documented(case: Case) -> None:
    verdict = decide(request_of(case), reference_policies(case))
    expected = case["expect"]
    assert verdict.outcome in one_or_many(expected["outcome"]), case["title"]
    if "kind" in expected and verdict.outcome != "allowed":
        assert verdict.kinds & set(one_or_many(expected["kind"])), case["title"]
