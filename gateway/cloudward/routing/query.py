"""Action and Version of a query request, found without decoding the form."""

from __future__ import annotations

import zlib
from urllib.parse import unquote_to_bytes

from cloudward.protocols.wire import WireRequest

FORM = "application/x-www-form-urlencoded"
_METHODS = frozenset({"GET", "HEAD", "POST"})
PEEK = 64 * 1024
"""How many bytes of a compressed form are inflated to find the action."""


def query_string(request: WireRequest) -> bytes | None:
    """Return the form or query that may name an action; None when the request has none.

    Args:
        request: the request.
    """
    if request.method == "POST":
        headers = request.headers
        content_type = headers.get("content-type", "")
        if content_type.startswith(FORM) or content_type[:33].lower() == FORM:
            body = request.body
            if body[:2] == b"\x1f\x8b" and "gzip" in headers.get("content-encoding", ""):
                body = _peek(body)
            if parameter(body, b"Action") is not None or "Action=" not in request.raw_query:
                return body
    if "Action=" in request.raw_query and request.method in _METHODS:
        return request.raw_query.encode("latin-1", "replace")
    return None


def parameter(form: bytes, name: bytes) -> str | None:
    """Return the first value of a form's parameter; None when the form does not have it.

    Args:
        form: the form, still encoded.
        name: the parameter's name, which is not expected to be percent-encoded.
    """
    key = name + b"="
    if form.startswith(key):
        start = len(key)
    else:
        found = form.find(b"&" + key)
        if found < 0:
            return None
        start = found + len(key) + 1
    end = form.find(b"&", start)
    value = form[start:] if end < 0 else form[start:end]
    if b"%" in value:
        value = unquote_to_bytes(value)
    return value.strip().decode("utf-8", "replace")


def _peek(body: bytes) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(body, PEEK)
    except zlib.error:
        return b""
