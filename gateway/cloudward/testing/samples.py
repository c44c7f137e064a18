"""The smallest input that a model accepts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cloudward.model import Shape

_TEXTS = (
    "a", "A1", "name-1", "/", "/a/", "123456789012", "1", "2026-01-01", "arn:aws:iam::123456789012:role/a", "{}",
    "https://example.com", "00000000-0000-4000-8000-000000000000", "a@example.com", "us-east-1", "example.com",
)  # fmt: skip
"""Candidates for patterns; the first that fits is taken."""


def sample(shape: Shape | None) -> dict[str, Any]:
    """Return values for the required members of an input.

    Args:
        shape: the input shape; None for an operation without input.
    """
    return _structure(shape, ()) if shape is not None else {}


def _structure(shape: Shape, seen: tuple[str, ...]) -> dict[str, Any]:
    names = shape.required or (tuple(shape.members)[:1] if shape.union else ())
    return {
        name: _value(shape.members[name].shape, (*seen, shape.name))
        for name in names
        if shape.members[name].shape.name not in seen
    }


def _value(shape: Shape, seen: tuple[str, ...]) -> Any:
    return _MAKERS.get(shape.type, _number)(shape, seen)


def _number(shape: Shape, seen: tuple[str, ...]) -> int:
    return int(shape.min or 1)


def _text(shape: Shape, seen: tuple[str, ...]) -> str:
    if shape.enum:
        return shape.enum[0]
    least, most = int(shape.min or 0), int(shape.max or 10**6)
    fitting = [text for text in _TEXTS if len(text) <= most and (not shape.pattern or _matches(shape.pattern, text))]
    for text in fitting:
        if len(text) >= least:
            return text
    base = fitting[0] if fitting else "a"
    return (base * (least // len(base) + 1))[: max(least, 1)]


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return True  # Java's syntax, which the codecs translate; any text will do to reach the handler


def _list(shape: Shape, seen: tuple[str, ...]) -> list[Any]:
    assert shape.member is not None
    return [_value(shape.member.shape, seen) for _ in range(max(int(shape.min or 1), 1))]


def _map(shape: Shape, seen: tuple[str, ...]) -> dict[str, Any]:
    assert shape.key is not None
    assert shape.value is not None
    return {_text(shape.key.shape, seen): _value(shape.value.shape, seen)}


_MAKERS: Mapping[str, Callable[[Shape, tuple[str, ...]], Any]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _text,
    "character": _text,
    "boolean": lambda shape, seen: False,
    "blob": lambda shape, seen: b"a",
    "timestamp": lambda shape, seen: datetime(2026, 1, 1, tzinfo=UTC),
}
