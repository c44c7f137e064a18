"""AWS's errors for requests that must be refused, and attacks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone
from hashlib import sha256

import pytest

from cloudward.sigv4 import (
    MissingAuthenticationToken,
    ServiceRules,
    SignatureError,
    SigningKeyCache,
    Verified,
    check,
    parse_signature,
    service_rules,
    verify,
)
from tests.unit.sigv4.signers import KEY_ID, NOW, SECRET, TIMESTAMP, EcdsaSigner, HmacSigner, Received, sign

HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
MINUTE = timedelta(minutes=1)


def refusal(
    request: Received, service: str | ServiceRules = "iam", later: timedelta = timedelta(0), region: str = "us-east-1"
) -> SignatureError:
    """Try a request and give the error."""
    with pytest.raises(SignatureError) as caught:
        attempt(request, service, later, region)
    return caught.value


def attempt(
    request: Received, service: str | ServiceRules = "iam", later: timedelta = timedelta(0), region: str = "us-east-1"
) -> Verified:
    signature = parse_signature(request, service)
    assert signature is not None
    return verify(request, signature, SECRET, now=signature.time + later, service=service, regions=(region,))


def authorized(authorization: str, *, service: str = "iam", dated: bool = True) -> SignatureError:
    items = [("host", "a"), ("authorization", authorization)]
    if dated:
        items.append(("x-amz-date", TIMESTAMP))
    return refusal(Received("POST", "/", "", tuple(items)), service)


def test_the_mismatch_message_has_the_texts_to_compare() -> None:
    request = replace(sign(body=b"Action=GetUser"), body=b"Action=DeleteUser")
    error = refusal(request)
    day = request.headers["x-amz-date"]
    assert error.code == "SignatureDoesNotMatch"
    assert error.json_code == "InvalidSignatureException"
    assert error.status == 403
    canonical = (
        f"POST\n/\n\nhost:iam.amazonaws.com\nx-amz-date:{day}\n\nhost;x-amz-date\n"
        f"{sha256(b'Action=DeleteUser').hexdigest()}"
    )
    text = f"AWS4-HMAC-SHA256\n{day}\n{day[:8]}/us-east-1/iam/aws4_request\n{sha256(canonical.encode()).hexdigest()}"
    assert error.message == (
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
        "Key and signing method. Consult the service documentation for details.\n\n"
        f"The Canonical String for this request should have been\n'{canonical}'\n\n"
        f"The String-to-Sign should have been\n'{text}'\n"
    )


def test_s3_mismatch_has_its_own_words_and_fields() -> None:
    request = sign("GET", "https://s3.amazonaws.com/b/k", service="s3")
    error = refusal(replace(request, raw_path="/b/other"), "s3")
    assert error.message == (
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method."
    )
    assert error.fields["AWSAccessKeyId"] == KEY_ID
    assert error.fields["CanonicalRequest"].startswith("GET\n/b/other\n")
    assert bytes.fromhex(error.fields["StringToSignBytes"]).decode() == error.fields["StringToSign"]


@pytest.mark.parametrize(
    ("authorization", "dated", "message"),
    [
        (
            "AWS4-HMAC-SHA256",
            False,
            (
                "Authorization header requires 'Credential' parameter. "
                "Authorization header requires 'Signature' parameter. "
                "Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of "
                "either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256"
            ),
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/20130524/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=",
            True,
            (
                "Authorization header requires 'Signature' parameter. Authorization=AWS4-HMAC-SHA256 "
                "Credential=a/20130524/us-east-1/iam/aws4_request, SignedHeaders=host, Signature="
            ),
        ),
        (
            "Bearer abc.def",
            True,
            "'abc.def' not a valid key=value pair (missing equal-sign) in Authorization header: 'Bearer abc.def'.",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE, SignedHeaders=host, Signature=0",
            True,
            (
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got "
                "'AKIDEXAMPLE'"
            ),
        ),
        (
            "AWS4-HMAC-MD5 Credential=a/20130524/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0",
            True,
            "Unsupported AWS 'algorithm': 'AWS4-HMAC-MD5'.",
        ),
    ],
)
def test_incomplete_headers(authorization: str, dated: bool, message: str) -> None:
    error = authorized(authorization, dated=dated)
    assert (error.code, error.json_code) == ("IncompleteSignature", "IncompleteSignatureException")
    assert error.message == message


@pytest.mark.parametrize(
    ("authorization", "code", "message"),
    [
        (
            "AWS AKIAI:c2ln",
            "InvalidRequest",
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
        ),
        ("Basic eDp5", "InvalidArgument", "Unsupported Authorization Type"),
        (
            "AWS4-HMAC-SHA256 Credential=a/20130524/us-east-1/s3/aws4_request",
            "AuthorizationHeaderMalformed",
            (
                "The authorization header is malformed; the authorization header requires three components: "
                "Credential, SignedHeaders, and Signature."
            ),
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/s3, SignedHeaders=host, Signature=0",
            "AuthorizationHeaderMalformed",
            (
                "The authorization header is malformed; the Credential is mal-formed; expecting "
                '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
            ),
        ),
    ],
)
def test_malformed_headers_in_s3(authorization: str, code: str, message: str) -> None:
    error = authorized(authorization, service="s3")
    assert (error.code, error.message) == (code, message)


def test_dates_must_be_dates() -> None:
    request = sign().with_header("x-amz-date", "2015/08/30T12/36/00Z")
    assert refusal(request).message == (
        "Date must be in ISO-8601 'basic format'. Got '2015/08/30T12/36/00Z'. See http://en.wikipedia.org/wiki/ISO_8601"
    )
    s3 = sign("GET", service="s3").with_header("x-amz-date", "20159999T999999Z")
    assert refusal(s3, "s3").message == "AWS authentication requires a valid Date or x-amz-date header"


def test_a_date_header_does_as_well() -> None:
    signer = HmacSigner("iam")
    headers = [("date", "Fri, 24 May 2013 00:00:00 GMT"), ("host", "a")]
    request, _ = signer.request("GET", "/", headers, HASH)
    assert attempt(request).signature.timestamp == TIMESTAMP
    assert refusal(request.with_header("date", "yesterday")).code == "IncompleteSignature"


@pytest.mark.parametrize("sign_of", [1, -1])
def test_the_clock_may_differ_by_fifteen_minutes(sign_of: int) -> None:
    request = sign()
    assert attempt(request, later=sign_of * 15 * MINUTE)
    error = refusal(request, later=sign_of * (15 * MINUTE + timedelta(seconds=1)))
    assert error.code == "SignatureDoesNotMatch"
    assert error.message.startswith("Signature expired: " if sign_of > 0 else "Signature not yet current: ")


def test_clock_messages_name_the_window() -> None:
    signer = HmacSigner("iam")
    request, _ = signer.request("GET", "/", [("host", "a"), ("x-amz-date", TIMESTAMP)], HASH)
    assert refusal(request, later=20 * MINUTE).message == (
        "Signature expired: 20130524T000000Z is now earlier than 20130524T000500Z (20130524T002000Z - 15 min.)"
    )
    assert refusal(request, later=-20 * MINUTE).message == (
        "Signature not yet current: 20130524T000000Z is still later than 20130523T235500Z (20130523T234000Z + 15 min.)"
    )
    s3, _ = HmacSigner().request(
        "GET", "/", [("host", "a"), ("x-amz-content-sha256", HASH), ("x-amz-date", TIMESTAMP)], HASH
    )
    error = refusal(s3, "s3", later=20 * MINUTE)
    assert error.code == "RequestTimeTooSkewed"
    assert error.fields == {
        "RequestTime": TIMESTAMP,
        "ServerTime": "2013-05-24T00:20:00Z",
        "MaxAllowedSkewMilliseconds": "900000",
    }


def test_ec2_has_codes_of_its_own() -> None:
    request = sign(service="ec2")
    assert attempt(request, "ec2")
    assert refusal(request, "ec2", later=16 * MINUTE).code == "RequestExpired"
    assert refusal(replace(request, body=b"x"), "ec2").code == "AuthFailure"


def test_scopes_for_something_else() -> None:
    assert (
        refusal(sign(region="eu-west-1")).message == "Credential should be scoped to a valid region, not 'eu-west-1'."
    )
    assert refusal(sign(service="sts"), "iam").message == "Credential should be scoped to correct service: 'iam'."
    request, _ = HmacSigner("iam").request("GET", "/", [("host", "a"), ("x-amz-date", "20130525T000000Z")], HASH)
    assert refusal(request).message == (
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
        "'20130524' != '20130525', from '20130525T000000Z'."
    )
    terminator = sign()
    authorization = terminator.headers["authorization"].replace("aws4_request", "aws5_request")
    assert refusal(terminator.with_header("authorization", authorization)).message == (
        "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'."
    )


def test_scopes_for_something_else_in_s3() -> None:
    request = sign("GET", service="s3")
    error = refusal(request, "s3", region="eu-west-1")
    assert error.code == "AuthorizationHeaderMalformed"
    assert error.message == (
        "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'"
    )
    assert error.fields == {"Region": "eu-west-1"}
    other = sign("GET", service="iam", headers={"X-Amz-Content-SHA256": HASH})
    assert refusal(other, "s3").message == (
        'The authorization header is malformed; incorrect service "iam". This endpoint belongs to "s3".'
    )


# Header smuggling


def test_the_host_must_be_signed() -> None:
    request, _ = HmacSigner("iam").request(
        "GET", "/", [("host", "a"), ("x-amz-date", TIMESTAMP)], HASH, signed="x-amz-date"
    )
    assert refusal(request).message == "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."


@pytest.mark.parametrize("service", ["iam", "s3"])
@pytest.mark.parametrize("name", ["x-amz-target", "x-amz-security-token", "x-amz-acl", "x-amz-meta-role"])
def test_unsigned_amz_headers_are_refused(service: str, name: str) -> None:
    error = refusal(sign(service=service).adding_header(name, "v"), service)
    if service == "s3":
        assert error.code == "AccessDenied"
        assert error.message == "There were headers present in the request which were not signed"
        assert error.fields == {"HeadersNotSigned": name}
    else:
        assert error.message == f"'{name}' must be a 'SignedHeader' in the AWS Authorization."


def test_unsigned_amz_headers_are_refused_in_presigned_requests() -> None:
    request = sign("PUT", "https://s3.amazonaws.com/b/k", service="s3", expires=60)
    request = request.adding_header("x-amz-date", TIMESTAMP).adding_header("x-amz-acl", "public-read")
    assert refusal(request, "s3").fields == {"HeadersNotSigned": "x-amz-acl, x-amz-date"}


@pytest.mark.parametrize("service", ["iam", "s3"])
@pytest.mark.parametrize(
    "name", ["host", "authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"]
)
def test_a_second_header_of_the_same_name_is_refused(service: str, name: str) -> None:
    request = sign(service=service, token="t", headers={"X-Amz-Content-SHA256": HASH})
    assert refusal(request.adding_header(name, request.headers[name]), service)
    assert refusal(request.adding_header(name, "evil.example"), service)


def test_repeated_signed_headers_are_joined_in_order() -> None:
    headers = [("host", "a"), ("my-header", "one"), ("my-header", "two"), ("x-amz-date", TIMESTAMP)]
    request, _ = HmacSigner("iam").request("GET", "/", headers, HASH, signed="host;my-header;x-amz-date")
    assert attempt(request)
    assert attempt(replace(request, joiner=","))
    swapped = (headers[0], headers[2], headers[1], *request.header_items[3:])
    assert refusal(replace(request, header_items=swapped))


def test_removing_a_signed_header_is_refused_even_when_empty() -> None:
    request = sign(headers={"X-Custom": ""})
    assert attempt(request)
    assert refusal(request.without_header("x-custom")).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("service", ["iam", "s3"])
def test_two_signatures_are_refused(service: str) -> None:
    request = sign(service=service)
    both = replace(request, raw_query=sign("GET", service=service, expires=60).raw_query)
    error = refusal(both, service)
    assert error.code == ("InvalidArgument" if service == "s3" else "SignatureDoesNotMatch")
    assert "Found both 'X-Amz-Algorithm'" in error.message or "Only one auth mechanism allowed" in error.message


def test_paths_that_mean_something_else_are_refused() -> None:
    request = sign("GET", "https://s3.amazonaws.com/bucket/a%2Fb", service="s3")
    assert attempt(request, "s3")
    for path in ("/bucket/a/b", "/bucket//a%2Fb", "/bucket/x/../a%2Fb", "/bucket/a%252Fb"):
        assert refusal(replace(request, raw_path=path), "s3")


@pytest.mark.parametrize("wrong", ["", "0", "0" * 64, "é" * 64, "\u20ac" * 3, "A" * 64, "0" * 63, "0" * 65])
@pytest.mark.parametrize("algorithm", ["AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"])
def test_signatures_that_are_none_are_refused(wrong: str, algorithm: str) -> None:
    scope = "20130524/us-east-1/iam" if algorithm == "AWS4-HMAC-SHA256" else "20130524/iam"
    items = [("host", "a"), ("x-amz-date", TIMESTAMP), ("x-amz-region-set", "*")]
    names = "host;x-amz-date;x-amz-region-set"
    authorization = f"{algorithm} Credential={KEY_ID}/{scope}/aws4_request, SignedHeaders={names}, Signature={wrong}"
    assert refusal(Received("GET", "/", "", (*items, ("authorization", authorization))))


def test_upper_case_signatures_are_refused() -> None:
    request = sign()
    head, _, signature = request.headers["authorization"].rpartition("=")
    assert refusal(request.with_header("authorization", f"{head}={signature.upper()}"))


# Algorithm confusion


def test_an_hmac_signature_is_no_ecdsa_signature_and_the_other_way_round() -> None:
    request = sign()
    for old, new in (("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), ("HMAC-SHA256", "HMAC-SHA1")):
        changed = request.headers["authorization"].replace(old, new)
        assert refusal(request.with_header("authorization", changed)).code == "IncompleteSignature"
    headers = [("host", "a"), ("x-amz-date", TIMESTAMP), ("x-amz-region-set", "us-east-1")]
    ecdsa, _ = EcdsaSigner("iam").request("GET", "/", headers, HASH)
    assert attempt(ecdsa)
    changed = ecdsa.headers["authorization"].replace("AWS4-ECDSA-P256-SHA256", "AWS4-HMAC-SHA256")
    assert refusal(ecdsa.with_header("authorization", changed))


@pytest.mark.parametrize(
    ("region_set", "taken"),
    [
        ("us-east-1", True),
        ("*", True),
        ("us-*", True),
        ("eu-west-1, us-east-1", True),
        ("eu-*", False),
        ("us-east", False),
    ],
)
def test_region_sets(region_set: str, taken: bool) -> None:
    headers = [("host", "a"), ("x-amz-date", TIMESTAMP), ("x-amz-region-set", region_set)]
    request, _ = EcdsaSigner("iam").request("GET", "/", headers, HASH)
    if taken:
        assert attempt(request).signature.region_set == region_set
    else:
        assert refusal(request).message == f"Credential should be scoped to a valid region, not '{region_set}'."


def test_the_region_set_is_required_and_signed() -> None:
    headers = [("host", "a"), ("x-amz-date", TIMESTAMP)]
    request, _ = EcdsaSigner("iam").request("GET", "/", headers, HASH)
    assert refusal(request).code == "IncompleteSignature"
    assert "x-amz-region-set" in refusal(request.adding_header("x-amz-region-set", "*")).message
    other, _ = EcdsaSigner("iam").request("GET", "/", [*headers, ("x-amz-region-set", "eu-west-1")], HASH)
    assert refusal(other.with_header("x-amz-region-set", "*")).code == "SignatureDoesNotMatch"


# Presigned requests


def test_presigned_s3_requests_expire() -> None:
    request = sign("GET", "https://s3.amazonaws.com/b/k", service="s3", expires=3600)
    assert attempt(request, "s3", later=60 * MINUTE)
    error = refusal(request, "s3", later=60 * MINUTE + timedelta(seconds=1))
    assert (error.code, error.message) == ("AccessDenied", "Request has expired")
    assert error.fields["X-Amz-Expires"] == "3600"
    assert error.fields.keys() == {"X-Amz-Expires", "Expires", "ServerTime"}
    assert refusal(request, "s3", later=-16 * MINUTE).message == "Request is not valid yet"


def test_presigned_requests_of_other_services_are_valid_as_long_as_signed_ones() -> None:
    request = sign("GET", "https://sts.amazonaws.com/?Action=GetCallerIdentity", service="sts", expires=60)
    assert attempt(request, "sts", later=15 * MINUTE)
    assert refusal(request, "sts", later=16 * MINUTE).message.startswith("Signature expired: ")


@pytest.mark.parametrize(
    ("expires", "message"),
    [
        ("604801", "must be less than a week"),
        ("9" * 5000, "must be less than a week"),
        ("-1", "X-Amz-Expires must be non-negative"),
        ("undefined", "X-Amz-Expires should be a number"),
        ("1_0", "X-Amz-Expires should be a number"),
        ("²", "X-Amz-Expires should be a number"),
    ],
)
def test_expiries_must_be_within_a_week(expires: str, message: str) -> None:
    request = sign("GET", "https://s3.amazonaws.com/b/k", service="s3", expires=604800)
    assert attempt(request, "s3")
    query = request.raw_query.replace("X-Amz-Expires=604800", f"X-Amz-Expires={expires}")
    error = refusal(replace(request, raw_query=query), "s3")
    assert error.code == "AuthorizationQueryParametersError"
    assert message in error.message


def test_presigned_parameters_must_all_be_there_and_only_once() -> None:
    request = sign("GET", "https://s3.amazonaws.com/b/k", service="s3", expires=60)
    parts = request.raw_query.split("&")
    for part in parts:
        without = replace(request, raw_query="&".join(p for p in parts if p != part))
        twice = replace(request, raw_query=f"{request.raw_query}&{part}")
        encoded = replace(request, raw_query=f"{request.raw_query}&{part.replace('X-Amz', 'X%2DAmz')}")
        for wrong in (without, twice, encoded):
            assert refusal(wrong, "s3").code == "AuthorizationQueryParametersError"
    other = sign("GET", service="sts", expires=60)
    assert refusal(replace(other, raw_query="X-Amz-Algorithm"), "sts").message == (
        "AWS query-string parameters must include 'X-Amz-Algorithm'. AWS query-string parameters must include "
        "'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters "
        "must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the "
        "query-string parameters."
    )


def test_iot_adds_the_token_after_signing() -> None:
    request = sign("GET", "https://iot.example/mqtt", service="iotdevicegateway", expires=60)
    with_token = replace(request, raw_query=f"{request.raw_query}&X-Amz-Security-Token=t%2F1")
    assert attempt(with_token, "iotdevicegateway").signature.session_token == "t/1"
    general = sign("GET", "https://iot.example/mqtt", service="sts", expires=60)
    assert refusal(replace(general, raw_query=f"{general.raw_query}&X-Amz-Security-Token=t"), "sts")


# Payloads in S3


def test_s3_requires_the_payload_hash_and_compares_it() -> None:
    request = sign("PUT", "https://s3.amazonaws.com/b/k", service="s3", body=b"one")
    error = refusal(replace(request, body=b"two"), "s3")
    assert error.code == "XAmzContentSHA256Mismatch"
    assert error.fields["ClientComputedContentSHA256"] == request.headers["x-amz-content-sha256"]
    missing = refusal(request.without_header("x-amz-content-sha256"), "s3")
    assert missing.message == "Missing required header for this request: x-amz-content-sha256"
    unknown = refusal(request.with_header("x-amz-content-sha256", "unsigned"), "s3")
    assert (unknown.code, unknown.fields["ArgumentName"]) == ("InvalidArgument", "x-amz-content-sha256")


def test_an_operation_may_leave_its_payload_unsigned() -> None:
    headers = {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}
    context = {"payload_signing_enabled": False}
    request = sign("PUT", service="mediastore", headers=headers, body=b"x", context=context)
    assert not attempt(request, service_rules("mediastore", unsigned_payload=True)).payload_signed
    assert refusal(request, "mediastore")


# The rest


def test_what_can_be_checked_without_the_secret() -> None:
    request = sign()
    signature = parse_signature(request)
    assert signature is not None
    check(request, signature, now=signature.time, service="iam")
    with pytest.raises(SignatureError):
        check(request, signature, now=signature.time + 16 * MINUTE, service="iam")


def test_the_key_cache_is_bounded_and_forgets_the_oldest() -> None:
    keys = SigningKeyCache(2)
    for region in ("a", "b", "c", "a", "c"):
        request = sign(region=region)
        signature = parse_signature(request)
        assert signature is not None
        assert verify(request, signature, SECRET, now=signature.time, service="iam", keys=keys)
        assert len(keys) <= 2
    wrong = sign(secret="another")
    signature = parse_signature(wrong)
    assert signature is not None
    with pytest.raises(SignatureError):
        verify(wrong, signature, SECRET, now=signature.time, service="iam", keys=keys)
    keys.clear()
    assert len(keys) == 0
    with pytest.raises(ValueError, match="at least one"):
        SigningKeyCache(0)


def test_missing_tokens_are_named_by_protocol() -> None:
    error = MissingAuthenticationToken()
    assert error.message == "Request is missing Authentication Token"
    assert (error.json_code, error.json_message) == (
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    )


def test_now_is_compared_in_any_time_zone() -> None:
    request, _ = HmacSigner("iam").request("GET", "/", [("host", "a"), ("x-amz-date", TIMESTAMP)], HASH)
    signature = parse_signature(request)
    assert signature is not None
    local = NOW.astimezone(timezone(timedelta(hours=5)))
    assert verify(request, signature, SECRET, now=local, service="iam")
