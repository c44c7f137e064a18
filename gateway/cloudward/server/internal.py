"""Routes outside the AWS protocols, `/_cloudward/…` and the LocalStack aliases."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec
from rolo import Request, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule

EVENT_STREAM = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer that goes on: Server-Sent Events or a download.

    Attributes:
        chunks: the chunks, made as they are sent (in a thread if the iterator is not an asynchronous one) and closed
            when the client goes away.
        content_type: the media type.
    """

    chunks: AsyncIterator[bytes] | Iterator[bytes]
    content_type: str = EVENT_STREAM


@dataclass(frozen=True, slots=True)
class InternalRoute:
    """One route.

    Attributes:
        path: the path, with werkzeug's `<name>` blanks.
        endpoint: takes rolo's request and the blanks as keywords; returns a `Response`, a `Stream`, text, bytes, None
            or anything that JSON can hold; may be async.
        methods: the HTTP methods.
        blocking: whether it waits for disk or network and so runs in a thread.
        aliases: other paths for the same, LocalStack's.
    """

    path: str
    endpoint: Callable[..., Any]
    methods: tuple[str, ...] = ("GET",)
    blocking: bool = False
    aliases: tuple[str, ...] = ()


class InternalRoutes:
    """Finds and calls internal routes.

    Args:
        routes: the routes.
    """

    def __init__(self, routes: Iterable[InternalRoute]) -> None:
        self._map = Map(strict_slashes=False, merge_slashes=False)
        self._first_segments: set[str] = set()
        self.routes: list[InternalRoute] = []
        self.add(routes)

    def add(self, routes: Iterable[InternalRoute]) -> None:
        """Add routes.

        Args:
            routes: the routes.
        """
        for route in routes:
            self.routes.append(route)
            for path in (route.path, *route.aliases):
                self._map.add(Rule(path, methods=route.methods, endpoint=route))
                self._first_segments.add(path.split("/", 2)[1])

    def owns(self, path: str) -> bool:
        """Tell whether a path is for internal routes rather than AWS calls.

        Args:
            path: the raw path.
        """
        segments = path.split("/", 2)
        return len(segments) > 1 and segments[1] != "" and segments[1] in self._first_segments

    def match(self, request: Request) -> tuple[InternalRoute, dict[str, Any]] | Response:
        """Return the route of a request and the values of its blanks, or the answer when there is none.

        Args:
            request: the request.
        """
        adapter = self._map.bind("localhost", path_info=request.path, default_method=request.method)
        try:
            route, arguments = adapter.match(method=request.method)
        except HTTPException as error:
            status = error.code or 500
            allowed = ", ".join(sorted((isinstance(error, MethodNotAllowed) and error.valid_methods) or ()))
            reason = f"there is no route {request.path}; GET /_cloudward lists them"
            if allowed:
                reason = f"{request.path} takes {allowed}, not {request.method}"
            elif status != 404:
                reason = HTTPStatus(status).phrase
            answer = json_response({"error": reason, "path": request.path}, status)
            if allowed:
                answer.headers["allow"] = allowed
            return answer
        return route, dict(arguments)


async def as_response(result: Any) -> Response | Stream:
    """Return an endpoint's result as a response.

    Args:
        result: what the endpoint returned.
    """
    if inspect.isawaitable(result):
        result = await result
    if isinstance(result, Response | Stream):
        return result
    if result is None:
        return Response(status=200)
    if isinstance(result, str | bytes):
        return Response(result, mimetype="text/plain")
    return json_response(result)


def html_response(page: str) -> Response:
    """Return a page.

    Args:
        page: the HTML.
    """
    return Response(page, mimetype="text/html")


def json_response(value: Any, status: int = 200) -> Response:
    """Return a JSON response.

    Args:
        value: anything that JSON can hold, records included.
        status: the HTTP status.
    """
    return Response(msgspec.json.encode(value), status, mimetype="application/json")
