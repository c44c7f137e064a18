"""Whatever comes in, the answer is a refusal that the gateway can encode, in time linear in the request."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudward.sigv4 import SignatureError, compare, parse_signature, verify
from tests.unit.sigv4.signers import SECRET, Received, sign

NOW = datetime(2013, 5, 24, tzinfo=UTC)
LATIN = st.text(st.characters(max_codepoint=255), max_size=30)
PIECES = st.lists(
    st.sampled_from(
        [
            "AWS4-HMAC-SHA256",
            "AWS4-ECDSA-P256-SHA256",
            "AWS",
            "Bearer",
            " ",
            ",",
            "=",
            ";",
            "/",
            "Credential=",
            "AK/20130524/us-east-1/iam/aws4_request",
            "AK/20130524/s3/aws4_request",
            "SignedHeaders=",
            "host;x-amz-date",
            "Signature=",
            "0" * 64,
            "é",
            "\x00",
        ]
    )
    | LATIN,
    max_size=10,
).map("".join)
NAMES = ["Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature", "Security-Token", "Region-Set"]
QUERIES = st.lists(
    st.tuples(
        st.sampled_from([f"X-Amz-{name}" for name in NAMES]) | LATIN,
        st.sampled_from(["AWS4-HMAC-SHA256", "AK%2F20130524%2Fr%2Fiam%2Faws4_request", "20130524T000000Z", "%ff%C3"])
        | LATIN,
    ),
    max_size=9,
).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs))
DATES = st.sampled_from(["20130524T000000Z", "Fri, 24 May 2013 00:00:00 GMT", "1 Jan 1 00:00:00 +2300"]) | LATIN


def refusal(request: Received, service: str) -> SignatureError | None:
    """Try a request; None when it is anonymous."""
    try:
        signature = parse_signature(request, service)
        if signature is None:
            return None
        compare(request, signature, SECRET, "GET\n/\n", service=service).render()
        verify(request, signature, SECRET, now=NOW, service=service)
    except SignatureError as error:
        return error
    pytest.fail("a made-up signature was taken")


def outcome(request: Received, service: str) -> None:
    error = refusal(request, service)
    if error is not None:
        assert 400 <= error.status < 500
        assert error.message.encode()
        assert all(value.encode() is not None for value in error.fields.values())


@given(st.sampled_from(["iam", "s3", "ec2"]), PIECES, DATES, QUERIES)
def test_made_up_headers(service: str, authorization: str, date: str, query: str) -> None:
    items = (("host", "a"), ("authorization", authorization), ("date", date), ("x-amz-region-set", "*"))
    outcome(Received("GET", "/\xe9/%zz/..", query, items), service)


@given(st.sampled_from(["iam", "s3"]), QUERIES)
def test_made_up_queries(service: str, query: str) -> None:
    outcome(Received("GET", "/", query, (("host", "a"),)), service)


@given(st.binary(max_size=200) | PIECES.map(str.encode))
def test_made_up_forms(middle: bytes) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="policy"\r\n\r\ne30=\r\n--b\r\n' + middle + b"\r\n--b--\r\n"
    outcome(Received("POST", "/", "", (("content-type", "multipart/form-data; boundary=b"),), body), "s3")


def test_signatures_are_compared_in_constant_time() -> None:
    request = sign()
    signature = parse_signature(request)
    assert signature is not None
    with patch("cloudward.sigv4.keys.hmac.compare_digest", wraps=hmac.compare_digest) as comparison:
        verify(request, signature, SECRET, now=signature.time, service="iam")
    comparison.assert_called_once()
