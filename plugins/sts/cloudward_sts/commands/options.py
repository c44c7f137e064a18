"""What the commands' options have in common."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import click


def pairs(given: Iterable[str], option: str) -> dict[str, str]:
    """Return `NAME=VALUE` options as a dict.

    Args:
        given: the options' values.
        option: the option, for the error.

    Raises:
        BadParameter: one has no equals sign.
    """
    found = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{pair!r} is not NAME=VALUE", param_hint=option)
        found[name] = value
    return found


def json_values(values: dict[str, str]) -> dict[str, Any]:
    """Return values with those that are JSON read as such, the others as text.

    Args:
        values: the values.
    """
    return {name: _json_or_text(value) for name, value in values.items()}


def without_none(values: dict[str, Any]) -> dict[str, Any]:
    """Return what was given.

    Args:
        values: values, None for what was not given.
    """
    return {name: value for name, value in values.items() if value is not None}


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
