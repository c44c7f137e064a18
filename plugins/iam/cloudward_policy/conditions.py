"""Condition elements, compiled to functions of the request context.

Source: IAM User Guide, "Condition operators", "Set operators for multivalued context keys" and "Variables and tags".

A value or operator that cannot be read is resolved towards denial: in an Allow it makes the condition fail, in a Deny
it makes the condition hold.  The problem is reported beside the decision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from cloudward_policy.arns import compile_arn_tokens
from cloudward_policy.document import ConditionEntry, Problem, Text
from cloudward_policy.globs import Matcher, Token, compile_tokens
from cloudward_policy.operators import (
    FOR_ALL_VALUES,
    FOR_ANY_VALUE,
    Comparison,
    Family,
    Operator,
    OperatorUse,
    read_operator,
)
from cloudward_policy.types import ConditionResult, ContextValue
from cloudward_policy.values import read_address, read_binary, read_boolean, read_date, read_network, read_number
from cloudward_policy.variables import Template, VariableError, compile_template, render

Context = Mapping[str, ContextValue]
Test = Callable[[Context], bool]
Binder = Callable[[Context], Matcher | None]
"""Makes a matcher for one request; None when a variable has no value, and then nothing is equal to it or like it."""

_ORDER: dict[Comparison, Callable[[Decimal, Decimal], bool]] = {
    Comparison.EQUAL: lambda actual, expected: actual == expected,
    Comparison.LESS: lambda actual, expected: actual < expected,
    Comparison.LESS_OR_EQUAL: lambda actual, expected: actual <= expected,
    Comparison.GREATER: lambda actual, expected: actual > expected,
    Comparison.GREATER_OR_EQUAL: lambda actual, expected: actual >= expected,
}


def _ordered(reader: Callable[[str], Decimal | None]) -> Callable[[Operator, str], Matcher | None]:
    def compile_value(operator: Operator, text: str) -> Matcher | None:
        expected = reader(text)
        compare = _ORDER[operator.comparison]
        if expected is None:
            return None

        def matches(actual: str) -> bool:
            value = reader(actual)
            return value is not None and compare(value, expected)

        return matches

    return compile_value


def _boolean(_operator: Operator, text: str) -> Matcher | None:
    expected = read_boolean(text)
    return None if expected is None else lambda actual: read_boolean(actual) is expected


def _binary(_operator: Operator, text: str) -> Matcher | None:
    expected = read_binary(text)
    return None if expected is None else lambda actual: read_binary(actual) == expected


def _network(_operator: Operator, text: str) -> Matcher | None:
    network = read_network(text)
    if network is None:
        return None

    def matches(actual: str) -> bool:
        address = read_address(actual)
        return address is not None and address in network

    return matches


def _tokens(operator: Operator, tokens: tuple[Token, ...]) -> Matcher | None:
    """A matcher for the operators that take variables: those on strings and on ARNs."""
    if operator.family is Family.ARN:
        return compile_arn_tokens(tokens)
    if operator.comparison is Comparison.LIKE:
        return compile_tokens(tokens)
    text = render(tokens)
    if operator.comparison is Comparison.EQUAL_FOLDED:
        folded = text.casefold()
        return lambda actual: actual.casefold() == folded
    return lambda actual: actual == text


_TYPED: dict[Family, Callable[[Operator, str], Matcher | None]] = {
    Family.NUMERIC: _ordered(read_number),
    Family.DATE: _ordered(read_date),
    Family.BOOL: _boolean,
    Family.BINARY: _binary,
    Family.IP: _network,
}


VARIABLE_FAMILIES = (Family.STRING, Family.ARN, Family.BOOL)
"""What may be compared with policy variables (IAM User Guide, "Condition operators", each operator's list)."""


@dataclass(frozen=True, slots=True)
class CompiledCondition:
    """One condition key under one operator.

    Attributes:
        entry: the element it comes from.
        key: the lower-case condition key.
        test: whether the condition holds in a request context.
        templates: the expected values, for showing them with their variables put in.
        asked: condition keys that it reads, as written: its own and those of variables without default.
        problems: what in it could not be read.
    """

    entry: ConditionEntry
    key: str
    test: Test
    templates: tuple[Template, ...]
    asked: tuple[str, ...]
    problems: tuple[Problem, ...]

    def expected(self, context: Context) -> tuple[str, ...]:
        """Return the policy's values with the variables put in, those without value left as written."""
        resolved = ((template, template.resolve(context)) for template in self.templates)
        return tuple(template.text if tokens is None else render(tokens) for template, tokens in resolved)

    def result(self, context: Context) -> ConditionResult:
        """Return how the condition comes out."""
        value = context.get(self.key)
        entry = self.entry
        matched = self.test(context)
        return ConditionResult(entry.operator.value, entry.key.value, self.expected(context), value, matched)


@dataclass(slots=True)
class _Values:
    """The compiled values of one entry."""

    fixed: list[Matcher]
    bound: list[Binder]
    templates: list[Template]
    problems: list[Problem]


def _template(text: Text, operator: Operator, variables: bool) -> Template:
    takes_variables = variables and operator.family in VARIABLE_FAMILIES
    wildcards = operator.comparison is Comparison.LIKE
    return compile_template(text.value, variables=takes_variables, wildcards=wildcards)


def _bind(operator: Operator, template: Template, fallback: bool) -> Binder:
    def bind(context: Context) -> Matcher | None:
        tokens = template.resolve(context)
        if tokens is None:
            return None
        matcher = _boolean(operator, render(tokens)) if operator.family is Family.BOOL else _tokens(operator, tokens)
        return matcher if matcher is not None else lambda _actual: fallback

    return bind


def _values(entry: ConditionEntry, use: OperatorUse, *, deny: bool, variables: bool) -> _Values:
    operator = use.operator
    values = _Values([], [], [], [])
    # Resolved towards denial: as if equal where that denies, as if different where that does.
    fallback = deny != operator.negated
    for text in entry.values:
        try:
            template = _template(text, operator, variables)
        except VariableError as error:
            values.problems.append(Problem("Condition", str(error), text.start, "value"))
            values.templates.append(Template(text.value, (text.value,), ()))
            values.fixed.append(lambda _actual: fallback)
            continue
        values.templates.append(template)
        if template.variables:
            values.bound.append(_bind(operator, template, fallback))
            continue
        typed = _TYPED.get(operator.family)
        matcher = typed(operator, text.value) if typed else _tokens(operator, template.resolve({}) or ())
        if matcher is None:
            message = f"{text.value!r} is not a value that {entry.operator.value} can compare"
            values.problems.append(Problem("Condition", message, text.start, "value"))
            matcher = (lambda _actual: True) if fallback else (lambda _actual: False)
        values.fixed.append(matcher)
    return values


def _any_of(matchers: list[Matcher]) -> Matcher:
    if len(matchers) == 1:
        return matchers[0]

    def matches(actual: str) -> bool:
        for matcher in matchers:  # noqa: SIM110  # a generator costs more than the loop
            if matcher(actual):
                return True
        return False

    return matches


def _single(key: str, use: OperatorUse, bind: Callable[[Context], Matcher]) -> Test:
    """The test without set operator; of several values of the key, one that matches is enough."""
    negated = use.operator.negated
    absent = use.if_exists or negated

    def test(context: Context) -> bool:
        value = context.get(key)
        if value is None:
            return absent
        matches = bind(context)
        if isinstance(value, str):
            return matches(value) is not negated
        if not value:
            return absent
        return any(map(matches, value)) is not negated

    return test


def _quantified(key: str, use: OperatorUse, bind: Callable[[Context], Matcher]) -> Test:
    """The test with a set operator.  An empty set, or an empty string alone, satisfies ForAllValues only."""
    negated = use.operator.negated
    every = use.quantifier == FOR_ALL_VALUES
    absent = every or use.if_exists

    def test(context: Context) -> bool:
        value = context.get(key)
        if value is None:
            return absent
        values = (value,) if isinstance(value, str) else value
        if values in ((), ("",)):
            return every
        matches = bind(context)
        if every:
            return all(matches(each) is not negated for each in values)
        return any(matches(each) is not negated for each in values)

    return test


def _null(entry: ConditionEntry, *, deny: bool) -> tuple[Test, tuple[Problem, ...]]:
    wanted: set[bool] = set()
    problems: list[Problem] = []
    for text in entry.values:
        value = read_boolean(text.value)
        if value is None:
            problems.append(Problem("Condition", f"Null takes true or false, not {text.value!r}", text.start, "value"))
        else:
            wanted.add(value)
    key = entry.key.value.lower()

    def test(context: Context) -> bool:
        absent = context.get(key) in (None, ())
        return absent in wanted or (deny and bool(problems))

    return test, tuple(problems)


def compile_condition(entry: ConditionEntry, *, deny: bool, variables: bool) -> CompiledCondition:
    """Compile one condition key under one operator.

    Args:
        entry: the element.
        deny: whether its statement denies: what cannot be read then counts as holding.
        variables: whether the document's version has policy variables.
    """
    key = entry.key.value.lower()
    asked: tuple[str, ...] = (entry.key.value,)
    plain = tuple(Template(text.value, (text.value,), ()) for text in entry.values)
    use = read_operator(entry.operator.value)
    if use is None:
        problem = Problem(
            "Condition", f"Condition operator {entry.operator.value!r} is not known", entry.operator.start, "value"
        )
        return CompiledCondition(entry, key, lambda _context: deny, plain, asked, (problem,))
    if use.operator.family is Family.NULL:
        test, problems = _null(entry, deny=deny)
        return CompiledCondition(entry, key, test, plain, asked, problems)
    values = _values(entry, use, deny=deny, variables=variables)
    fixed = _any_of(values.fixed)
    if values.bound:

        def bind(context: Context) -> Matcher:
            bound = (binder(context) for binder in values.bound)
            return _any_of([*values.fixed, *(matcher for matcher in bound if matcher is not None)])

    else:

        def bind(context: Context) -> Matcher:
            return fixed

    make = _quantified if use.quantifier in (FOR_ALL_VALUES, FOR_ANY_VALUE) else _single
    names = (
        variable.name for template in values.templates for variable in template.variables if variable.default is None
    )
    asked = tuple(dict.fromkeys((entry.key.value, *names)))
    return CompiledCondition(entry, key, make(key, use, bind), tuple(values.templates), asked, tuple(values.problems))
