"""Matching paths against the URI templates of REST services.

The templates of one or several services become a tree of path segments.  The most specific template wins: literal
segments before labels before greedy labels, from left to right; below one path, the operation whose required query
literals, parameters and headers the request has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from cloudward.model import ServiceModel
from cloudward.protocols.wire import WireRequest


@dataclass(frozen=True, slots=True)
class Candidate:
    """An operation under its template.

    Attributes:
        service: the service's name.
        operation: the operation's name.
        labels: the names of the template's labels, in order.
        literals: the query literals that the request must have; None as a value admits any.
        parameters: names of required query parameters.
        headers: names of required headers, lower case.
        deprecated: whether the model says so.
    """

    service: str
    operation: str
    labels: tuple[str, ...]
    literals: tuple[tuple[str, str | None], ...]
    parameters: tuple[str, ...]
    headers: tuple[str, ...]
    deprecated: bool

    def score(self, request: WireRequest) -> tuple[int, int, int, bool] | None:
        """Return how well a request fits, greater is better; None when a query literal is missing.

        Args:
            request: a request whose path and method fit.
        """
        query = request.query if request.raw_query else {}
        for name, value in self.literals:
            values = query.get(name)
            if values is None or (value is not None and value not in values):
                return None
        headers = request.headers
        present = sum(name in query for name in self.parameters) + sum(name in headers for name in self.headers)
        missing = len(self.parameters) + len(self.headers) - present
        return (len(self.literals), -missing, present, not self.deprecated)


@dataclass(slots=True)
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    label: _Node | None = None
    greedy: dict[tuple[str, ...], dict[str, list[Candidate]]] = field(default_factory=dict)
    ends: dict[str, list[Candidate]] = field(default_factory=dict)


class TemplateTree:
    """The URI templates of some services.

    Args:
        services: the services; those without REST protocols add nothing.
    """

    def __init__(self, services: Iterable[ServiceModel]) -> None:
        self._root = _Node()
        for service in services:
            for name, operation in service.document["operations"].items():
                self._add(service, name, operation)

    def match(self, request: WireRequest, path: str) -> list[tuple[Candidate, Mapping[str, str]]]:
        """Return the operations that fit a request best, with the values of their labels.

        Several fit equally well only where nothing in path, query and headers tells them apart.

        Args:
            request: the request.
            path: its path, percent-encoded (with a virtual host's bucket in front).
        """
        segments = path.removeprefix("/").split("/")
        found = self._best(request, segments)
        if not found:  # AWS takes a slash too many, or one that the template has and the request has not
            found = self._best(request, segments[:-1] if segments[-1] == "" and len(segments) > 1 else [*segments, ""])
        return found

    def _best(self, request: WireRequest, segments: list[str]) -> list[tuple[Candidate, Mapping[str, str]]]:
        for methods, values in _walk(self._root, segments, 0, ()):
            candidates = methods.get(request.method)
            if not candidates:
                continue
            scored = [(score, c) for c in candidates if (score := c.score(request)) is not None]
            if scored:
                best = max(score for score, _ in scored)
                decoded = [unquote(value) for value in values]
                return [(c, dict(zip(c.labels, decoded, strict=True))) for score, c in scored if score == best]
        return []

    def _add(self, service: ServiceModel, name: str, operation: Mapping[str, Any]) -> None:
        http = operation.get("http", {})
        path, _, query = http.get("requestUri", "/").partition("?")
        node = self._root
        labels: list[str] = []
        methods = None
        segments = path.strip().removeprefix("/").split("/")
        for index, segment in enumerate(segments):
            if segment.endswith("+}"):
                labels.append(segment[1:-2])
                methods = node.greedy.setdefault(tuple(segments[index + 1 :]), {})
                break
            if segment.startswith("{") and segment.endswith("}"):
                labels.append(segment[1:-1])
                if node.label is None:
                    node.label = _Node()
                node = node.label
            else:
                node = node.literals.setdefault(segment, _Node())
        if methods is None:
            methods = node.ends
        parameters, headers = _required(service, operation)
        methods.setdefault(http.get("method", "POST"), []).append(
            Candidate(
                service=service.name,
                operation=name,
                labels=tuple(labels),
                literals=tuple(_literals(query)),
                parameters=parameters,
                headers=headers,
                deprecated=bool(operation.get("deprecated")),
            )
        )


def _walk(
    node: _Node, segments: list[str], index: int, values: tuple[str, ...]
) -> Iterator[tuple[dict[str, list[Candidate]], tuple[str, ...]]]:
    """Yield the methods of every template that a path fits, the most specific first."""
    if index == len(segments):
        if node.ends:
            yield node.ends, values
        return
    segment = segments[index]
    below = node.literals.get(segment)
    if below is None and "%" in segment:
        below = node.literals.get(unquote(segment))
    if below is not None:
        yield from _walk(below, segments, index + 1, values)
    if node.label is not None and segment:
        yield from _walk(node.label, segments, index + 1, (*values, segment))
    for suffix in sorted(node.greedy, key=len, reverse=True):
        end = len(segments) - len(suffix)
        if end > index and tuple(segments[end:]) == suffix:
            value = "/".join(segments[index:end])
            if value:
                yield node.greedy[suffix], (*values, value)


def _literals(query: str) -> Iterator[tuple[str, str | None]]:
    for pair in query.split("&"):
        if pair:
            name, equals, value = pair.partition("=")
            yield name, unquote(value) if equals else None


def _required(service: ServiceModel, operation: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the query parameters and headers that an operation cannot do without."""
    reference = operation.get("input")
    if not reference:
        return (), ()
    shape = service.document["shapes"][reference["shape"]]
    members = [(name, shape["members"][name]) for name in shape.get("required", ())]
    places = [(ref.get("location"), ref.get("locationName", name)) for name, ref in members]
    return (
        tuple(wire for place, wire in places if place == "querystring"),
        tuple(wire.lower() for place, wire in places if place == "header"),
    )
