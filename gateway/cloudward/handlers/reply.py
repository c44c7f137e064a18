"""What rolo's `chain.respond` fills in: the answer of a plugin's handler, outside any AWS protocol."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from cloudward.protocols import WireResponse


class Reply:
    """The part of rolo's `Response` that handlers use, without the time that making one takes on every call.

    Attributes:
        status_code: the HTTP status.
        headers: the headers.
        response: the body, as chunks.
    """

    __slots__ = ("headers", "response", "status_code")

    def __init__(self) -> None:
        self.status_code = 200
        self.headers: dict[str, str] = {}
        self.response: Iterable[bytes] = ()

    @property
    def data(self) -> bytes:
        """The body in one piece."""
        return b"".join(self.response)

    @data.setter
    def data(self, value: bytes | str) -> None:
        self.response = (value.encode() if isinstance(value, str) else bytes(value),)

    def set_json(self, value: Any) -> None:
        """Make the body a JSON document.

        Args:
            value: anything that JSON can hold.
        """
        self.data = msgspec.json.encode(value)
        self.headers["content-type"] = "application/json"

    def to_wire(self) -> WireResponse:
        """Return the answer in wire form."""
        headers = [(name.lower(), str(value)) for name, value in self.headers.items()]
        return WireResponse(self.status_code, headers, self.data)
