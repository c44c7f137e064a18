"""What the signature code needs to know of a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class SignedRequest(Protocol):
    """A received HTTP request, as exactly as it was on the wire.

    Text comes from bytes decoded as latin-1, the HTTP convention, so that the bytes the client signed can be had back.

    Attributes:
        method: The HTTP method, upper-case as sent.
        raw_path: The percent-encoded path as sent, without the query string.
        raw_query: The percent-encoded query string as sent, without the question mark.
        headers: Header values by lower-case name; repeated headers joined with commas.
        header_items: All headers in the order in which they came, names in lower case.
        body: The body as received, after the transfer encoding but before the content encoding (aws-chunked) is undone.
    """

    @property
    def method(self) -> str:
        """The HTTP method."""
        ...

    @property
    def raw_path(self) -> str:
        """The path, still encoded."""
        ...

    @property
    def raw_query(self) -> str:
        """The query string, still encoded."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Header values by lower-case name."""
        ...

    @property
    def header_items(self) -> Sequence[tuple[str, str]]:
        """All headers in their order."""
        ...

    @property
    def body(self) -> bytes:
        """The body as received."""
        ...
