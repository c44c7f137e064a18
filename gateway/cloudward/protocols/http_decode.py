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

Bound = tuple[str, str, Callable[[str], Any]]
"""A member that is one text: its wire name, its parameter name and what reads it."""

QueryStep = Callable[[Mapping[str, list[str]], dict[str, Any]], None]
"""Reads one member from the query parameters into the values."""


@dataclass(frozen=True, slots=True)
class HttpInput:
    """The members of an operation's input that travel outside the body.

    Attributes:
        labels: those in the path.
        headers: those in headers of their own.
        header_maps: the prefixes of those that are many headers, and their parameter names.
        query: what reads those in query parameters.
    """

    labels: tuple[Bound, ...] = ()
    headers: tuple[Bound, ...] = ()
    header_maps: tuple[tuple[str, str], ...] = ()
    query: tuple[QueryStep, ...] = ()

    def read(self, request: WireRequest, labels: Mapping[str, str], values: dict[str, Any]) -> None:
        """Read all of them.

        Args:
            request: the request.
            labels: the path's labels.
            values: where to put them, by parameter names.

        Raises:
            MalformedRequest: one cannot be read.
        """
        for name, key, reader in self.labels:
            text = labels.get(name)
            if text is not None:
                values[key] = reader(text)
        if self.query and request.raw_query:
            parameters = parse_query(request.raw_query)
            for step in self.query:
                step(parameters, values)
        headers = request.headers
        for name, key, reader in self.headers:
            text = headers.get(name)
            if text is not None:
                values[key] = reader(text)
        for prefix, key in self.header_maps:
            found = {name[len(prefix) :]: text for name, text in headers.items() if name.startswith(prefix)}
            if found:
                values[key] = found


def http_input(operation: OperationModel) -> HttpInput:
    """Return what reads an operation's input from outside the body.

    Args:
        operation: the operation.
    """
    if operation.input is None:
        return HttpInput()
    by_location: dict[str | None, list[Member]] = {}
    for member in operation.input.members.values():
        by_location.setdefault(member.location, []).append(member)
    in_query = by_location.get("querystring", ())
    # What a map of query parameters leaves to others: members with their own, and the template's.
    taken = {wire_name(member) for member in in_query if member.shape.type != "map"}
    taken |= {pair.partition("=")[0] for pair in operation.http.uri.partition("?")[2].split("&")}
    return HttpInput(
        labels=tuple(
            (wire_name(member), parameter_name(member.name), _scalar(member)) for member in by_location.get("uri", ())
        ),
        headers=tuple(
            (wire_name(member).lower(), parameter_name(member.name), _header_reader(member))
            for member in by_location.get("header", ())
        ),
        header_maps=tuple(
            (wire_name(member, "").lower(), parameter_name(member.name)) for member in by_location.get("headers", ())
        ),
        query=tuple(_query_map(member, taken) if member.shape.type == "map" else _query(member) for member in in_query),
    )


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


def _query(member: Member) -> QueryStep:
    name, key = wire_name(member), parameter_name(member.name)
    element = member.shape.member
    read = _scalar(member if element is None else element)

    def step(query: Mapping[str, list[str]], values: dict[str, Any]) -> None:
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


def _query_map(member: Member, others: Iterable[str]) -> QueryStep:
    key = parameter_name(member.name)
    value = member.shape.value
    is_list = value is not None and value.shape.type == "list"
    skipped = frozenset(others)

    def step(query: Mapping[str, list[str]], values: dict[str, Any]) -> None:
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
