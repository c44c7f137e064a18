"""What the REST protocols read from outside the body: labels, query parameters and headers."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from cloudward.errors import MalformedRequest
from cloudward.naming import parameter_name
from cloudward.protocols.jsons import parse_json
from cloudward.protocols.values import TEXT_DECODE
from cloudward.protocols.walk import is_json_value, wire_name

if TYPE_CHECKING:
    from cloudward.model import Member, OperationModel
    from cloudward.protocols.wire import WireRequest

_LIST_ITEM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|$)')
_ESCAPED = re.compile(r"\\(.)")

Step = Callable[["WireRequest", Mapping[str, str], Mapping[str, list[str]], dict[str, Any]], None]
"""Reads one member from a request, its labels and its query parameters into the values."""


@dataclass(frozen=True, slots=True)
class HttpInput:
    """The members of an operation's input that travel outside the body.

    Attributes:
        steps: what reads each of them.
        reads_query: whether any of them is a query parameter.
    """

    steps: tuple[Step, ...]
    reads_query: bool

    def read(self, request: WireRequest, labels: Mapping[str, str], values: dict[str, Any]) -> None:
        """Read all of them.

        Args:
            request: the request.
            labels: the path's labels.
            values: where to put them, by parameter names.

        Raises:
            MalformedRequest: one cannot be read.
        """
        query = parse_query(request.raw_query) if self.reads_query and request.raw_query else {}
        for step in self.steps:
            step(request, labels, query, values)


def http_input(operation: OperationModel) -> HttpInput:
    """Return what reads an operation's input from outside the body.

    Args:
        operation: the operation.
    """
    if operation.input is None:
        return HttpInput((), reads_query=False)
    members = [member for member in operation.input.members.values() if member.location is not None]
    bound = {wire_name(member) for member in members if member.location == "querystring"}
    literal = {
        pair.partition("=")[0] for pair in operation.http.uri.partition("?")[2].split("&")
    }  # the template's own parameters
    makers = {"uri": _label, "header": _header, "headers": _header_map}
    steps = []
    for member in members:
        if member.location == "querystring":
            steps.append(_query_map(member, bound | literal) if member.shape.type == "map" else _query(member))
        elif member.location in makers:
            steps.append(makers[member.location](member))
    return HttpInput(tuple(steps), bool(bound))


def parse_query(raw: str) -> dict[str, list[str]]:
    """Return query parameters, decoded, each with its values in order.

    Args:
        raw: the query string.

    Raises:
        MalformedRequest: a parameter is not valid UTF-8.
    """
    found: dict[str, list[str]] = {}
    try:
        for pair in raw.split("&"):
            if not pair:
                continue
            name, _, value = pair.partition("=")
            if "%" in pair or "+" in pair:
                name = unquote(name.replace("+", " "), errors="strict")
                value = unquote(value.replace("+", " "), errors="strict")
            found.setdefault(name, []).append(value)
    except UnicodeDecodeError:
        raise MalformedRequest("A query parameter is not valid UTF-8") from None
    return found


def _scalar(member: Member) -> Callable[[str], Any]:
    reader = TEXT_DECODE.get(member.shape.type)
    return str if reader is None else reader


def _label(member: Member) -> Step:
    name, key, read = wire_name(member), parameter_name(member.name), _scalar(member)

    def step(
        request: WireRequest, labels: Mapping[str, str], query: Mapping[str, list[str]], values: dict[str, Any]
    ) -> None:
        text = labels.get(name)
        if text is not None:
            values[key] = read(text)

    return step


def _query(member: Member) -> Step:
    name, key = wire_name(member), parameter_name(member.name)
    element = member.shape.member
    read = _scalar(member if element is None else element)

    def step(
        request: WireRequest, labels: Mapping[str, str], query: Mapping[str, list[str]], values: dict[str, Any]
    ) -> None:
        texts = query.get(name)
        if texts is None:
            return
        if element is not None:
            values[key] = [read(text) for text in texts]
        elif len(texts) > 1:
            raise MalformedRequest(f"Duplicate query parameter {name}")
        else:
            values[key] = read(texts[0])

    return step


def _query_map(member: Member, others: Iterable[str]) -> Step:
    key = parameter_name(member.name)
    value = member.shape.value
    is_list = value is not None and value.shape.type == "list"
    skipped = frozenset(others)

    def step(
        request: WireRequest, labels: Mapping[str, str], query: Mapping[str, list[str]], values: dict[str, Any]
    ) -> None:
        found: dict[str, Any] = {}
        for name, texts in query.items():
            if name in skipped or name.startswith("X-Amz-"):
                continue  # parameters with a place of their own, and those of presigned requests
            if not is_list and len(texts) > 1:
                raise MalformedRequest(f"Duplicate query parameter {name[:64]}")
            found[name] = texts if is_list else texts[0]
        if found:
            values[key] = found

    return step


def _header(member: Member) -> Step:
    name, key = wire_name(member).lower(), parameter_name(member.name)
    read = _header_reader(member)

    def step(
        request: WireRequest, labels: Mapping[str, str], query: Mapping[str, list[str]], values: dict[str, Any]
    ) -> None:
        text = request.headers.get(name)
        if text is not None:
            values[key] = read(text)

    return step


def _header_reader(member: Member) -> Callable[[str], Any]:
    if is_json_value(member):
        return _json_value
    element = member.shape.member
    if element is None:
        return _scalar(member)
    read = _scalar(element)
    # An RFC 822 date has a comma of its own.
    every = 2 if element.shape.type == "timestamp" and element.timestamp_format in {None, "rfc822"} else 1

    def read_list(text: str) -> list[Any]:
        items = _header_items(text)
        if every > 1:
            items = [", ".join(items[at : at + every]) for at in range(0, len(items), every)]
        return [read(item) for item in items]

    return read_list


def _header_items(text: str) -> list[str]:
    items: list[str] = []
    position = 0
    while position <= len(text):
        match = _LIST_ITEM.match(text, position)
        if match is None:
            raise MalformedRequest("A header's list cannot be read")
        quoted, plain = match.groups()
        items.append(_ESCAPED.sub(r"\1", quoted) if quoted is not None else plain.rstrip())
        if not match[0].endswith(",") or match.end() == position:
            break
        position = match.end()
    return items


def _json_value(text: str) -> Any:
    try:
        body = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedRequest("A header is not valid base64") from None
    return parse_json(body)


def _header_map(member: Member) -> Step:
    prefix, key = wire_name(member, "").lower(), parameter_name(member.name)

    def step(
        request: WireRequest, labels: Mapping[str, str], query: Mapping[str, list[str]], values: dict[str, Any]
    ) -> None:
        found = {name[len(prefix) :]: text for name, text in request.headers.items() if name.startswith(prefix)}
        if found:
            values[key] = found

    return step
