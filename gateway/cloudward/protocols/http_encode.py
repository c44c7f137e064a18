"""What the REST protocols write outside the body: the status and headers."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from cloudward.naming import parameter_name
from cloudward.protocols.values import TEXT_ENCODE, TIMESTAMP_TEXT
from cloudward.protocols.walk import is_json_value, wire_name

if TYPE_CHECKING:
    from cloudward.model import Member, Shape

Headers = list[tuple[str, str]]

_BREAKS = str.maketrans({"\r": " ", "\n": " ", "\0": " "})


class HttpOutput:
    """The members of an output or error that travel outside the body.

    Args:
        shape: the output or error shape; None for one without members.
    """

    def __init__(self, shape: Shape | None) -> None:
        members: Mapping[str, Member] = {} if shape is None else shape.members
        self._headers: list[tuple[str, str, Callable[[str, Any, Headers], None]]] = []
        self._status: str | None = None
        for name, member in members.items():
            if member.location == "header":
                self._headers.append((name, wire_name(member), _header_writer(member)))
            elif member.location == "headers":
                self._headers.append((name, wire_name(member, ""), _write_map))
            elif member.location == "statusCode":
                self._status = name

    def headers(self, values: Any, headers: Headers) -> None:
        """Add the headers.

        Args:
            values: the output, a dict or a record.
            headers: where to add.
        """
        for name, wire, write in self._headers:
            value = read_member(values, name)
            if value is not None:
                write(wire, value, headers)

    def status(self, values: Any, default: int) -> int:
        """Return the response's status.

        Args:
            values: the output.
            default: the model's status.
        """
        if self._status is None:
            return default
        value = read_member(values, self._status)
        return default if value is None else int(value)


def read_member(values: Any, name: str) -> Any:
    """Return a member of a dict or record; None where it is absent.

    Args:
        values: the dict by model names, or the record.
        name: the member's model name.
    """
    return values.get(name) if isinstance(values, dict) else getattr(values, parameter_name(name), None)


def header_text(text: str) -> str:
    """Return text as a header can carry it: one line.

    Args:
        text: the text.
    """
    return text.translate(_BREAKS)


def _header_writer(member: Member) -> Callable[[str, Any, Headers], None]:
    write: Callable[[Any], str]
    if is_json_value(member):

        def write(value: Any) -> str:
            return base64.b64encode(msgspec.json.encode(value)).decode("ascii")

    elif member.shape.member is not None:
        element = _text_writer(member.shape.member)

        def write(value: Any) -> str:
            return ", ".join(_quoted(element(item)) for item in value if item is not None)

    else:
        write = _text_writer(member)

    def add(wire: str, value: Any, headers: Headers) -> None:
        headers.append((wire, header_text(write(value))))

    return add


def _text_writer(member: Member) -> Callable[[Any], str]:
    if member.shape.type == "timestamp":
        return TIMESTAMP_TEXT[member.timestamp_format or "rfc822"]
    return TEXT_ENCODE[member.shape.type]


def _quoted(text: str) -> str:
    if '"' in text or "," in text:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return text


def _write_map(prefix: str, value: Mapping[str, str], headers: Headers) -> None:
    headers.extend(
        (header_text(prefix + key), header_text(str(item))) for key, item in value.items() if item is not None
    )
