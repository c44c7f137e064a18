"""JSON bodies, read within bounds."""

from __future__ import annotations

from typing import Any

import msgspec

from cloudward.errors import MalformedRequest
from cloudward.protocols.trees import check_depth
from cloudward.protocols.wire import WireRequest

_TYPES = frozenset({"application/json", "application/x-amz-json-1.0", "application/x-amz-json-1.1"})


def parse_json(body: bytes) -> Any:
    """Return the value of a JSON text.

    Args:
        body: the text in UTF-8.

    Raises:
        MalformedRequest: it is not JSON, or nests too deeply.
    """
    try:
        tree = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedRequest("The request body is not valid JSON") from None
    check_depth(tree, body.count(b"{") + body.count(b"["))
    return tree


def require_json(request: WireRequest) -> None:
    """Refuse a body that its content type calls something else than JSON.

    Args:
        request: the request.

    Raises:
        MalformedRequest: it does.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and kind not in _TYPES:
        raise MalformedRequest(f"Content type {kind[:64]} is not JSON")
