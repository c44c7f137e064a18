"""Finding and reading a request's signature: in the Authorization header, the query string or a POST form.

Sources: "Authentication methods" (IAM User Guide, Signature Version 4) and "Authenticating Requests" (Amazon S3 API
Reference), there also "Browser-Based Uploads Using POST".
"""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import unquote_to_bytes

from cloudward.sigv4.canonical import query_pairs
from cloudward.sigv4.errors import InvalidArgument
from cloudward.sigv4.faults import Faults, S3Faults
from cloudward.sigv4.post_form import PostForm, is_post_form, parse_post_form
from cloudward.sigv4.request import SignedRequest
from cloudward.sigv4.services import ServiceRules, service_rules
from cloudward.sigv4.signature import ECDSA, HMAC, Signature, Where
from cloudward.sigv4.times import format_basic, parse_basic, parse_header_date

_LONGEST_LIFE = 604800
_SEPARATORS = re.compile(r"[\s,]+")
_AUTHORIZATION = re.compile(
    r"(AWS4-HMAC-SHA256|AWS4-ECDSA-P256-SHA256) +"
    r"Credential=([^\s,=]+),\s*SignedHeaders=([^\s,=]+),\s*Signature=([^\s,=]+)"
).fullmatch
_HEADER_PARTS = ("Credential", "Signature", "SignedHeaders")
_QUERY_PARTS = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date")
_QUERY_NAMES = frozenset(
    (*_QUERY_PARTS, "X-Amz-Expires", "X-Amz-Security-Token", "X-Amz-S3session-Token", "X-Amz-Region-Set")
)
_ONCE = frozenset(
    ("authorization", "date", "host", "x-amz-content-sha256", "x-amz-date", "x-amz-region-set", "x-amz-security-token")
)
"""Headers of which a second one could make the server act on another value than the client signed."""


def parse_signature(request: SignedRequest, service: ServiceRules | str | None = None) -> Signature | None:
    """Read a request's signature.

    Args:
        request: The request.
        service: Whose words errors are in; by default they are S3's when the credential scope says S3.

    Returns:
        The signature, or None when the request has none, that is, comes from an anonymous caller.

    Raises:
        SignatureError: The request has authentication information that is incomplete or malformed.
    """
    headers = request.headers
    authorization = headers.get("authorization")
    presigned = "X-Amz-" in request.raw_query and _query_parameters(request.raw_query)
    if authorization is None and not presigned:
        if not is_post_form(request) or (service is not None and not _rules(service).s3):
            return None
        return _parse_form(request)
    faults = _faults(service, authorization or request.raw_query)
    if len(request.header_items) != len(headers):
        _refuse_repeated_headers(request, faults)
    if authorization is None:
        return _parse_query(request, presigned or {}, faults)
    if presigned:
        raise faults.two_signatures(authorization)
    return _parse_header(request, authorization, faults)


def _faults(service: ServiceRules | str | None, hint: str) -> type[Faults]:
    if service is None:
        return S3Faults if "/s3" in hint or "%2Fs3" in hint or "%2fs3" in hint else Faults
    return _rules(service).faults


def _rules(service: ServiceRules | str) -> ServiceRules:
    return service_rules(service) if isinstance(service, str) else service


def _refuse_repeated_headers(request: SignedRequest, faults: type[Faults]) -> None:
    seen = set()
    for name, _ in request.header_items:
        if name in seen and name in _ONCE:
            raise faults.repeated(name, Where.HEADER)
        seen.add(name)


def _query_parameters(raw_query: str) -> dict[str, list[str]]:
    """The authentication parameters of a query string, decoded, with all their values."""
    found: dict[str, list[str]] = {}
    for name, value in query_pairs(raw_query):
        decoded = _decoded(name)
        if decoded in _QUERY_NAMES:
            found.setdefault(decoded, []).append(_decoded(value))
    # A token or an expiry alone is some operation's own business.
    return found if not found.keys().isdisjoint(_QUERY_PARTS) else {}


def _decoded(text: str) -> str:
    if "%" not in text and "+" not in text:
        return text
    return unquote_to_bytes(text.replace("+", " ")).decode("utf-8", "replace")


def _parse_header(request: SignedRequest, authorization: str, faults: type[Faults]) -> Signature:
    match = _AUTHORIZATION(authorization)
    if match is not None:
        algorithm, credential, signed, signature = match.groups()
    else:
        algorithm, credential, signed, signature = _parse_parts(request, authorization, faults)
    headers = request.headers
    timestamp = headers.get("x-amz-date")
    time: datetime | None
    if timestamp is not None:
        time = parse_basic(timestamp)
    else:
        timestamp = headers.get("date")
        if timestamp is None:
            raise faults.incomplete_header(authorization, (), dated=False)
        time = parse_header_date(timestamp)
    if time is None:
        raise faults.bad_date(timestamp, Where.HEADER)
    return _signature(
        algorithm,
        credential,
        signed,
        signature,
        timestamp if timestamp.endswith("Z") else format_basic(time),
        time,
        None,
        headers.get("x-amz-security-token") or headers.get("x-amz-s3session-token"),
        Where.HEADER,
        headers.get("x-amz-region-set"),
        faults,
    )


def _parse_parts(request: SignedRequest, authorization: str, faults: type[Faults]) -> tuple[str, str, str, str]:
    """Read an Authorization header that is not of the usual form, or say what is wrong with it."""
    algorithm, *components = _SEPARATORS.split(authorization.strip())
    for component in components:
        if component and "=" not in component:
            raise faults.malformed_component(component, authorization)
    parts: dict[str, str] = {}
    for component in components:
        name, _, value = component.partition("=")
        if name in parts:
            raise faults.repeated(name, Where.HEADER)
        parts[name] = value
    missing = [name for name in _HEADER_PARTS if not parts.get(name)]
    dated = "x-amz-date" in request.headers or "date" in request.headers
    if missing or not dated:
        raise faults.incomplete_header(authorization, missing, dated=dated)
    if algorithm not in (HMAC, ECDSA):
        raise faults.unsupported_algorithm(algorithm, authorization, Where.HEADER)
    return algorithm, parts["Credential"], parts["SignedHeaders"], parts["Signature"]


def _parse_query(request: SignedRequest, found: dict[str, list[str]], faults: type[Faults]) -> Signature:
    for name, values in found.items():
        if len(values) > 1:
            raise faults.repeated(name, Where.QUERY)
    parameters = {name: values[0] for name, values in found.items()}
    missing = [name for name in _QUERY_PARTS if not parameters.get(name)]
    if faults is S3Faults and "X-Amz-Expires" not in parameters:
        missing.append("X-Amz-Expires")
    if missing:
        raise faults.incomplete_query(missing)
    algorithm = parameters["X-Amz-Algorithm"]
    if algorithm not in (HMAC, ECDSA):
        raise faults.unsupported_algorithm(algorithm, "", Where.QUERY)
    timestamp = parameters["X-Amz-Date"]
    time = parse_basic(timestamp)
    if time is None:
        raise faults.bad_date(timestamp, Where.QUERY)
    return _signature(
        algorithm,
        parameters["X-Amz-Credential"],
        parameters["X-Amz-SignedHeaders"],
        parameters["X-Amz-Signature"],
        timestamp,
        time,
        _parse_expires(parameters.get("X-Amz-Expires"), faults),
        parameters.get("X-Amz-Security-Token") or parameters.get("X-Amz-S3session-Token"),
        Where.QUERY,
        parameters.get("X-Amz-Region-Set"),
        faults,
    )


def _parse_expires(text: str | None, faults: type[Faults]) -> int | None:
    if text is None:
        return None
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise faults.bad_expires(text, "X-Amz-Expires should be a number")
    if text.startswith("-"):
        raise faults.bad_expires(text, "X-Amz-Expires must be non-negative")
    # Leading zeros aside, a longer number is too large; and Python limits the digits that int takes.
    digits = digits.lstrip("0")
    if len(digits) > len(str(_LONGEST_LIFE)) or int(digits or "0") > _LONGEST_LIFE:
        raise faults.bad_expires(
            text,
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than "
            f"{_LONGEST_LIFE} seconds",
        )
    return int(digits or "0")


def _parse_form(request: SignedRequest) -> Signature | None:
    form = parse_post_form(request)
    if form is None or "policy" not in form.fields:
        # Without a policy an upload is anonymous, whatever else the form has.
        return None
    fields = form.fields
    missing = [
        name
        for name in ("x-amz-algorithm", "x-amz-credential", "x-amz-signature", "x-amz-date")
        if not fields.get(name)
    ]
    if missing:
        raise _missing_field(missing[0])
    timestamp = fields["x-amz-date"]
    time = parse_basic(timestamp)
    if time is None:
        raise S3Faults.bad_date(timestamp, Where.FORM)
    if fields["x-amz-algorithm"] not in (HMAC, ECDSA):
        raise S3Faults.unsupported_algorithm(fields["x-amz-algorithm"], "", Where.FORM)
    return _signature(
        fields["x-amz-algorithm"],
        fields["x-amz-credential"],
        "",
        fields["x-amz-signature"],
        timestamp,
        time,
        None,
        fields.get("x-amz-security-token"),
        Where.FORM,
        fields.get("x-amz-region-set"),
        S3Faults,
        form,
    )


def _missing_field(name: str) -> InvalidArgument:
    title = "-".join(word.capitalize() for word in name.split("-"))
    return InvalidArgument(
        f"Bucket POST must contain a field named '{title}'.  If it is specified, please check the order of the fields.",
        {"ArgumentName": title, "ArgumentValue": ""},
    )


def _signature(
    algorithm: str,
    credential: str,
    signed: str,
    signature: str,
    timestamp: str,
    time: datetime,
    expires: int | None,
    token: str | None,
    where: Where,
    region_set: str | None,
    faults: type[Faults],
    form: PostForm | None = None,
) -> Signature:
    parts = credential.split("/")
    if algorithm == HMAC:
        region_set = None
        if len(parts) > 5:
            # The access key id is what is left: as in S3, it may contain slashes.
            parts = ["/".join(parts[:-4]), *parts[-4:]]
        if len(parts) != 5 or not all(parts):
            raise faults.bad_credential(credential, algorithm, where)
        key_id, date, region, service, terminator = parts
    else:
        if len(parts) != 4 or not all(parts):
            raise faults.bad_credential(credential, algorithm, where)
        key_id, date, service, terminator = parts
        region = ""
        if not region_set:
            raise faults.missing_region_set(where)
    names = tuple(sorted(set(signed.lower().split(";")))) if signed else ()
    return Signature(
        algorithm,
        key_id,
        date,
        region,
        service,
        terminator,
        names,
        signature,
        timestamp,
        time,
        expires,
        token or None,
        where,
        region_set,
        form,
    )
