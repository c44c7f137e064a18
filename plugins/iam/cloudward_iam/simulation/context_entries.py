"""Context entries of a simulation: typed values by key.

Source: IAM API Reference, ContextEntry.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cloudward_policy import ContextValue
from cloudward_policy.values import read_boolean, read_date, read_network, read_number

LIST_SUFFIX = "List"


class InvalidEntry(ValueError):
    """A context entry that cannot be used; its text says why."""


def _is_base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


READERS: Mapping[str, Callable[[str], object]] = {
    "string": str,
    "numeric": read_number,
    "boolean": read_boolean,
    "ip": read_network,
    "binary": _is_base64,
    "date": read_date,
}
"""What reads a value of a type; None for values that are not of the type."""


def read_entries(entries: Iterable[Mapping[str, Any]]) -> dict[str, ContextValue]:
    """Return a request context.

    Args:
        entries: the entries with `ContextKeyName`, `ContextKeyValues` and `ContextKeyType`; without a type, one value
            is a string and several are a list of strings.

    Returns:
        Values by lower-case key name: a string for a single value, a tuple for a list type.

    Raises:
        InvalidEntry: a name is missing or given twice, or the values are not of the type.
    """
    context: dict[str, ContextValue] = {}
    for entry in entries:
        name = str(entry.get("ContextKeyName") or "")
        values = tuple(str(value) for value in entry.get("ContextKeyValues") or ())
        kind = str(entry.get("ContextKeyType") or ("string" if len(values) == 1 else "stringList"))
        if not name or ":" not in name:
            raise InvalidEntry(f"Invalid context key name: {name}")
        key = name.lower()
        if key in context:
            raise InvalidEntry(f"Context key {name} is given more than once")
        single = kind.removesuffix(LIST_SUFFIX)
        reader = READERS.get(single)
        if reader is None:
            raise InvalidEntry(f"Invalid context key type: {kind}")
        for value in values:
            if reader(value) is None:
                raise InvalidEntry(f"Context key {name}: {value!r} is not of type {single}")
        if single != kind:
            context[key] = values
        elif len(values) == 1:
            context[key] = values[0]
        else:
            raise InvalidEntry(f"Context key {name}: type {kind} takes exactly one value, not {len(values)}")
    return context
