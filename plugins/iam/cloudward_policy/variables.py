"""Policy variables: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}` and the literal `${*}`, `${?}`, `${$}`.

Source: IAM User Guide, "IAM policy elements: Variables and tags".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cloudward_policy.globs import Token, tokenize
from cloudward_policy.types import ContextValue

_LITERALS = frozenset("*?$")


@dataclass(frozen=True, slots=True)
class Variable:
    """A condition key whose value is put in; `key` is lower-case, `name` as written."""

    name: str
    key: str
    default: str | None = None


class VariableError(ValueError):
    """A `${` that begins no variable."""


@dataclass(frozen=True, slots=True)
class Template:
    """A value of a policy, cut into tokens and variables.

    Attributes:
        text: the value as written.
        parts: its pieces in order; wildcards only where the element has them.
        variables: the variables among them.
    """

    text: str
    parts: tuple[Token | Variable, ...]
    variables: tuple[Variable, ...]

    def resolve(self, context: Mapping[str, ContextValue]) -> tuple[Token, ...] | None:
        """Put in the variables' values; None when one has neither a value nor a default.

        What a variable puts in is literal text: a star in it is no wildcard.  A multivalued key
        cannot be a variable, whatever the number of its values.
        """
        tokens: list[Token] = []
        for part in self.parts:
            if isinstance(part, Variable):
                value = context.get(part.key)
                if value is None or isinstance(value, tuple):
                    value = part.default
                if value is None:
                    return None
                tokens.append(value)
            else:
                tokens.append(part)
        return tuple(tokens)


def render(tokens: Sequence[Token]) -> str:
    """Return a resolved template as text for people and for operators without wildcards."""
    return "".join(token if isinstance(token, str) else token.written for token in tokens)


def _variable(text: str, start: int) -> tuple[str | Variable, int]:
    """Read the variable whose `${` is at `start`; return it and the offset after its brace."""
    inside = start + 2
    if text[inside : inside + 1] in _LITERALS and text.startswith("}", inside + 1):
        return text[inside], inside + 2
    brace = text.find("}", inside)
    if brace < 0:
        raise VariableError(f"{text[start:]!r} has no closing brace")
    comma = text.find(",", inside, brace)
    default: str | None = None
    if comma >= 0:
        name = text[inside:comma].strip()
        opening = comma + 1
        while text.startswith(" ", opening):
            opening += 1
        closing = text.find("'", opening + 1)
        if not text.startswith("'", opening) or closing < 0:
            raise VariableError(f"the default value in {text[start:]!r} must stand in single quotes")
        brace = closing + 1
        while text.startswith(" ", brace):
            brace += 1
        if not text.startswith("}", brace):
            raise VariableError(f"{text[start:]!r} has no closing brace")
        default = text[opening + 1 : closing]
    else:
        name = text[inside:brace].strip()
    if not name or any(character in name for character in "${}'\""):
        raise VariableError(f"{text[start : brace + 1]!r} names no condition key")
    return Variable(name, name.lower(), default), brace + 1


def compile_template(text: str, *, variables: bool, wildcards: bool) -> Template:
    """Cut a value into its parts.

    Args:
        text: the value as written.
        variables: whether `${…}` is a variable; not in documents of version 2008-10-17.
        wildcards: whether `*` and `?` are wildcards.

    Raises:
        VariableError: a `${` begins no variable.
    """
    parts: list[Token | Variable] = []
    found: list[Variable] = []
    offset = 0
    while True:
        start = text.find("${", offset) if variables else -1
        plain = text[offset:] if start < 0 else text[offset:start]
        if plain:
            parts.extend(tokenize(plain) if wildcards else (plain,))
        if start < 0:
            return Template(text, tuple(parts), tuple(found))
        part, offset = _variable(text, start)
        parts.append(part)
        if isinstance(part, Variable):
            found.append(part)
