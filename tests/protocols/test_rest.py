"""What the REST protocols bind to HTTP, beyond the round trips: duplicates, lists, presigned parameters, status."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from cloudward.errors import MalformedRequest, ValidationError
from cloudward.protocols import WireRequest
from tests.protocols.oracle import Pair, body_bytes


@pytest.fixture(scope="module")
def s3() -> Pair:
    return Pair("s3")


@pytest.fixture(scope="module")
def functions() -> Pair:
    return Pair("lambda")


def _decode(pair: Pair, operation: str, labels: dict[str, str], **request: Any) -> dict[str, Any]:
    method = pair.operation(operation).http.method
    return pair.codec.decode(pair.operation(operation), WireRequest(method, "/", **request), labels)


_BUCKET = {"Bucket": "bucket"}


def test_query_parameters_have_their_types(s3: Pair) -> None:
    values = _decode(s3, "ListObjectsV2", _BUCKET, raw_query="list-type=2&max-keys=5&fetch-owner=true&prefix=a%2Fb+c")
    assert values == {"bucket": "bucket", "max_keys": 5, "fetch_owner": True, "prefix": "a/b c"}


@pytest.mark.parametrize(
    "query", ["max-keys=1&max-keys=2", "max-keys=x", "prefix=%ff", "max-keys=", "fetch-owner=maybe", "max-keys=1e9"]
)
def test_bad_query_parameters_are_refused(s3: Pair, query: str) -> None:
    with pytest.raises(MalformedRequest):
        _decode(s3, "ListObjectsV2", _BUCKET, raw_query=query)


def test_parameters_of_presigned_requests_are_no_input() -> None:
    pair = Pair("apigateway")
    labels = {"restapi_id": "a", "stage_name": "b", "export_type": "swagger"}
    values = _decode(pair, "GetExport", labels, raw_query="X-Amz-Date=20260101T000000Z&extensions=apigateway")
    assert values["parameters"] == {"extensions": "apigateway"}


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("ETag,Checksum", ["ETag", "Checksum"]),
        ("ETag , Checksum", ["ETag", "Checksum"]),
        ("ETag", ["ETag"]),
        ('"ETag","Checksum"', ["ETag", "Checksum"]),
    ],
)
def test_lists_in_headers(s3: Pair, header: str, names: list[str]) -> None:
    values = _decode(
        s3, "GetObjectAttributes", {**_BUCKET, "Key": "k"}, header_items=[("x-amz-object-attributes", header)]
    )
    assert values["object_attributes"] == names


def test_quoted_items_of_headers_keep_commas_and_quotes() -> None:
    pair = Pair("entityresolution")
    values = _decode(
        pair, "BatchDeleteUniqueId", {"workflowName": "w"}, header_items=[("uniqueids", r'"a,b", "say \"hi\"", c')]
    )
    assert values["unique_ids"] == ["a,b", 'say "hi"', "c"]


def test_user_metadata_is_a_map(s3: Pair) -> None:
    headers = [("x-amz-meta-one", "1"), ("x-amz-meta-two", "2"), ("host", "x")]
    values = _decode(s3, "PutObject", {**_BUCKET, "Key": "a/b"}, header_items=headers, body=b"\x00\xff")
    assert values["metadata"] == {"one": "1", "two": "2"}
    assert values["body"] == b"\x00\xff"


def test_json_in_a_header_is_checked() -> None:
    pair = Pair("lex-runtime")
    labels = {"botName": "b", "botAlias": "a", "userId": "uu"}
    plain = [("content-type", "text/plain")]
    attributes = base64.b64encode(b'{"a": [1]}').decode()
    good = [*plain, ("x-amz-lex-session-attributes", attributes)]
    assert _decode(pair, "PostContent", labels, header_items=good)["session_attributes"] == {"a": [1]}
    for text in ("%%%", base64.b64encode(b"{").decode(), base64.b64encode(b"\xff").decode()):
        with pytest.raises(MalformedRequest):
            _decode(pair, "PostContent", labels, header_items=[*plain, ("x-amz-lex-session-attributes", text)])


def test_an_object_that_is_stored_compressed_stays_compressed(s3: Pair) -> None:
    headers = [("content-encoding", "gzip")]
    values = _decode(s3, "PutObject", {**_BUCKET, "Key": "k"}, header_items=headers, body=b"anything")
    assert values["body"] == b"anything"
    assert values["content_encoding"] == "gzip"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"<Nonsense/>", MalformedRequest),
        (b"<Tagging><TagSet><Tag><Key>a</Key><Key>b</Key><Value/></Tag></TagSet></Tagging>", MalformedRequest),
        (b"<Tagging><TagSet><Tag><Key><b/></Key><Value/></Tag></TagSet></Tagging>", MalformedRequest),
        (b"<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>", ValidationError),
        (b"", ValidationError),
    ],
)
def test_bad_documents_are_refused(s3: Pair, body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        _decode(s3, "PutBucketTagging", _BUCKET, body=body)


def test_namespaces_and_prefixes_do_not_matter(s3: Pair) -> None:
    body = b'<x:Tagging xmlns:x="http://s3.amazonaws.com/doc/2006-03-01/"><x:TagSet/></x:Tagging>'
    assert _decode(s3, "PutBucketTagging", _BUCKET, body=body)["tagging"] == {"TagSet": []}


def test_grantees_tell_their_type_in_an_attribute(s3: Pair) -> None:
    grantee = {"Type": "CanonicalUser", "ID": "x"}
    body = body_bytes(
        s3.codec.encode(s3.operation("GetBucketAcl"), {"Grants": [{"Grantee": grantee, "Permission": "READ"}]}, "id")
    )
    assert b"<AccessControlPolicy xmlns=" in body
    assert b'<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">' in body


@pytest.mark.parametrize("content_type", ["text/xml", "application/x-www-form-urlencoded", "application/cbor"])
def test_json_under_another_name_is_refused(functions: Pair, content_type: str) -> None:
    with pytest.raises(MalformedRequest):
        _decode(functions, "CreateFunction", {}, header_items=[("content-type", content_type)], body=b"{}")


def test_the_status_is_the_models_or_the_handlers(functions: Pair) -> None:
    assert functions.codec.encode(functions.operation("CreateFunction"), {}, "id").status == 201
    invoked = functions.codec.encode(functions.operation("Invoke"), {"StatusCode": 202}, "id")
    assert invoked.status == 202
    deleted = functions.codec.encode(functions.operation("DeleteAlias"), None, "id")
    assert (deleted.status, deleted.body) == (204, b"")


def test_headers_cannot_be_smuggled_into_answers(s3: Pair) -> None:
    response = s3.codec.encode(s3.operation("HeadObject"), {"CacheControl": "a\r\nSet-Cookie: b"}, "id")
    assert all("\r" not in text and "\n" not in text for _, text in response.headers)


def test_bodies_may_be_streams(s3: Pair) -> None:
    response = s3.codec.encode(s3.operation("GetObject"), {"Body": iter([b"a", b"b"])}, "id")
    assert not isinstance(response.body, bytes)
    assert body_bytes(response) == b"ab"
