"""Bad input of every kind against every protocol's decoder: an error that a caller can read, or an input; no more."""

from __future__ import annotations

import functools
import time
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudward.errors import MalformedRequest, RequestTooLarge, ValidationError
from cloudward.protocols import WireRequest
from tests.protocols.generate import Generator, Impossible
from tests.protocols.oracle import Pair

_CASES = [
    ("iam", "query", "CreateUser"),
    ("cloudwatch", "query", "PutMetricData"),
    ("ec2", "ec2", "RunInstances"),
    ("dynamodb", "json", "PutItem"),
    ("wafv2", "json", "CreateWebACL"),
    ("lambda", "rest-json", "CreateFunction"),
    ("bedrock-runtime", "rest-json", "Converse"),
    ("s3", "rest-xml", "PutBucketLifecycleConfiguration"),
    ("s3", "rest-xml", "PutObject"),
    ("cloudfront", "rest-xml", "CreateDistribution"),
    ("cloudwatch", "smithy-rpc-v2-cbor", "PutMetricData"),
]
_ACCEPTED = (MalformedRequest, RequestTooLarge, ValidationError)


@functools.cache
def _pair(service: str, protocol: str) -> Pair:
    return Pair(service, protocol)


@functools.cache
def _valid(service: str, protocol: str, operation: str, seed: int) -> tuple[WireRequest, dict[str, str]]:
    pair = _pair(service, protocol)
    shape = pair.client.operation_model(operation).input_shape
    while True:
        try:
            return pair.request(operation, Generator((operation, seed), protocol).top(shape))
        except Impossible:
            seed += 1000


def _refused_or_decoded(
    service: str, protocol: str, operation: str, request: WireRequest, labels: dict[str, str]
) -> None:
    pair = _pair(service, protocol)
    started = time.process_time()
    text = "decoded"
    try:
        assert isinstance(pair.codec.decode(pair.operation(operation), request, labels), dict)
    except _ACCEPTED as error:
        text = error.text
    assert 0 < len(text) < 1_000_000
    assert time.process_time() - started < 5


def _with(request: WireRequest, **changes: Any) -> WireRequest:
    parts = {name: getattr(request, name) for name in ("method", "raw_path", "raw_query", "header_items", "body")}
    return WireRequest(**{**parts, **changes})


@pytest.mark.parametrize("case", _CASES, ids=" ".join)
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 3), data=st.data())
def test_spoiled_requests(case: tuple[str, str, str], seed: int, data: st.DataObject) -> None:
    request, labels = _valid(*case, seed)
    body = bytearray(request.body)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(0, len(body) - 1)))
        kind = data.draw(st.sampled_from(["flip", "cut", "insert", "drop", "repeat"]))
        if kind == "flip" and body:
            body[at] = data.draw(st.integers(0, 255))
        elif kind == "cut":
            del body[at:]
        elif kind == "insert":
            piece = data.draw(
                st.sampled_from([b"\xff", b"\0", b"&", b"%", b"{", b"[", b'"', b"<", b">", b"null", b"=", b"."])
            )
            body[at:at] = piece
        elif kind == "drop":
            del body[at : at + data.draw(st.integers(1, 8))]
        else:
            body[at:at] = body[at : at + 40]
    query = data.draw(st.sampled_from([request.raw_query, request.raw_query + "&%ff=%fe", "a=1&a=2&&&==", "%"]))
    _refused_or_decoded(*case, _with(request, body=bytes(body), raw_query=query), labels)


@pytest.mark.parametrize("case", _CASES, ids=" ".join)
@settings(max_examples=30, deadline=None)
@given(
    body=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")),
    value=st.text(max_size=40),
)
def test_any_bytes_and_any_headers(case: tuple[str, str, str], body: bytes, value: str) -> None:
    request, labels = _valid(*case, 0)
    headers = [(name, text if name == "content-type" else value) for name, text in request.header_items]
    spoiled = dict.fromkeys(labels, value)
    _refused_or_decoded(*case, _with(request, body=body, header_items=headers), spoiled)


_JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_cbor_of_other_types_than_the_models(data: st.DataObject) -> None:
    case = _CASES[-1]
    members = _pair(*case[:2]).operation(case[2]).input
    assert members is not None
    tree = data.draw(st.dictionaries(st.sampled_from(list(members.members)), _JSON_VALUES, min_size=1))
    request, labels = _valid(*case, 0)
    _refused_or_decoded(*case, _with(request, body=cbor2.dumps(tree)), labels)


def _deep(protocol: str, depth: int) -> bytes:
    if protocol in {"query", "ec2"}:
        return b"a." * depth + b"b=1"
    if protocol == "rest-xml":
        return b"<a>" * depth + b"</a>" * depth
    if protocol == "smithy-rpc-v2-cbor":
        return b"\x81" * depth + b"\x00"
    return b'{"a":' * depth + b"1" + b"}" * depth


@pytest.mark.parametrize("case", _CASES, ids=" ".join)
@pytest.mark.parametrize("depth", [50, 200, 2000, 200_000])
def test_depth_is_bounded(case: tuple[str, str, str], depth: int) -> None:
    request, labels = _valid(*case, 0)
    _refused_or_decoded(*case, _with(request, body=_deep(case[1], depth)), labels)


@pytest.mark.parametrize(
    "tag", [0, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 100, 256, 258, 260, 261, 1004, 43000, 55799, 99999]
)
@pytest.mark.parametrize(
    "inner", [b"\x00", b"\x41a", b"\x61a", b"\x80", b"\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01"]
)
def test_cbor_tags_are_refused(tag: int, inner: bytes) -> None:
    case = _CASES[-1]
    request, labels = _valid(*case, 0)
    head = cbor2.dumps(cbor2.CBORTag(tag, 0))[:-1]
    pair = _pair(*case[:2])
    body = b"\xa1\x69Namespace" + head + inner
    with pytest.raises(MalformedRequest):
        pair.codec.decode(pair.operation(case[2]), _with(request, body=body), labels)


def test_cbor_of_indefinite_lengths_is_read() -> None:
    pair = _pair("cloudwatch", "smithy-rpc-v2-cbor")
    body = (
        b"\xbf\x69Namespace\x7f\x61a\x61b\xff\x6aMetricData\x9f\xbf\x6aMetricName\x61m\x69Timestamp\xc1\x01\xff\xff\xff"
    )
    request = WireRequest("POST", "/", "", [("content-type", "application/cbor")], body)
    values = pair.codec.decode(pair.operation("PutMetricData"), request, {})
    assert values["namespace"] == "ab"
    assert values["metric_data"][0]["Timestamp"].timestamp() == 1


def test_a_hundred_thousand_absurd_positions_take_no_memory() -> None:
    import tracemalloc

    form = "&".join(f"Tags.member.{10**9 + n}.Key=k" for n in range(20_000)).encode()
    request = WireRequest("POST", "/", "", [("content-type", "application/x-www-form-urlencoded")], form)
    tracemalloc.start()
    try:
        _refused_or_decoded("iam", "query", "TagUser", request, {})
        assert tracemalloc.get_traced_memory()[1] < 60 * len(form)
    finally:
        tracemalloc.stop()
