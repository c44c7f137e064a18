"""Verification of a request's signature.

Source: "Create a signed AWS API request" (IAM User Guide); for S3 "Authenticating Requests (AWS Signature Version 4)"
(Amazon S3 API Reference). The order of the checks is the one in which AWS reports errors.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection
from datetime import datetime, timedelta

from cloudward.sigv4.canonical import (
    SIGNATURE_PARAMETER,
    canonical_request,
    payload_hash,
    query_pairs,
    string_to_sign,
)
from cloudward.sigv4.chunked import STREAMING, verify_chunks
from cloudward.sigv4.errors import InvalidArgument, InvalidRequest, XAmzContentSHA256Mismatch
from cloudward.sigv4.keys import SigningKey, SigningKeyCache, signs, verification_key
from cloudward.sigv4.post_policy import check_post_policy
from cloudward.sigv4.request import SignedRequest
from cloudward.sigv4.services import ServiceRules, service_rules
from cloudward.sigv4.signature import TERMINATOR, UNSIGNED_PAYLOAD, Signature, Verified, Where

_SHA256 = re.compile(r"[0-9a-f]{64}").fullmatch
_CONTENT_HASH = "x-amz-content-sha256"
_ONE_SECOND = timedelta(seconds=1)


def check(
    request: SignedRequest,
    signature: Signature,
    *,
    now: datetime,
    service: ServiceRules | str,
    regions: Collection[str] | None = None,
) -> None:
    """Check all of a signature that can be checked without its secret: coverage, time and scope.

    Args:
        request: The request.
        signature: Its signature, of parse_signature.
        now: The present.
        service: The service that the request is for: its rules, or its signing name.
        regions: The regions that the scope may name, the one to tell callers first; None for any region.

    Raises:
        SignatureError: The signature does not cover what it must, is too old or too new, or has another scope.
    """
    rules = service_rules(service) if isinstance(service, str) else service
    faults = rules.faults
    where = signature.where
    if where is not Where.FORM:
        signed = signature.signed_headers
        if "host" not in signed or "host" not in request.headers:
            raise faults.host_not_signed()
        unsigned = [
            name
            for name in request.headers
            # The payload hash ends the canonical request: it is signed even when its header is not.
            if name.startswith("x-amz-") and name not in signed and name != _CONTENT_HASH
        ]
        if unsigned:
            raise faults.headers_not_signed(sorted(unsigned))
        age = now - signature.time
        skew = rules.skew
        life = skew
        if rules.expires and where is Where.QUERY:
            life = (signature.expires or 0) * _ONE_SECOND
        if age > life:
            raise faults.expired(signature, life, now)
        if -age > skew:
            raise faults.not_yet(signature, skew, now)
    wrong_region = regions is not None and not _in_regions(signature, regions)
    if (
        wrong_region
        or not rules.takes(signature.service)
        or signature.terminator != TERMINATOR
        or signature.date != signature.timestamp[:8]
    ):
        name = signature.service if rules.takes(signature.service) else rules.name
        raise faults.wrong_scope(signature, name, next(iter(regions or ()), "") if wrong_region else None)


def _in_regions(signature: Signature, regions: Collection[str]) -> bool:
    if signature.region_set is None:
        return signature.region in regions
    for pattern in signature.region_set.split(","):
        name = pattern.strip()
        if name.endswith("*"):
            if any(region.startswith(name[:-1]) for region in regions):
                return True
        elif name in regions:
            return True
    return False


def verify(
    request: SignedRequest,
    signature: Signature,
    secret_access_key: str,
    *,
    now: datetime,
    service: ServiceRules | str,
    regions: Collection[str] | None = None,
    keys: SigningKeyCache | None = None,
    bucket: str | None = None,
) -> Verified:
    """Verify a request's signature, and that of every chunk of its body.

    Args:
        request: The request.
        signature: Its signature, of parse_signature.
        secret_access_key: The secret access key that belongs to the signature's access key id.
        now: The present.
        service: The service that the request is for: its rules, or its signing name.
        regions: The regions that the scope may name, the one to tell callers first; None for any region.
        keys: Where to keep derived keys; without it the key is derived anew.
        bucket: The bucket of a browser-based upload; by default the path's first segment, or else the host's first
            label.

    Returns:
        What was verified, with the decoded body.

    Raises:
        SignatureError: The request must be refused; the error has AWS's code and message.
    """
    rules = service_rules(service) if isinstance(service, str) else service
    check(request, signature, now=now, service=rules, regions=regions)
    key = verification_key(signature, secret_access_key) if keys is None else keys.key(signature, secret_access_key)
    if signature.where is Where.FORM:
        return _verify_form(request, signature, key, now, rules, bucket)
    payload = _signed_payload(request, signature, rules)
    canonical = canonical_request(
        request,
        signature.signed_headers,
        payload,
        s3=rules.s3,
        without=_left_out(signature, rules),
    )
    text = string_to_sign(signature.algorithm, signature.timestamp, signature.scope, canonical)
    if not signs(key, signature.signature, text.encode(errors="replace")):
        raise rules.faults.mismatch(signature, canonical, text)
    if payload in STREAMING:
        body, trailers = verify_chunks(request, signature, key, payload)
        return Verified(signature, body, STREAMING[payload].signed, trailers)
    if rules.s3 and payload != UNSIGNED_PAYLOAD:
        _check_payload_hash(request, payload)
    return Verified(signature, request.body, payload != UNSIGNED_PAYLOAD, {})


def explainable(request: SignedRequest, signature: Signature, service: ServiceRules | str) -> tuple[str, str]:
    """Give what the server computes from a request.

    Args:
        request: The request.
        signature: Its signature, in a header or the query string.
        service: The service that the request is for: its rules, or its signing name.

    Returns:
        The canonical request and the string to sign; for a POST form the policy, twice.

    Raises:
        SignatureError: The request has no payload hash although S3 requires one.
    """
    rules = service_rules(service) if isinstance(service, str) else service
    if signature.form is not None:
        policy = signature.form.fields["policy"]
        return policy, policy
    payload = _signed_payload(request, signature, rules)
    canonical = canonical_request(
        request, signature.signed_headers, payload, s3=rules.s3, without=_left_out(signature, rules)
    )
    return canonical, string_to_sign(signature.algorithm, signature.timestamp, signature.scope, canonical)


def _left_out(signature: Signature, rules: ServiceRules) -> tuple[str, ...]:
    if signature.where is not Where.QUERY:
        return ()
    if rules.token_after_signing:
        return (SIGNATURE_PARAMETER, "X-Amz-Security-Token")
    return (SIGNATURE_PARAMETER,)


def _signed_payload(request: SignedRequest, signature: Signature, rules: ServiceRules) -> str:
    """The last line of the canonical request."""
    declared = request.headers.get(_CONTENT_HASH)
    if not rules.s3:
        if declared == UNSIGNED_PAYLOAD and rules.unsigned_payload:
            return UNSIGNED_PAYLOAD
        return payload_hash(request.body)
    if signature.where is Where.QUERY:
        if declared is None:
            parameters = [value for name, value in query_pairs(request.raw_query) if name == "X-Amz-Content-Sha256"]
            declared = parameters[0] if parameters else UNSIGNED_PAYLOAD
    elif declared is None:
        raise InvalidRequest("Missing required header for this request: x-amz-content-sha256")
    if declared != UNSIGNED_PAYLOAD and declared not in STREAMING and not _SHA256(declared):
        raise InvalidArgument(
            f"x-amz-content-sha256 must be {UNSIGNED_PAYLOAD}, {', '.join(STREAMING)}, or a valid sha256 value.",
            {"ArgumentName": _CONTENT_HASH, "ArgumentValue": declared},
        )
    return declared


def _check_payload_hash(request: SignedRequest, declared: str) -> None:
    computed = payload_hash(request.body)
    if not hmac.compare_digest(computed, declared):
        raise XAmzContentSHA256Mismatch(
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            {"ClientComputedContentSHA256": declared, "S3ComputedContentSHA256": computed},
        )


def _verify_form(
    request: SignedRequest,
    signature: Signature,
    key: SigningKey,
    now: datetime,
    rules: ServiceRules,
    bucket: str | None,
) -> Verified:
    form = signature.form
    assert form is not None
    policy = form.fields["policy"]
    if not signs(key, signature.signature, policy.encode(errors="replace")):
        raise rules.faults.mismatch(signature, None, policy)
    if bucket is None:
        bucket = request.raw_path.strip("/").split("/")[0] or request.headers.get("host", "").split(".")[0]
    check_post_policy(form, bucket=bucket, now=now)
    return Verified(signature, bytes(form.file), payload_signed=False, trailers={})
