"""The multipart/form-data body of a browser-based upload.

Sources: RFC 7578 (multipart/form-data) and "Creating an HTML Form (Using AWS Signature Version 4)" (Amazon S3 API
Reference).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cloudward.sigv4.errors import MalformedPOSTRequest
from cloudward.sigv4.request import SignedRequest

_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,70})"|([^\s;,"]{1,70}))', re.IGNORECASE)
_NAME = re.compile(r'[;\s]name=(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))', re.IGNORECASE)
_FILE_NAME = re.compile(r'[;\s]filename=(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))', re.IGNORECASE)
_MOST_FIELD_BYTES = 20 * 1024
"""S3 takes forms of at most 20 KB, not counting the file."""
_NOT_WELL_FORMED = "The body of your POST request is not well-formed multipart/form-data."


@dataclass(frozen=True, slots=True)
class PostForm:
    """A browser-based upload.

    Attributes:
        fields: The fields before the file, by lower-case name.
        file: The file's bytes.
        file_name: The name that the client gave the file; empty when it gave none.
        content_type: The content type of the file's part; None when it has none.
    """

    fields: dict[str, str]
    file: memoryview
    file_name: str
    content_type: str | None


def is_post_form(request: SignedRequest) -> bool:
    """Whether a request may be a browser-based upload.

    Args:
        request: The request.
    """
    return request.method == "POST" and request.headers.get("content-type", "").lower().startswith(
        "multipart/form-data"
    )


def parse_post_form(request: SignedRequest) -> PostForm | None:
    """Read a browser-based upload. Time is linear in the body's length and the file is not copied.

    Args:
        request: A request for which is_post_form holds.

    Returns:
        The form; None when it is not an upload, that is, has no part named "file". Fields after the file are ignored,
        as S3 ignores them.

    Raises:
        MalformedPOSTRequest: The body is not well-formed, or its fields are too long.
    """
    match = _BOUNDARY.search(request.headers["content-type"])
    if match is None:
        raise MalformedPOSTRequest(_NOT_WELL_FORMED)
    delimiter = b"--" + (match[1] or match[2]).encode("latin-1", "replace")
    body = request.body
    start = 0 if body.startswith(delimiter) else body.find(b"\r\n" + delimiter) + 2
    if start < 0 or not body.startswith(delimiter, start):
        raise MalformedPOSTRequest(_NOT_WELL_FORMED)
    fields: dict[str, str] = {}
    total = 0
    position = start + len(delimiter)
    while True:
        if body.startswith(b"--", position):
            return None
        line_end = body.find(b"\r\n", position, position + 256)
        headers_end = body.find(b"\r\n\r\n", position, position + _MOST_FIELD_BYTES)
        if line_end < 0 or headers_end < 0:
            raise MalformedPOSTRequest(_NOT_WELL_FORMED)
        headers = _part_headers(body[line_end + 2 : headers_end])
        disposition = headers.get("content-disposition", "")
        name = _parameter(_NAME, disposition)
        content = headers_end + 4
        end = body.find(b"\r\n" + delimiter, content)
        if name is None or end < 0:
            raise MalformedPOSTRequest(_NOT_WELL_FORMED)
        if name.lower() == "file":
            return PostForm(
                fields,
                memoryview(body)[content:end],
                _parameter(_FILE_NAME, disposition) or "",
                headers.get("content-type"),
            )
        total += end - position
        if total > _MOST_FIELD_BYTES:
            raise MalformedPOSTRequest("Your POST request fields preceding the upload file were too large.")
        if name.lower() in fields:
            # Two values of one field: the policy could be checked against one and the upload done with the other.
            raise MalformedPOSTRequest(_NOT_WELL_FORMED)
        fields[name.lower()] = body[content:end].decode("utf-8", "replace")
        position = end + 2 + len(delimiter)


def _part_headers(block: bytes) -> dict[str, str]:
    headers = {}
    for line in block.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return headers


def _parameter(pattern: re.Pattern[str], disposition: str) -> str | None:
    match = pattern.search(disposition)
    if match is None:
        return None
    if match[1] is None:
        return match[2]
    return re.sub(r"\\(.)", r"\1", match[1])
