"""Explanations as lines for the terminal, made from their plain form, which came over HTTP or from files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text

MOST_OTHERS = 25
"""How many of the statements that played no part are shown."""

_OUTCOMES: Mapping[str, tuple[str, str]] = {
    "allowed": ("allowed", "bold green"),
    "explicitDeny": ("explicitly denied", "bold red"),
    "implicitDeny": ("implicitly denied", "bold red"),
}
_INDENT = "  "


def call_lines(call: Mapping[str, Any]) -> Iterator[Text]:
    """Return the lines that explain a call.

    Args:
        call: the explanation as `plain_call` returns it.
    """
    allowed = call["allowed"]
    style = "bold" if allowed is None else "bold green" if allowed else "bold red"
    yield Text.assemble((call["conclusion"], style))
    yield _row("request", call["request_id"])
    yield _row("who", _who(call))
    yield _row("what", f"{call['service']}.{call['operation']}" if call["operation"] else "an unknown operation")
    if call["time"]:
        yield _row("when", str(call["time"]))
    if call["status"] is not None:
        yield _row("answer", f"{call['status']} {call['error'] or ''}".strip())
    if allowed is not None:
        yield _row("enforced", {"on": "yes", "soft": "no (soft: denials are logged only)"}.get(call["mode"], "no"))
    for action in call["actions"]:
        yield Text("")
        yield from action_lines(action)


def _who(call: Mapping[str, Any]) -> str:
    caller, principal = call["caller"], call["principal"]
    return str(caller) if caller == principal or not principal else f"{caller} ({principal})"


def action_lines(action: Mapping[str, Any]) -> Iterator[Text]:
    """Return the lines that explain an action.

    Args:
        action: the explanation as `plain_action` returns it.
    """
    outcome, style = _OUTCOMES[action["outcome"]]
    yield Text.assemble((action["action"], "bold"), " on ", (action["resource"], "cyan"), ": ", (outcome, style))
    yield Text(f"{_INDENT}{action['because']}")
    for statement in action["determining"]:
        yield from _indented(statement["text"], "dim", 2)
    for condition in action["conditions"]:
        yield Text(
            f"{_INDENT * 2}because {condition['key']} is {_value(condition['actual'])} "
            f"({condition['operator']} {_values(condition['expected'])})"
        )
    yield from _remedies(action["remedies"])
    if action["missing_context"]:
        yield Text.assemble(
            _INDENT, ("Asked for, but not in the request: ", "bold"), ", ".join(action["missing_context"])
        )
    for error in action["errors"]:
        where = f" (line {error['line']}, column {error['column']})" if error["line"] is not None else ""
        yield Text.assemble(
            _INDENT, ("Cannot be evaluated: ", "bold"), f"{error['message']}{where} in {error['named']}"
        )
    yield from _others(action["others"])


def _remedies(remedies: Sequence[Mapping[str, Any]]) -> Iterator[Text]:
    for number, remedy in enumerate(remedies):
        lead = "To allow it" if number == 0 else "And"
        yield Text.assemble(_INDENT, (f"{lead}: ", "bold"), remedy["sentence"])
        if remedy["statement"] is not None:
            yield from _indented(json.dumps(remedy["statement"], indent=2), "green", 2)


def _others(others: Sequence[Mapping[str, Any]]) -> Iterator[Text]:
    if not others:
        return
    yield Text.assemble(_INDENT, ("Statements that played no part:", "bold"))
    for statement in others[:MOST_OTHERS]:
        yield Text(f"{_INDENT * 2}- {statement['effect']} {statement['named']}: {statement['because']}")
    if len(others) > MOST_OTHERS:
        yield Text(f"{_INDENT * 2}- and {len(others) - MOST_OTHERS} more; --format json has them all")


def _row(name: str, text: str) -> Text:
    return Text.assemble((f"{_INDENT}{name:<9}", "bold"), text)


def _indented(text: str, style: str, depth: int) -> Iterator[Text]:
    for line in text.split("\n"):
        yield Text(_INDENT * depth + line, style)


def _value(given: Any) -> str:
    if given is None:
        return "absent"
    return _values(given) if isinstance(given, list) else f'"{given}"'


def _values(values: Sequence[str]) -> str:
    return ", ".join(f'"{one}"' for one in values)


def as_text(lines: Iterator[Text]) -> str:
    """Return lines without their styles.

    Args:
        lines: the lines.
    """
    return "\n".join(line.plain for line in lines)
