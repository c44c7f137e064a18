"""What STS's routes outside the AWS protocols answer."""

from __future__ import annotations

from typing import Any

import msgspec
from rolo import Request, Response


def json_reply(value: Any, status: int = 200) -> Response:
    """Return a JSON response.

    Args:
        value: anything that JSON can hold.
        status: the HTTP status.
    """
    return Response(msgspec.json.encode(value), status, mimetype="application/json")


def refused(reason: str, status: int = 400) -> Response:
    """Return a refusal that a person understands.

    Args:
        reason: why.
        status: the HTTP status.
    """
    return json_reply({"error": reason}, status)


def address_of(request: Request) -> str:
    """Return the gateway's address as the client knows it.

    Args:
        request: the client's request.
    """
    return f"{request.scheme}://{request.host}"
