"""The case files themselves: their form, and that nothing the documentation lists is left out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cloudward_policy import Outcome, PolicyKind, PrincipalKind
from tests.unit.policy_cases.casefiles import CASE_FILES, CASE_FOLDER, Case, load_cases

SET_OPERATORS = ("ForAllValues:", "ForAnyValue:")
STRING_FORMS = ["Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike"]
ORDER = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]
ARN = ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"]
# IAM User Guide, "IAM JSON policy elements: Condition operators"
OPERATORS = [
    *(f"String{form}" for form in STRING_FORMS),
    *(f"Numeric{form}" for form in ORDER),
    *(f"Date{form}" for form in ORDER),
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    *ARN,
]
ELEMENTS = [
    "Version", "Statement", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource",
    "NotResource", "Condition", "AWS", "Service", "Federated", "CanonicalUser",
]  # fmt: skip

# The tables, figures and numbered examples of the documentation, with how many rows each has.
NUMBERED_TABLES = {
    # "IAM JSON policy elements: Condition operators"
    "string-equals": 3, "string-like-variable": 3, "tag-keys": 7, "bool": 3, "binary": 3, "ip-address": 2,
    "arn-equals": 3, "for-all-values-arn-like": 5, "if-exists": 3,
    # "Conditions with multiple context keys or values"
    "multiple-keys": 5, "negated-keys": 5,
    # "Single-valued vs. multivalued context keys", "Multivalued context key examples", "Single-valued … examples"
    "for-all-values": 5, "for-any-value": 6, "deny-for-all-values": 4, "deny-for-all-values-two": 5,
    "deny-for-any-value": 4, "ecs": 4,
    # "IAM JSON policy elements: Resource"
    "resource-objects": 11,
    # "The difference between explicit and implicit denies", and the two worked examples of policy evaluation
    "explicit-implicit": 5, "single-account-example": 4, "cross-account-example": 3,
}  # fmt: skip
EFFECTS = ("allow", "none", "deny")
NAMED_ROWS = [
    # "How AWS enforcement code logic evaluates requests": resource-based policies and implicit denies
    *(
        f"resource-principal/{row}"
        for row in (
            "role-session-by-role-arn", "role-session-by-session-arn", "user-by-user-arn", "federated-by-user-arn",
            "federated-by-session-arn", "root", "service",
        )
    ),
    # each pair of two kinds that meet, in one account and across two
    *(f"{pair}/{one}-{other}" for pair in ("same-account", "cross-account", "boundary", "session")
      for one in EFFECTS for other in EFFECTS),
    # "SCP evaluation" and "RCP evaluation"
    *(f"scp/figure-{number}" for number in (1, 2, 3)),
    *(f"scp/scenario-{number}" for number in range(1, 8)),
    *(f"rcp/deny-{level}" for level in ("root", "unit", "account")),
    # "Troubleshoot access denied error messages"
    *(f"access-denied/{kind}-explicit" for kind in
      ("identity", "boundary", "session", "scps", "rcps", "resource", "vpc_endpoint", "vpc", "trust")),
    *(f"access-denied/{kind}-implicit" for kind in
      ("identity", "boundary", "session", "scps", "resource", "vpc_endpoint", "vpc", "trust")),
]  # fmt: skip
ROWS = [f"{table}/{row}" for table, count in NUMBERED_TABLES.items() for row in range(1, count + 1)] + NAMED_ROWS


def cases() -> list[Case]:
    return [case for _, case in load_cases()]


def keys_of(value: Any) -> Iterator[str]:
    """Every member name anywhere in a JSON value."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield key
            yield from keys_of(member)
    elif isinstance(value, list):
        for member in value:
            yield from keys_of(member)


@pytest.fixture(scope="module")
def used_names() -> Counter[str]:
    return Counter(name for case in cases() for name in keys_of(case["policies"]))


@pytest.mark.parametrize("path", CASE_FILES, ids=lambda path: path.stem)
def test_files_follow_the_schema(path: Path) -> None:
    schema = json.loads((CASE_FOLDER / "schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(json.loads(path.read_text("utf-8")))


def test_there_are_at_least_600_cases() -> None:
    assert len(cases()) >= 600


@pytest.mark.parametrize("member", ["id", "title"])
def test_ids_and_titles_are_unique(member: str) -> None:
    twice = [text for text, count in Counter(case[member] for case in cases()).items() if count > 1]
    assert not twice


def test_no_two_cases_ask_the_same_question() -> None:
    questions = Counter(json.dumps([case["policies"], case["request"]], sort_keys=True) for case in cases())
    assert max(questions.values()) == 1


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_has_cases_in_every_form(operator: str, used_names: Counter[str]) -> None:
    forms = [operator, f"{operator}IfExists", *(f"{quantifier}{operator}" for quantifier in SET_OPERATORS)]
    assert not [form for form in forms if used_names[form] < 2]


def test_null_has_cases(used_names: Counter[str]) -> None:
    assert used_names["Null"] >= 6


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_has_cases_that_match_and_that_do_not(operator: str) -> None:
    outcomes = {
        str(case["expect"]["outcome"])
        for case in cases()
        if operator in set(keys_of(case["policies"])) and case["request"].get("context")
    }
    assert {"allowed", "implicitDeny"} <= outcomes


@pytest.mark.parametrize("element", ELEMENTS)
def test_every_element_has_cases(element: str, used_names: Counter[str]) -> None:
    assert used_names[element] > 0


@pytest.mark.parametrize("kind", list(PolicyKind), ids=lambda kind: kind.name)
def test_every_policy_kind_denies_in_some_case(kind: PolicyKind) -> None:
    named = [case["expect"].get("kind", ()) for case in cases() if case["expect"]["outcome"] != "allowed"]
    assert any(kind.value == one or kind.value in one for one in named)


@pytest.mark.parametrize(
    "member", ["identity", "boundary", "session", "scps", "rcps", "resource", "resource_kind", "vpc_endpoint"]
)
def test_every_policy_kind_is_alone_and_combined(member: str) -> None:
    with_member = [case["policies"] for case in cases() if member in case["policies"]]
    assert any(len(policies) > 2 for policies in with_member)
    assert any(set(policies) <= {member, "resource", "resource_kind"} for policies in with_member)


@pytest.mark.parametrize("kind", list(PrincipalKind), ids=lambda kind: kind.name)
def test_every_sort_of_principal_is_allowed_and_denied(kind: PrincipalKind) -> None:
    outcomes = {
        str(case["expect"]["outcome"]) for case in cases() if case["request"]["principal"]["kind"] == kind.value
    }
    assert "allowed" in outcomes
    assert outcomes & {"explicitDeny", "implicitDeny"}


@pytest.mark.parametrize("outcome", list(Outcome), ids=lambda outcome: outcome.name)
def test_every_outcome_has_many_cases(outcome: Outcome) -> None:
    assert sum(case["expect"]["outcome"] == outcome.value for case in cases()) > 50


def test_every_row_of_the_documented_tables_has_a_case() -> None:
    covered = {row for case in cases() for row in case.get("rows", ())}
    assert not sorted(set(ROWS) - covered)
    assert not sorted(covered - set(ROWS))
