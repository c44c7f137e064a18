"""Errors of authentication, each with AWS's code, message and HTTP status.

Sources: "Common Errors" of the IAM and STS API references, "Error responses" of the Amazon S3 API reference, and the
IAM User Guide's "Troubleshoot signed requests for AWS APIs".
"""

from __future__ import annotations

from typing import ClassVar


class SignatureError(Exception):
    """A request whose authentication information AWS would refuse.

    Args:
        message: AWS's message.
        fields: Further elements of the error answer (S3 sends some, e.g. ``StringToSign``), by element name.
    """

    code: ClassVar[str]
    """The code in the query, EC2 and REST-XML protocols."""
    status: ClassVar[int] = 403
    """The HTTP status in those protocols."""
    json_code: ClassVar[str | None] = None
    """The code in the JSON and CBOR protocols, where it differs."""
    json_status: ClassVar[int | None] = 400
    """The HTTP status in those protocols; None where it is the same."""

    def __init__(self, message: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields or {}


class IncompleteSignature(SignatureError):
    """Authentication information that lacks a part or is not well-formed."""

    code = "IncompleteSignature"
    json_code = "IncompleteSignatureException"


class MissingAuthenticationToken(SignatureError):
    """A request without any authentication information, sent where some is required."""

    code = "MissingAuthenticationToken"
    json_code = "MissingAuthenticationTokenException"
    json_message: ClassVar[str] = "Missing Authentication Token"

    def __init__(self, message: str = "Request is missing Authentication Token") -> None:
        super().__init__(message)


class SignatureDoesNotMatch(SignatureError):
    """A signature that is wrong, outside its time window or made for another scope."""

    code = "SignatureDoesNotMatch"
    json_code = "InvalidSignatureException"


class RequestExpired(SignatureError):
    """A request signed too long ago, in services that have a code of its own for this (EC2)."""

    code = "RequestExpired"
    status = 400


class AuthFailure(SignatureError):
    """EC2's answer to credentials or signatures that it could not validate."""

    code = "AuthFailure"
    status = 401


class S3Error(SignatureError):
    """The base of the errors that only S3 and its relatives answer with; the code is the class's name."""

    json_status = None

    def __init_subclass__(cls) -> None:
        cls.code = cls.__name__


class AccessDenied(S3Error):
    """Expired presigned requests, unsigned headers, and POST policies that do not allow the upload."""


class AuthorizationHeaderMalformed(S3Error):
    """An Authorization header that S3 cannot read, or one for another region or service."""

    status = 400


class AuthorizationQueryParametersError(S3Error):
    """Presigned query parameters that S3 cannot read, or for another region or service."""

    status = 400


class RequestTimeTooSkewed(S3Error):
    """A request signed too far from the present."""


class InvalidArgument(S3Error):
    """An authentication argument that S3 does not take."""

    status = 400


class InvalidRequest(S3Error):
    """A request that lacks what S3 requires for this way of signing."""

    status = 400


class XAmzContentSHA256Mismatch(S3Error):
    """A body whose hash is not the one that was signed."""

    status = 400


class BadDigest(S3Error):
    """A checksum in a trailer that does not fit the body."""

    status = 400


class IncompleteBody(S3Error):
    """A chunked body that is cut off or of another length than announced."""

    status = 400


class MissingContentLength(S3Error):
    """A chunked upload without its decoded length."""

    status = 411


class InvalidChunkSizeError(S3Error):
    """A signed chunk, not the last, of less than 8,192 bytes."""


class MalformedTrailerError(S3Error):
    """Trailing headers that are not well-formed or not the announced ones."""

    status = 400


class EntityTooLarge(S3Error):
    """An upload of more bytes than its POST policy allows."""

    status = 400


class EntityTooSmall(S3Error):
    """An upload of fewer bytes than its POST policy demands."""

    status = 400


class InvalidPolicyDocument(S3Error):
    """A POST policy that is not well-formed."""

    status = 400


class MalformedPOSTRequest(S3Error):
    """A POST upload whose body is not well-formed multipart/form-data."""

    status = 400
