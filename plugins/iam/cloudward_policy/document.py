"""The syntax tree of a policy: what was written and where, however wrong it may be."""

from __future__ import annotations

from dataclasses import dataclass

from cloudward_policy.types import Position

VERSION_2008 = "2008-10-17"
VERSION_2012 = "2012-10-17"
VERSIONS = (VERSION_2008, VERSION_2012)


@dataclass(frozen=True, slots=True)
class Text:
    """A string (or a number or boolean as written) and where it starts."""

    value: str
    start: Position


@dataclass(frozen=True, slots=True)
class Problem:
    """Something whose shape the policy grammar does not allow.

    Attributes:
        element: the element it belongs to, `Action`, `Condition` …; empty for the document or statement itself.
        message: what is wrong, for people.
        position: where.
        code: `unknown-field`, `missing-field`, `type`, `duplicate`, `value` or `conflict`.
    """

    element: str
    message: str
    position: Position
    code: str = "type"


@dataclass(frozen=True, slots=True)
class PrincipalEntry:
    """One principal: its type as written (`AWS`, `Service`, `Federated`, `CanonicalUser`; `*` for the bare star)."""

    type: str
    value: Text


@dataclass(frozen=True, slots=True)
class ConditionEntry:
    """One condition key under one operator, with its values."""

    operator: Text
    key: Text
    values: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class ListElement:
    """An Action, NotAction, Resource or NotResource element."""

    name: str
    values: tuple[Text, ...]
    start: Position
    negated: bool


@dataclass(frozen=True, slots=True)
class PrincipalElement:
    """A Principal or NotPrincipal element."""

    name: str
    entries: tuple[PrincipalEntry, ...]
    start: Position
    negated: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement.  Elements that are absent or unreadable are None; unreadable ones have a problem."""

    index: int
    start: Position
    end: Position
    sid: Text | None = None
    effect: Text | None = None
    action: ListElement | None = None
    resource: ListElement | None = None
    principal: PrincipalElement | None = None
    conditions: tuple[ConditionEntry, ...] = ()
    condition_start: Position | None = None
    condition_operators: tuple[Text, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A parsed policy document.

    Attributes:
        text: the text it was parsed from.
        version: the Version element, if there is a readable one.
        id: the Id element.
        statements: the statements in order.
        problems: what is wrong with the document outside of its statements.
    """

    text: str
    version: Text | None
    id: Text | None
    statements: tuple[Statement, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def has_variables(self) -> bool:
        """Whether `${…}` are policy variables: only since version 2012-10-17."""
        return self.version is not None and self.version.value == VERSION_2012

    def all_problems(self) -> tuple[Problem, ...]:
        """Every problem of the document and of its statements, in order."""
        return self.problems + tuple(problem for statement in self.statements for problem in statement.problems)


def size_without_whitespace(text: str) -> int:
    """Return the number of characters that count against IAM's size limits: all but white space.

    Source: IAM User Guide, "IAM and AWS STS quotas".
    """
    return sum(map(len, text.split()))
