"""Checks what a handler returned against the model; on in tests, where a mistake should be loud."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from cloudward.naming import parameter_name

if TYPE_CHECKING:
    from cloudward.model import Shape

_SCALARS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "character": (str,),
    "integer": (int,),
    "long": (int,),
    "short": (int,),
    "byte": (int,),
    "biginteger": (int,),
    "float": (float, int),
    "double": (float, int),
    "bigdecimal": (float, int, str),
    "boolean": (bool,),
    "timestamp": (datetime,),
}


class OutputError(Exception):
    """A handler returned something that the model's output does not have."""


def check_output(shape: Shape | None, values: object, where: str) -> None:
    """Check a handler's result.

    Args:
        shape: the output shape; None when the operation answers nothing.
        values: what the handler returned.
        where: the operation's name, for the message.

    Raises:
        OutputError: unknown members, missing required ones, or values of another type.
    """
    if values is None:
        return
    problems = (
        list(_problems(shape, values, where)) if shape is not None else ([f"{where} answers nothing"] if values else [])
    )
    if problems:
        raise OutputError("; ".join(problems))


def _problems(shape: Shape, value: object, where: str) -> Iterator[str]:
    if shape.document or shape.eventstream:
        return
    if shape.type == "structure":
        yield from _structure(shape, value, where)
    elif shape.type == "list":
        assert shape.member is not None
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
            yield f"{where} is {type(value).__name__}, not a list"
            return
        for number, item in enumerate(value):
            yield from _problems(shape.member.shape, item, f"{where}[{number}]")
    elif shape.type == "map":
        assert shape.value is not None
        if not isinstance(value, Mapping):
            yield f"{where} is {type(value).__name__}, not a map"
            return
        for key, item in value.items():
            yield from _problems(shape.value.shape, item, f"{where}[{key!r}]")
    elif shape.type in _SCALARS:
        kinds = _SCALARS[shape.type]
        if not isinstance(value, kinds) or (isinstance(value, bool) and shape.type != "boolean"):
            yield f"{where} is {type(value).__name__}, not {shape.type}"
        elif shape.enum and shape.type == "string" and value not in shape.enum:
            yield f"{where} is {value!r}, not one of {', '.join(shape.enum)}"


def _structure(shape: Shape, value: object, where: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name in value:
            if name not in shape.members:
                yield f"{where}.{name} is no member of {shape.name}"

        def get(name: str) -> Any:
            return value.get(name)
    elif isinstance(value, msgspec.Struct):

        def get(name: str) -> Any:
            return getattr(value, parameter_name(name), None)
    else:
        yield f"{where} is {type(value).__name__}, not a dict or record"
        return
    for name, member in shape.members.items():
        item = get(name)
        if item is None:
            if name in shape.required:
                yield f"{where}.{name} is required"
        else:
            yield from _problems(member.shape, item, f"{where}.{name}")
