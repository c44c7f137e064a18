"""The table of condition operators.  Source: IAM User Guide, "IAM JSON policy elements: Condition operators"."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Family(StrEnum):
    """What an operator compares."""

    STRING = "String"
    NUMERIC = "Numeric"
    DATE = "Date"
    BOOL = "Bool"
    BINARY = "Binary"
    IP = "IpAddress"
    ARN = "Arn"
    NULL = "Null"


class Comparison(StrEnum):
    """How an operator compares, negation left aside."""

    EQUAL = "equal"
    EQUAL_FOLDED = "equal-ignoring-case"
    LIKE = "like"
    LESS = "less"
    LESS_OR_EQUAL = "less-or-equal"
    GREATER = "greater"
    GREATER_OR_EQUAL = "greater-or-equal"
    WITHIN = "within"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Operator:
    """One documented operator.

    Attributes:
        name: as written in policies, without set prefix and `IfExists`.
        family: what it compares.
        comparison: how.
        negated: whether the comparison's result is turned round; such an operator matches when the key is absent.
    """

    name: str
    family: Family
    comparison: Comparison
    negated: bool = False


OPERATORS: dict[str, Operator] = {
    operator.name: operator
    for operator in (
        Operator("StringEquals", Family.STRING, Comparison.EQUAL),
        Operator("StringNotEquals", Family.STRING, Comparison.EQUAL, negated=True),
        Operator("StringEqualsIgnoreCase", Family.STRING, Comparison.EQUAL_FOLDED),
        Operator("StringNotEqualsIgnoreCase", Family.STRING, Comparison.EQUAL_FOLDED, negated=True),
        Operator("StringLike", Family.STRING, Comparison.LIKE),
        Operator("StringNotLike", Family.STRING, Comparison.LIKE, negated=True),
        Operator("NumericEquals", Family.NUMERIC, Comparison.EQUAL),
        Operator("NumericNotEquals", Family.NUMERIC, Comparison.EQUAL, negated=True),
        Operator("NumericLessThan", Family.NUMERIC, Comparison.LESS),
        Operator("NumericLessThanEquals", Family.NUMERIC, Comparison.LESS_OR_EQUAL),
        Operator("NumericGreaterThan", Family.NUMERIC, Comparison.GREATER),
        Operator("NumericGreaterThanEquals", Family.NUMERIC, Comparison.GREATER_OR_EQUAL),
        Operator("DateEquals", Family.DATE, Comparison.EQUAL),
        Operator("DateNotEquals", Family.DATE, Comparison.EQUAL, negated=True),
        Operator("DateLessThan", Family.DATE, Comparison.LESS),
        Operator("DateLessThanEquals", Family.DATE, Comparison.LESS_OR_EQUAL),
        Operator("DateGreaterThan", Family.DATE, Comparison.GREATER),
        Operator("DateGreaterThanEquals", Family.DATE, Comparison.GREATER_OR_EQUAL),
        Operator("Bool", Family.BOOL, Comparison.EQUAL),
        Operator("BinaryEquals", Family.BINARY, Comparison.EQUAL),
        Operator("IpAddress", Family.IP, Comparison.WITHIN),
        Operator("NotIpAddress", Family.IP, Comparison.WITHIN, negated=True),
        # The documentation: ArnEquals and ArnLike behave identically.
        Operator("ArnEquals", Family.ARN, Comparison.LIKE),
        Operator("ArnNotEquals", Family.ARN, Comparison.LIKE, negated=True),
        Operator("ArnLike", Family.ARN, Comparison.LIKE),
        Operator("ArnNotLike", Family.ARN, Comparison.LIKE, negated=True),
        Operator("Null", Family.NULL, Comparison.ABSENT),
    )
}

FOR_ALL_VALUES = "ForAllValues"
FOR_ANY_VALUE = "ForAnyValue"
_IF_EXISTS = "IfExists"


@dataclass(frozen=True, slots=True)
class OperatorUse:
    """An operator as a policy uses it.

    Attributes:
        operator: the operator proper.
        quantifier: `ForAllValues`, `ForAnyValue` or empty.
        if_exists: whether an absent key makes it match.
    """

    operator: Operator
    quantifier: str = ""
    if_exists: bool = False


def read_operator(name: str) -> OperatorUse | None:
    """Read an operator's name with its set prefix and `IfExists`; None when there is no such operator.

    `Null` takes no `IfExists`: it asks for existence itself.
    """
    quantifier, colon, rest = name.partition(":")
    if not colon:
        quantifier, rest = "", name
    elif quantifier not in (FOR_ALL_VALUES, FOR_ANY_VALUE):
        return None
    base = rest.removesuffix(_IF_EXISTS)
    operator = OPERATORS.get(base)
    if operator is None or (base != rest and operator.family is Family.NULL):
        return None
    return OperatorUse(operator, quantifier, base != rest)
