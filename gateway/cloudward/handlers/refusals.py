"""What a caller reads whose credential or signature is refused: one row a reason, by protocol.

Sources: "Common Errors" of the IAM, STS, DynamoDB and Lambda API references, "Error codes" of the EC2 API reference and
"Error responses" of the Amazon S3 API reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from cloudward.errors import ServiceError

if TYPE_CHECKING:
    from cloudward.routing import Route
    from cloudward.sigv4 import SignatureError


class AuthenticationError(ServiceError, code="InvalidClientTokenId", status=403):
    """A refused credential or signature; what is raised are subclasses with the code and status of the protocol."""


class Refusal(Enum):
    """Why a credential is refused."""

    UNKNOWN_KEY = auto()
    INVALID_TOKEN = auto()
    EXPIRED_TOKEN = auto()
    UNSIGNED = auto()
    UNKNOWN_BEARER = auto()


class _Words(NamedTuple):
    code: str
    status: int
    text: str
    field: str = ""


_INVALID = "The security token included in the request is invalid."
_EXPIRED = "The security token included in the request is expired"
_UNSIGNED = "Missing Authentication Token"
_NOT_VALIDATED = _Words("AuthFailure", 401, "AWS was not able to validate the provided access credentials")

_QUERY: Mapping[Refusal, _Words] = {
    Refusal.UNKNOWN_KEY: _Words("InvalidClientTokenId", 403, _INVALID),
    Refusal.INVALID_TOKEN: _Words("InvalidClientTokenId", 403, _INVALID),
    Refusal.EXPIRED_TOKEN: _Words("ExpiredToken", 403, _EXPIRED),
    Refusal.UNSIGNED: _Words("MissingAuthenticationToken", 403, "Request is missing Authentication Token"),
    Refusal.UNKNOWN_BEARER: _Words("InvalidClientTokenId", 403, _INVALID),
}
_JSON: Mapping[Refusal, _Words] = {
    Refusal.UNKNOWN_KEY: _Words("UnrecognizedClientException", 400, _INVALID),
    Refusal.INVALID_TOKEN: _Words("UnrecognizedClientException", 400, _INVALID),
    Refusal.EXPIRED_TOKEN: _Words("ExpiredTokenException", 400, _EXPIRED),
    Refusal.UNSIGNED: _Words("MissingAuthenticationTokenException", 400, _UNSIGNED),
    Refusal.UNKNOWN_BEARER: _Words("UnrecognizedClientException", 400, _INVALID),
}
_REST_JSON: Mapping[Refusal, _Words] = {reason: words._replace(status=403) for reason, words in _JSON.items()}
_EC2: Mapping[Refusal, _Words] = {
    Refusal.UNKNOWN_KEY: _NOT_VALIDATED,
    Refusal.INVALID_TOKEN: _NOT_VALIDATED,
    Refusal.EXPIRED_TOKEN: _Words("RequestExpired", 400, "Request has expired."),
    Refusal.UNSIGNED: _Words("MissingAuthenticationToken", 403, "Request is missing Authentication Token"),
    Refusal.UNKNOWN_BEARER: _NOT_VALIDATED,
}
_S3: Mapping[Refusal, _Words] = {
    Refusal.UNKNOWN_KEY: _Words(
        "InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records.", "AWSAccessKeyId"
    ),
    Refusal.INVALID_TOKEN: _Words(
        "InvalidToken", 400, "The provided token is malformed or otherwise invalid.", "Token-0"
    ),
    Refusal.EXPIRED_TOKEN: _Words("ExpiredToken", 400, "The provided token has expired.", "Token-0"),
    Refusal.UNSIGNED: _Words("AccessDenied", 403, "Access Denied"),
    Refusal.UNKNOWN_BEARER: _Words("AccessDenied", 403, "Access Denied"),
}
_BY_PROTOCOL = {
    "query": _QUERY,
    "rest-xml": _QUERY,
    "ec2": _EC2,
    "json": _JSON,
    "smithy-rpc-v2-cbor": _JSON,
    "rest-json": _REST_JSON,
}


def refusal(reason: Refusal, route: Route, *, s3: bool, credential: str = "") -> ServiceError:
    """Return the error for a refused credential.

    Args:
        reason: why it is refused.
        route: where the request was going.
        s3: whether the service answers in S3's words.
        credential: the access key id or token refused, which S3 tells back.
    """
    words = (_S3 if s3 else _BY_PROTOCOL[route.protocol])[reason]
    fields = {words.field: credential} if words.field else {}
    return _error(words.code, words.status)(words.text, **fields)


def signature_refusal(error: SignatureError, route: Route) -> ServiceError:
    """Return the error for a refused signature.

    Args:
        error: what is wrong with the signature.
        route: where the request was going.
    """
    code, status, text = error.code, error.status, error.message
    if _BY_PROTOCOL[route.protocol] in (_JSON, _REST_JSON) and error.json_code is not None:
        code = error.json_code
        if route.protocol != "rest-json":
            status = error.json_status or status
        text = getattr(error, "json_message", text)
    return _error(code, status)(text, **error.fields)


@cache
def _error(code: str, status: int) -> type[AuthenticationError]:
    class Answered(AuthenticationError, code=code, status=status):
        """One code and status."""

    return Answered
