"""The canonical form of a request: what a client signs, computed from what a server received.

Source: "Create a signed AWS API request" (IAM User Guide), steps 1 to 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from urllib.parse import quote_from_bytes, unquote_to_bytes

from cloudward.sigv4.request import SignedRequest
from cloudward.sigv4.signature import EMPTY_SHA256

_BLANKS = re.compile("[ \t\r\n\v\f]+")
_PLAIN_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)*/?").fullmatch
# Text that encoding would give back: unreserved characters, and %XX of all others.
_CANONICAL = re.compile(
    "[A-Za-z0-9_.~-]*(?:%(?!2[DE]|3[0-9]|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE])[0-9A-F]{2}[A-Za-z0-9_.~-]*)*"
).fullmatch
SIGNATURE_PARAMETER = "X-Amz-Signature"


def encode_bytes(text: str) -> bytes:
    """Give the bytes that a received text came from.

    Args:
        text: Text decoded as latin-1; other characters, which can only come from a caller's own text, become UTF-8.

    Returns:
        The bytes.
    """
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def canonical_path(raw_path: str, *, s3: bool) -> str:
    """Make the canonical URI.

    Args:
        raw_path: The percent-encoded path as sent.
        s3: Whether by S3's rules (decoded and encoded once, never normalised); else dot segments and repeated slashes
            are removed and the encoded path is encoded again.

    Returns:
        The canonical URI; "/" for an empty path.
    """
    if _PLAIN_PATH(raw_path):
        # The common paths; by this pattern no segment starts with a dot or is empty.
        return raw_path or "/"
    if s3:
        # Segment by segment: an encoded slash is part of a name (of an ARN, say) and stays encoded.
        return "/".join([_encoded(segment, plus="+") for segment in raw_path.split("/")]) or "/"
    return quote_from_bytes(encode_bytes(_normalised(raw_path)), safe="/-_.~")


def _normalised(path: str) -> str:
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            if kept:
                kept.pop()
        elif segment and segment != ".":
            kept.append(segment)
    end = "/" if path.endswith("/") and kept else ""
    return f"/{'/'.join(kept)}{end}"


def query_pairs(raw_query: str) -> list[tuple[str, str]]:
    """Split a query string, still encoded, into its parameters.

    Args:
        raw_query: The query string as sent.

    Returns:
        Names and values in their order; a parameter without an equal sign has an empty value.
    """
    pairs = []
    for part in raw_query.split("&"):
        if part:
            name, _, value = part.partition("=")
            pairs.append((name, value))
    return pairs


def _encoded(text: str, *, plus: str = "%20") -> str:
    if _CANONICAL(text):
        return text
    return quote_from_bytes(unquote_to_bytes(encode_bytes(text.replace("+", plus))), safe="-_.~")


def canonical_query(raw_query: str, *, without: Iterable[str] = ()) -> str:
    """Make the canonical query string: decoded, encoded in the one right way, and sorted.

    Args:
        raw_query: The query string as sent.
        without: Names of parameters to leave out (the signature itself, in presigned requests).

    Returns:
        The canonical query string.
    """
    if not raw_query:
        return ""
    left_out = frozenset(without)
    pairs = [(_encoded(name), _encoded(value)) for name, value in query_pairs(raw_query)]
    pairs.sort()
    return "&".join([f"{name}={value}" for name, value in pairs if name not in left_out])


def joined_headers(items: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    """Join repeated headers as the canonical form has them: each value trimmed, with commas between.

    Args:
        items: All headers, names in lower case.

    Returns:
        Values by name.
    """
    joined: dict[str, str] = {}
    for name, value in items:
        trimmed = value.strip(" \t\r\n\v\f")
        joined[name] = f"{joined[name]},{trimmed}" if name in joined else trimmed
    return joined


def canonical_headers(request: SignedRequest, signed: Sequence[str]) -> str:
    """Make the canonical headers, one a line, each line ended.

    Args:
        request: The request.
        signed: Names of the signed headers, lower case and sorted. One that the request lacks gives no line, so that
            a removed header never verifies.

    Returns:
        The lines.
    """
    headers = request.headers
    if len(request.header_items) != len(headers):
        headers = joined_headers(request.header_items)
    lines = []
    for name in signed:
        value = headers.get(name)
        if value is None:
            continue
        value = value.strip(" \t\r\n\v\f")
        if "  " in value or "\t" in value:
            value = _BLANKS.sub(" ", value)
        lines.append(f"{name}:{value}\n")
    return "".join(lines)


def canonical_request(
    request: SignedRequest, signed: Sequence[str], payload_hash: str, *, s3: bool, without: Iterable[str] = ()
) -> str:
    """Make the canonical request.

    Args:
        request: The request.
        signed: Names of the signed headers, lower case and sorted.
        payload_hash: The last line: the body's SHA-256 in hexadecimal, or the word that stands for it.
        s3: Whether by S3's rules for the path.
        without: Names of query parameters to leave out.

    Returns:
        The canonical request, latin-1 where the headers were.
    """
    return (
        f"{request.method}\n{canonical_path(request.raw_path, s3=s3)}\n"
        f"{canonical_query(request.raw_query, without=without)}\n{canonical_headers(request, signed)}\n"
        f"{';'.join(signed)}\n{payload_hash}"
    )


def payload_hash(body: bytes) -> str:
    """Hash a body.

    Args:
        body: The body as received.

    Returns:
        Its SHA-256 in hexadecimal digits.
    """
    return sha256(body).hexdigest() if body else EMPTY_SHA256


def string_to_sign(algorithm: str, timestamp: str, scope: str, canonical: str) -> str:
    """Make the string to sign.

    Args:
        algorithm: The signing algorithm's name.
        timestamp: The signing time in ISO 8601 basic format.
        scope: The credential scope.
        canonical: The canonical request.

    Returns:
        The string to sign.
    """
    return f"{algorithm}\n{timestamp}\n{scope}\n{sha256(encode_bytes(canonical)).hexdigest()}"
