"""What a request says about its signature, and what is known once it was verified."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cloudward.sigv4.post_form import PostForm

HMAC = "AWS4-HMAC-SHA256"
ECDSA = "AWS4-ECDSA-P256-SHA256"
TERMINATOR = "aws4_request"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


class Where(Enum):
    """Where a request carries its signature."""

    HEADER = "header"
    QUERY = "query"
    FORM = "form"


class Signature(NamedTuple):
    """The authentication information of a request, parsed but not yet verified.

    Attributes:
        algorithm: ``AWS4-HMAC-SHA256`` or ``AWS4-ECDSA-P256-SHA256`` (SigV4A).
        access_key_id: The key that the client says it signed with.
        date: The credential scope's date, YYYYMMDD as sent.
        region: The credential scope's region; empty for SigV4A, which has ``region_set`` instead.
        service: The credential scope's service.
        terminator: The credential scope's last element, to be ``aws4_request``.
        signed_headers: Lower-case names of the signed headers, sorted; empty in a POST form.
        signature: The signature in hexadecimal digits, as sent.
        timestamp: The signing time in ISO 8601 basic format, as it enters the string to sign.
        time: The signing time.
        expires: Seconds that a presigned request is valid for; None where not given.
        session_token: The security token of temporary credentials.
        where: Where the request carries the signature.
        region_set: SigV4A's regions, comma-separated, with wildcards; None otherwise.
        form: The parsed POST form, when that carries the signature.
    """

    algorithm: str
    access_key_id: str
    date: str
    region: str
    service: str
    terminator: str
    signed_headers: tuple[str, ...]
    signature: str
    timestamp: str
    time: datetime
    expires: int | None
    session_token: str | None
    where: Where
    region_set: str | None = None
    form: PostForm | None = None

    @property
    def scope(self) -> str:
        """The credential scope: the date, the region (not in SigV4A), the service and the terminator."""
        if self.algorithm == ECDSA:
            return f"{self.date}/{self.service}/{self.terminator}"
        return f"{self.date}/{self.region}/{self.service}/{self.terminator}"


class Verified(NamedTuple):
    """The outcome of a successful verification.

    Attributes:
        signature: What was verified.
        body: The body to work with: as received, or decoded from aws-chunked.
        payload_signed: Whether the signature covers the body's bytes.
        trailers: Trailing headers of an aws-chunked body, lower-case names; their checksums have been verified.
    """

    signature: Signature
    body: bytes
    payload_signed: bool
    trailers: dict[str, str]
