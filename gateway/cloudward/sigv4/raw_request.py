"""A request saved as text or bytes, as `curl --trace`, proxies and packet captures have it, read for its signature."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_REQUEST_LINE = re.compile(r"([!#-'*+.0-9A-Z^-z|~-]+) (\S+)(?: HTTP/[0-9.]+)?")
_CANONICAL = re.compile(
    r"^(?:.*CanonicalRequest:)?[ \t]*\n?"
    r"([A-Z]+\n/[^\n]*\n[^\n]*\n(?:[a-z0-9!#$%&'*+.^_`|~-]+:[^\n]*\n)+\n[a-z0-9;!#$%&'*+.^_`|~-]+\n"
    r"(?:[0-9a-f]{64}|UNSIGNED-PAYLOAD|STREAMING-[A-Z0-9-]+))[ \t]*$",
    re.MULTILINE,
)
_STRING_TO_SIGN = re.compile(
    r"^(?:.*StringToSign:)?[ \t]*\n?(AWS4-[A-Z0-9-]+\n[0-9TZ]{16}\n[^\n]+\n[0-9a-f]{64})[ \t]*$", re.MULTILINE
)


@dataclass(frozen=True)
class RawRequest:
    """A request read from a file; it has what signatures are made of.

    Attributes:
        method: the HTTP method.
        raw_path: the path as sent.
        raw_query: the query as sent.
        header_items: all headers in order, names in lower case.
        body: the body.
    """

    method: str
    raw_path: str
    raw_query: str
    header_items: tuple[tuple[str, str], ...]
    body: bytes

    @cached_property
    def headers(self) -> dict[str, str]:
        """Headers by lower-case name; repeated ones joined by a comma."""
        joined: dict[str, str] = {}
        for name, value in self.header_items:
            joined[name] = f"{joined[name]},{value}" if name in joined else value
        return joined


def parse_raw_request(data: bytes) -> RawRequest:
    """Read a saved HTTP/1.1 request.

    Line ends may be those of HTTP or of the machine.  A `Content-Length` cuts off what an editor added to the body.

    Args:
        data: the request line, headers, an empty line, and the body.

    Raises:
        ValueError: it is no HTTP request; the message says why.
    """
    end = _HEAD_END.search(data)
    head, body = (data[: end.start()], data[end.end() :]) if end is not None else (data.rstrip(b"\r\n"), b"")
    first, *lines = head.decode("latin-1").replace("\r\n", "\n").lstrip("\n").split("\n")
    match = _REQUEST_LINE.fullmatch(first.strip())
    if match is None:
        raise ValueError(f"{first[:80]!r} is no request line such as 'POST / HTTP/1.1'")
    items = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise ValueError(f"{line[:80]!r} is no header such as 'Host: example.com'")
        items.append((name.lower(), value.strip()))
    target = match[2]
    if "://" in target:
        # Proxies save the whole URL.
        target = "/" + target.split("://", 1)[1].partition("/")[2]
    path, _, query = target.partition("?")
    length = dict(items).get("content-length", "")
    if length.isascii() and length.isdigit():
        body = body[: int(length)]
    return RawRequest(match[1], path, query, tuple(items), body)


def find_signed_text(log: str) -> str | None:
    """Return the last canonical request, or else the last string to sign, in a client's debug log.

    Args:
        log: the log, or the text itself.
    """
    text = log.replace("\r\n", "\n")
    found = _CANONICAL.findall(text) or _STRING_TO_SIGN.findall(text)
    return str(found[-1]) if found else None
