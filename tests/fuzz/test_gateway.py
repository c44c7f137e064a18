"""Whatever bytes arrive, the answer is an error of the caller's, in the request's protocol, and never a 500."""

from __future__ import annotations

import gzip
import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudward.app import App, create_app
from cloudward.protocols import WireRequest

_HEADERS = (
    ("content-type", ("application/x-www-form-urlencoded", "application/x-amz-json-1.1", "application/json", "text/xml",
                      "application/cbor", "multipart/form-data; boundary=x", "", "\xff")),
    ("x-amz-target", ("DynamoDB_20120810.ListTables", "AmazonSSM.GetParameter", "x", ".", "")),
    ("smithy-protocol", ("rpc-v2-cbor", "x")),
    ("content-encoding", ("gzip", "aws-chunked", "br", "gzip,aws-chunked")),
    ("host", ("iam.amazonaws.com", "sts.eu-west-1.amazonaws.com", "bucket.s3.amazonaws.com", "[::1]:80", "\xe9", "")),
    ("authorization", (
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=a/b", "Bearer x", "Basic eDp5", "AWS a:b", "AWS4-ECDSA-P256-SHA256 x", "\x00",
    )),
    ("x-amz-content-sha256", ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "UNSIGNED-PAYLOAD", "x")),
    ("x-amz-security-token", ("x", "LSIA", "\xff" * 50)),
)  # fmt: skip

_BODIES = (
    b"Action=CreateUser&Version=2010-05-08&UserName=a",
    b"Action=CreateUser&Version=2010-05-08&Tags.member.999999999.Key=a&Tags.member.999999999.Value=b",
    b"Action=CreateUser&Version=2010-05-08&Tags.member.-1.Key=a&Tags.member.x.Key=b&Tags.member=c",
    b"Action=CreateUser&Action=DeleteUser&Version=2010-05-08&UserName=a&UserName=b",
    b"Action=SimulateCustomPolicy&Version=2010-05-08&PolicyInputList.member.1=%7B",
    b"Action=%ff%fe&Version=%00",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"Name": NaN}',
    b"<a>" * 50_000,
    b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>',
    b"\x9f" * 50_000,
    b"\xbf\x61a",
    gzip.compress(b"0" * 10_000_000),
    gzip.compress(b"Action=GetCallerIdentity&Version=2011-06-15")[:20],
    b"5;chunk-signature=0\r\nhello\r\n0;chunk-signature=0\r\n\r\n",
    b"\xff\xfe\x00",
)

headers = st.lists(
    st.sampled_from(_HEADERS).flatmap(lambda entry: st.tuples(st.just(entry[0]), st.sampled_from(entry[1]))), max_size=6
)
bodies = st.one_of(st.sampled_from(_BODIES), st.binary(max_size=300))
paths = st.one_of(
    st.sampled_from(["/", "//", "/service/x/operation/y", "/2015-03-31/functions/", "/a/b%2Fc?x", "/%ff%00", "/."]),
    st.text("/abc%20.-_~", max_size=40).map(lambda text: f"/{text}"),
)
queries = st.one_of(
    st.just(""),
    st.sampled_from(["Action=ListUsers&Version=2010-05-08", "X-Amz-Credential=a%2Fb",
                     "X-Amz-Algorithm=x&X-Amz-Signature=y", "&&&=&a=%", "uploads", "list-type=2"]),
)  # fmt: skip


@pytest.fixture(scope="module")
def app() -> App:
    return create_app()


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    method=st.sampled_from(["POST", "GET", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "BREW"]),
    path=paths,
    query=queries,
    header_items=headers,
    body=bodies,
)
def test_no_request_is_answered_with_a_500(
    app: App, method: str, path: str, query: str, header_items: list[tuple[str, str]], body: bytes
) -> None:
    call = app.handle(WireRequest(method, path, query, header_items, body, "127.0.0.1"))
    assert call.response is not None
    # 501 is the answer for a service that no plugin provides.
    assert call.response.status < 500 or call.response.status == 501, call.error
    assert isinstance(call.response.body, bytes)


def test_errors_are_not_logged_with_tracebacks(app: App, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for body in _BODIES:
            app.handle(WireRequest("POST", "/", "", [("content-type", "application/x-www-form-urlencoded")], body))
    assert not [record for record in caplog.records if record.exc_info]
