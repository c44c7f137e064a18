"""The credential scope of a request, read without checking it.

A signature says which service, region and access key a request is for, in one of four places: the `Authorization`
header (SigV4, SigV4A and the older SigV2), the query of a presigned URL, and the form of a browser upload or a SigV2
query request.  See "Authenticating Requests (AWS Signature Version 4)" in the AWS documentation.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote_plus

from cloudward.protocols.wire import WireRequest

FORM_LIMIT = 64 * 1024
"""How many bytes of a form are searched for a credential: browser uploads put it before the file."""


class SigningScope(NamedTuple):
    """What a signature is for.

    Attributes:
        access_key_id: the access key id; may be empty.
        service: the signing name; `s3` for SigV2 headers, otherwise empty where the signature does not tell.
        region: the region; empty where the signature does not tell (SigV2, SigV4A).
    """

    access_key_id: str
    service: str
    region: str


def signing_scope(request: WireRequest) -> SigningScope | None:
    """Return a request's credential scope; None when it carries no AWS signature (or a bearer token).

    Args:
        request: the request.
    """
    authorization = request.headers.get("authorization")
    if authorization:
        return _read_authorization(authorization)
    query = request.raw_query
    if query:
        if "X-Amz-Credential=" in query:
            return _read_credential(_parameter(query, "X-Amz-Credential"))
        if "AWSAccessKeyId=" in query and "Signature=" in query:
            return SigningScope(_parameter(query, "AWSAccessKeyId"), _v2_service(query), "")
    if request.method == "POST" and request.body:
        return _read_form(request)
    return None


def _read_authorization(value: str) -> SigningScope | None:
    start = value.find("Credential=")
    if start >= 0 and value.startswith("AWS4-"):
        end = value.find(",", start)
        return _read_credential(value[start + 11 : end if end >= 0 else None].strip())
    if value.startswith("AWS "):  # SigV2 in a header: only S3 ever used it
        return SigningScope(value[4:].partition(":")[0].strip(), "s3", "")
    return None


def _read_credential(credential: str) -> SigningScope | None:
    # From the end, as an access key id may be anything, slashes too: key/date/region/service/aws4_request, and SigV4A
    # has no region.
    parts = credential.split("/")
    if len(parts) >= 5:
        return SigningScope("/".join(parts[:-4]), parts[-2], parts[-3])
    if len(parts) == 4:
        return SigningScope(parts[0], parts[2], "")
    return None


def _read_form(request: WireRequest) -> SigningScope | None:
    content_type = request.headers.get("content-type", "")
    if content_type.startswith("application/x-www-form-urlencoded"):
        body = request.body[:FORM_LIMIT]
        if b"X-Amz-Credential=" in body:
            return _read_credential(_parameter(body.decode("latin-1"), "X-Amz-Credential"))
        if b"AWSAccessKeyId=" in body and b"Signature=" in body:
            return SigningScope(_parameter(body.decode("latin-1"), "AWSAccessKeyId"), "", "")
        return None
    if content_type.startswith("multipart/form-data"):
        text = request.body[:FORM_LIMIT].decode("latin-1")
        credential = _part(text, "x-amz-credential")
        if credential:
            return _read_credential(credential)
        access_key_id = _part(text, "awsaccesskeyid")
        if access_key_id:
            return SigningScope(access_key_id, "s3", "")
    return None


def _v2_service(query: str) -> str:
    # Presigned SigV2 URLs with an expiry are S3's; query services name the version of the signature.
    return "" if "SignatureVersion=" in query else "s3"


def _parameter(query: str, name: str) -> str:
    for pair in query.split("&"):
        if pair.startswith(name) and pair[len(name) : len(name) + 1] == "=":
            return unquote_plus(pair[len(name) + 1 :])
    return ""


def _part(text: str, name: str) -> str:
    """Return the value of a multipart form's field; field names are compared without regard to case."""
    start = text.lower().find(f'name="{name}"')
    if start < 0:
        return ""
    value = text.find("\r\n\r\n", start)
    if value < 0:
        return ""
    return text[value + 4 : text.find("\r\n", value + 4)].strip()
