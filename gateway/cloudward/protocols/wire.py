"""Requests and responses as they are on the wire, with nothing interpreted yet."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from urllib.parse import unquote_plus


class WireRequest:
    """An HTTP request, read whole.

    Args:
        method: the HTTP method, upper case.
        raw_path: the path as sent, percent-encoding kept, without the query.
        raw_query: the query as sent, without the question mark.
        header_items: all headers in order, names in lower case.
        body: the body, content encodings not yet undone.
        remote_addr: the client's address.
        scheme: `http` or `https`.
    """

    __slots__ = (
        "_headers",
        "_query",
        "body",
        "header_items",
        "method",
        "raw_path",
        "raw_query",
        "remote_addr",
        "scheme",
    )

    def __init__(
        self,
        method: str,
        raw_path: str,
        raw_query: str = "",
        header_items: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        remote_addr: str = "",
        scheme: str = "http",
    ) -> None:
        self.method = method
        self.raw_path = raw_path
        self.raw_query = raw_query
        self.header_items = header_items
        self.body = body
        self.remote_addr = remote_addr
        self.scheme = scheme
        self._headers: dict[str, str] | None = None
        self._query: dict[str, list[str]] | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers by lower-case name; repeated ones joined by a comma."""
        headers = self._headers
        if headers is None:
            headers = {}
            for name, value in self.header_items:
                headers[name] = f"{headers[name]},{value}" if name in headers else value
            self._headers = headers
        return headers

    @property
    def query(self) -> Mapping[str, list[str]]:
        """Query parameters, decoded, each with its values in order; a bare name has the value ``''``."""
        query = self._query
        if query is None:
            query = {}
            if self.raw_query:
                for pair in self.raw_query.split("&"):
                    if pair:
                        name, _, value = pair.partition("=")
                        query.setdefault(unquote_plus(name), []).append(unquote_plus(value))
            self._query = query
        return query


class WireResponse:
    """An HTTP response.

    Args:
        status: the HTTP status.
        headers: header names and values, in order.
        body: bytes, or an iterable (sync or async) of chunks for a stream.
    """

    __slots__ = ("body", "headers", "status")

    def __init__(
        self,
        status: int,
        headers: list[tuple[str, str]],
        body: bytes | Iterable[bytes] | AsyncIterator[bytes] = b"",
    ) -> None:
        self.status = status
        self.headers = headers
        self.body = body
