from __future__ import annotations

from typing import Any

import pytest

from cloudward_policy import ContextValue, PolicySet, evaluate, explain
from cloudward_policy.operators import OPERATORS, read_operator
from tests.unit.policy.build import allow, deny, policy, request


def holds(condition: dict[str, Any], context: dict[str, ContextValue], *, version: str = "2012-10-17") -> bool:
    policies = PolicySet(identity=(policy(allow(Condition=condition), version=version),))
    asked = request(context=context)
    allowed = evaluate(asked, policies).allowed
    assert explain(asked, policies).allowed is allowed
    return allowed


@pytest.mark.parametrize(
    ("operator", "expected", "actual", "result"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", "a", "A", False),
        ("StringEquals", "a*", "ab", False),
        ("StringEquals", ["x", "a"], "a", True),
        ("StringNotEquals", ["x", "a"], "a", False),
        ("StringNotEquals", ["x", "y"], "a", True),
        ("StringEqualsIgnoreCase", "Ab", "aB", True),
        ("StringNotEqualsIgnoreCase", "Ab", "aB", False),
        ("StringLike", "a*c?", "abbcd", True),
        ("StringLike", "A*", "abc", False),
        ("StringNotLike", "a*", "abc", False),
        ("NumericEquals", "10", "10.0", True),
        ("NumericEquals", 10, "10", True),
        ("NumericNotEquals", "10", "11", True),
        ("NumericLessThan", "10", "9.99", True),
        ("NumericLessThan", "10", "10", False),
        ("NumericLessThanEquals", "10", "10", True),
        ("NumericGreaterThan", "-1", "0", True),
        ("NumericGreaterThanEquals", "1e2", "100", True),
        ("NumericLessThan", "10", "many", False),
        ("NumericNotEquals", "10", "many", True),
        ("DateEquals", "2020-01-01T00:00:00Z", "2020-01-01T01:00:00+01:00", True),
        ("DateEquals", "2020-01-01", "1577836800", True),
        ("DateNotEquals", "2020-01-01", "2020-01-02", True),
        ("DateLessThan", "2020-01-01T00:00:00Z", "2019-12-31T23:59:59.999Z", True),
        ("DateLessThanEquals", "2020", "2020-01-01T00:00:00Z", True),
        ("DateGreaterThan", "1577836800", "2020-01-01T00:00:01Z", True),
        ("DateGreaterThanEquals", "2020-02", "2020-01-31T23:59Z", False),
        ("DateLessThan", "2020-01-01", "soon", False),
        ("Bool", "true", "true", True),
        ("Bool", "True", "true", True),
        ("Bool", True, "true", True),
        ("Bool", "false", "true", False),
        ("Bool", "true", "yes", False),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", True),
        ("BinaryEquals", "QmluYXJ5", "Binary", False),
        ("IpAddress", "203.0.113.0/24", "203.0.113.77", True),
        ("IpAddress", "203.0.113.0/24", "203.0.114.1", False),
        ("IpAddress", "203.0.113.5", "203.0.113.5", True),
        ("IpAddress", "2001:DB8:1234:5678::/64", "2001:db8:1234:5678::1", True),
        ("IpAddress", "2001:DB8:1234:5678::/64", "203.0.113.1", False),
        ("IpAddress", "203.0.113.0/24", "::ffff:203.0.113.9", True),
        ("IpAddress", ["10.0.0.0/8", "2001:db8::/32"], "2001:db8::5", True),
        ("NotIpAddress", "203.0.113.0/24", "203.0.113.77", False),
        ("NotIpAddress", "203.0.113.0/24", "198.51.100.1", True),
        ("NotIpAddress", "203.0.113.0/24", "AWS Internal", True),
        ("ArnEquals", "arn:aws:iam::*:role/x*", "arn:aws:iam::111111111111:role/xy", True),
        ("ArnLike", "arn:aws:iam::111111111111:role/x", "arn:aws:iam::111111111111:role/X", False),
        ("ArnNotEquals", "arn:aws:iam::*:role/x*", "arn:aws:iam::111111111111:role/xy", False),
        ("ArnNotLike", "arn:aws:iam::*:role/*", "arn:aws:iam::111111111111:user/xy", True),
        ("ArnLike", "arn:aws:iam::*:role/*", "role", False),
        ("Null", "true", "x", False),
        ("Null", "false", "x", True),
    ],
)
def test_operators(operator: str, expected: object, actual: str, result: bool):
    assert holds({operator: {"aws:Key": expected}}, {"aws:key": actual}) is result


@pytest.mark.parametrize("operator", [name for name in OPERATORS if name != "Null"])
def test_absent_keys(operator: str):
    value = {"Bool": "true", "BinaryEquals": "QQ==", "IpAddress": "10.0.0.0/8", "NotIpAddress": "10.0.0.0/8"}
    sample = value.get(operator, "arn:aws:iam::1:role/x" if operator.startswith("Arn") else "2020")
    condition = {"aws:Key": sample}
    assert holds({operator: condition}, {}) is OPERATORS[operator].negated
    assert holds({operator + "IfExists": condition}, {}) is True
    assert holds({"ForAllValues:" + operator: condition}, {}) is True
    assert holds({"ForAnyValue:" + operator: condition}, {}) is False
    assert holds({"ForAllValues:" + operator: condition}, {"aws:key": ()}) is True
    assert holds({"ForAnyValue:" + operator: condition}, {"aws:key": ()}) is False


def test_if_exists_still_tests_a_key_that_exists():
    assert not holds({"StringEqualsIfExists": {"aws:Key": "a"}}, {"aws:key": "b"})
    assert not holds({"ForAnyValue:StringEqualsIfExists": {"aws:Key": "a"}}, {"aws:key": ("b",)})


@pytest.mark.parametrize(
    ("operator", "actual", "result"),
    [
        ("ForAllValues:StringEquals", ("a", "b"), True),
        ("ForAllValues:StringEquals", ("a", "c"), False),
        ("ForAnyValue:StringEquals", ("c", "a"), True),
        ("ForAnyValue:StringEquals", ("c", "d"), False),
        ("ForAllValues:StringNotEquals", ("c", "d"), True),
        ("ForAllValues:StringNotEquals", ("c", "a"), False),
        ("ForAnyValue:StringNotEquals", ("c", "a"), True),
        ("ForAnyValue:StringNotEquals", ("b", "a"), False),
        ("ForAllValues:StringEquals", "a", True),
        ("ForAllValues:StringEquals", "", True),
        ("ForAnyValue:StringEquals", "", False),
        ("StringEquals", ("c", "a"), True),
        ("StringNotEquals", ("c", "a"), False),
    ],
)
def test_set_operators(operator: str, actual: ContextValue, result: bool):
    assert holds({operator: {"aws:Key": ["a", "b"]}}, {"aws:key": actual}) is result


def test_null_and_empty_sets():
    assert holds({"Null": {"aws:Key": "true"}}, {})
    assert holds({"Null": {"aws:Key": True}}, {"aws:key": ()})
    assert not holds({"Null": {"aws:Key": "false"}}, {})


def test_every_operator_key_and_value_counts():
    both = {"StringEquals": {"aws:a": "1", "aws:b": ["2", "3"]}, "Bool": {"aws:c": "true"}}
    assert holds(both, {"aws:a": "1", "aws:b": "3", "aws:c": "true"})
    assert not holds(both, {"aws:a": "1", "aws:b": "4", "aws:c": "true"})
    assert not holds(both, {"aws:a": "1", "aws:b": "3", "aws:c": "false"})


@pytest.mark.parametrize(
    "name", ["StringEqual", "stringequals", "NullIfExists", "ForSomeValue:Bool", "Bool:IfExists", ""]
)
def test_unknown_operators_never_allow_and_are_reported(name: str):
    assert read_operator(name) is None
    policies = PolicySet(identity=(policy(allow(Condition={name: {"aws:key": "x"}})),))
    decision = evaluate(request(context={"aws:key": "x"}), policies)
    assert not decision.allowed
    assert repr(name) in decision.errors[0].message
    # In a Deny the unknown is held for true, so that nothing slips through.
    denied = PolicySet(identity=(policy(allow(), deny(Condition={name: {"aws:key": "x"}})),))
    assert evaluate(request(), denied).outcome == "explicitDeny"


@pytest.mark.parametrize(
    ("operator", "value"), [("NumericLessThan", "ten"), ("DateLessThan", "soon"), ("IpAddress", "10.0.0.0/99")]
)
def test_values_that_cannot_be_compared_never_allow(operator: str, value: str):
    inverse = {"NumericLessThan": "NumericNotEquals", "DateLessThan": "DateNotEquals", "IpAddress": "NotIpAddress"}
    for name in (operator, inverse[operator]):
        condition = {name: {"aws:key": value}}
        assert not holds(condition, {"aws:key": "1"})
        policies = PolicySet(identity=(policy(allow(), deny(Condition=condition)),))
        decision = evaluate(request(context={"aws:key": "1"}), policies)
        assert decision.outcome == "explicitDeny"
        assert value in decision.errors[0].message


@pytest.mark.parametrize(
    ("value", "context", "result"),
    [
        ("${aws:username}", {"aws:username": "bob"}, True),
        ("${AWS:UserName}", {"aws:username": "bob"}, True),
        ("${aws:username}", {}, False),
        ("${aws:username, 'bob'}", {}, True),
        ("${aws:username,'bob'}", {"aws:username": "eve"}, False),
        ("b${aws:x}b", {"aws:x": "o"}, True),
        ("${aws:x}", {"aws:x": ("bob",)}, False),
        ("${aws:x, 'bob'}", {"aws:x": ("eve",)}, True),
    ],
)
def test_policy_variables(value: str, context: dict[str, ContextValue], result: bool):
    assert holds({"StringEquals": {"aws:Key": value}}, {"aws:key": "bob", **context}) is result
    # A variable without value equals nothing, so the inverse holds.
    assert holds({"StringNotEquals": {"aws:Key": value}}, {"aws:key": "bob", **context}) is not result


def test_special_characters_and_values_with_wildcards_are_literal():
    like = {"StringLike": {"aws:Key": "${*}${?}${$}*"}}
    assert holds(like, {"aws:key": "*?$ and more"})
    assert not holds(like, {"aws:key": "ab$"})
    assert not holds({"StringLike": {"aws:Key": "${aws:x}"}}, {"aws:key": "abc", "aws:x": "a*"})
    assert holds({"StringLike": {"aws:Key": "${aws:x}*"}}, {"aws:key": "a*bc", "aws:x": "a*"})
    assert holds({"StringEquals": {"aws:Key": "${$}{a}"}}, {"aws:key": "${a}"})


def test_variables_in_arns_and_booleans():
    arn = {"ArnLike": {"aws:Key": "arn:aws:iam::${aws:PrincipalAccount}:role/*"}}
    assert holds(arn, {"aws:key": "arn:aws:iam::1:role/x", "aws:principalaccount": "1"})
    whole = {"ArnEquals": {"aws:Key": "${aws:Other}"}}
    assert holds(whole, {"aws:key": "arn:aws:iam::1:role/x", "aws:other": "arn:aws:iam::1:role/x"})
    assert not holds(whole, {"aws:key": "arn:aws:iam::1:role/x", "aws:other": "no arn"})
    assert holds({"Bool": {"aws:Key": "${aws:Other}"}}, {"aws:key": "true", "aws:other": "true"})
    assert not holds({"NumericEquals": {"aws:Key": "${aws:Other}"}}, {"aws:key": "1", "aws:other": "1"})


def test_version_2008_has_no_variables():
    condition = {"StringEquals": {"aws:Key": "${aws:username}"}}
    context = {"aws:key": "bob", "aws:username": "bob"}
    assert not holds(condition, context, version="2008-10-17")
    assert holds(condition, {"aws:key": "${aws:username}"}, version="2008-10-17")


@pytest.mark.parametrize("value", ["${aws:username", "${}", "${aws:x, none}", "${aws:x, 'none}", "${ }"])
def test_broken_variables_never_allow(value: str):
    assert not holds({"StringEquals": {"aws:Key": value}}, {"aws:key": value})
    assert not holds({"StringNotEquals": {"aws:Key": value}}, {"aws:key": "x"})
