"""Compressed request bodies, undone within bounds."""

from __future__ import annotations

import zlib

from cloudward.errors import MalformedRequest, RequestTooLarge
from cloudward.protocols.wire import WireRequest

MAX_DECOMPRESSED = 64 * 1024 * 1024
"""Bytes that a compressed body may grow to; no AWS API with request compression takes as much."""

_GZIP = 16 + zlib.MAX_WBITS  # zlib's code for "gzip framing only"


def with_plain_body(request: WireRequest) -> WireRequest:
    """Return a request whose body is not compressed; the same one where it never was.

    Args:
        request: the request.

    Raises:
        MalformedRequest: the body is not what its `Content-Encoding` says.
        RequestTooLarge: it grows beyond bounds.
    """
    encoding = request.headers.get("content-encoding")
    if not encoding:
        return request
    encodings = [name.strip().lower() for name in encoding.split(",")]
    if "gzip" not in encodings:
        return request
    return WireRequest(
        request.method,
        request.raw_path,
        request.raw_query,
        request.header_items,
        gunzip(request.body),
        request.remote_addr,
        request.scheme,
    )


def gunzip(body: bytes, limit: int = MAX_DECOMPRESSED) -> bytes:
    """Return what gzip compressed.

    Args:
        body: the compressed bytes.
        limit: the most bytes that may come out.

    Raises:
        MalformedRequest: the bytes are not gzip, or cut short.
        RequestTooLarge: more than `limit` would come out.
    """
    pieces: list[bytes] = []
    left = limit
    while body:
        stream = zlib.decompressobj(_GZIP)
        try:
            piece = stream.decompress(body, left + 1)
        except zlib.error:
            raise MalformedRequest("The request body is not valid gzip") from None
        left -= len(piece)
        if left < 0:
            raise RequestTooLarge("The decompressed request body is too large")
        if not stream.eof:
            raise MalformedRequest("The gzip request body ends too early")
        pieces.append(piece)
        body = stream.unused_data
    return b"".join(pieces)
