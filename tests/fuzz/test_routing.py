"""Whatever is sent, routing answers with a route or one of its own errors, and leaves nothing behind that grows."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudward.model import Catalogue
from cloudward.protocols.wire import WireRequest
from cloudward.routing import Route, Router, Unroutable, signing_scope
from cloudward.routing.router import CACHE_LIMIT, HOST_CACHE_LIMIT

CATALOGUE = Catalogue()
SERVICES = ["iam", "s3", "lambda", "dynamodb", "monitoring", "ses", "workspaces-web", "sdb", "nothing", ""]
FRAGMENTS = [
    "/",
    "//",
    "%2F",
    "%",
    "%zz",
    "..",
    "b",
    "k",
    "tags",
    "2015-03-31",
    "functions",
    "v1",
    "email",
    "é",
    "\x00",
]
PARAMETERS = [
    "Action=GetUser",
    "Version=2010-05-08",
    "Action=",
    "Action",
    "&",
    "=",
    "uploads",
    "list-type=2",
    "%41",
    "é",
]
TARGETS = ["DynamoDB_20120810.GetItem", "DynamoDB_20120810.", ".", "", "Timestream_20181101.X", "a" * 5000]
HOSTS = ["localhost:4566", "b.s3.amazonaws.com", "", ".", "[::1", "a.b.c.localhost", "x" * 300 + ".amazonaws.com", ":"]

paths = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), max_size=12).map(lambda parts: "/" + "/".join(parts)),
    st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join),
    st.text(st.characters(max_codepoint=0xFF), max_size=200),
)
forms = st.one_of(st.lists(st.sampled_from(PARAMETERS), max_size=8).map("&".join), st.text(max_size=100))
credentials = st.one_of(
    st.sampled_from(SERVICES).map(
        lambda name: f"AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/{name}/aws4_request, X"
    ),
    st.text(max_size=60),
    st.text(max_size=60).map(lambda text: "AWS4-HMAC-SHA256 Credential=" + text),
)
headers = st.fixed_dictionaries(
    {},
    optional={
        "authorization": credentials,
        "host": st.one_of(st.sampled_from(HOSTS), st.text(max_size=60)),
        "x-amz-target": st.one_of(st.sampled_from(TARGETS), st.text(max_size=60)),
        "smithy-protocol": st.sampled_from(["rpc-v2-cbor", "", "x"]),
        "content-type": st.sampled_from(
            ["application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x", "", "text/xml"]
        ),
        "content-encoding": st.sampled_from(["gzip", "identity"]),
        "user-agent": st.sampled_from(["api/", "aws api/neptune#1", "x"]),
        "x-amz-account-id": st.just("123456789012"),
    },
)
bodies = st.one_of(
    forms.map(str.encode), st.binary(max_size=200), st.binary(max_size=50).map(lambda b: b"\x1f\x8b" + b)
)


def outcome(router: Router, request: WireRequest) -> tuple[object, ...]:
    refusal = None
    try:
        route = router.route(request)
    except Unroutable as error:
        refusal = error
    if refusal is not None:
        assert refusal.text
        assert len(refusal.text) < 1000
        service = refusal.route.service
        assert service is None or refusal.route.protocol in service.protocols
        return (type(refusal), refusal.text)
    assert isinstance(route, Route)
    assert route.service.has_operation(route.operation_name)
    assert route.protocol in route.service.protocols
    return (route.service.name, route.operation_name, route.protocol, dict(route.labels))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "X"]),
    path=paths,
    query=forms,
    header_fields=headers,
    body=bodies,
)
def test_anything_is_routed_or_refused(
    method: str, path: str, query: str, header_fields: dict[str, str], body: bytes
) -> None:
    router = Router(CATALOGUE, ["iam", "sts", "s3"])
    request = WireRequest(method, path, query, list(header_fields.items()), body)
    signing_scope(request)
    # The second answer may come from a cache, and is the same.
    assert outcome(router, request) == outcome(router, request)


@pytest.mark.parametrize("segments", [10_000, 200_000])
def test_absurd_paths_end_quickly_and_do_not_recurse(segments: int) -> None:
    router = Router(CATALOGUE, ["s3"])
    headers = [("authorization", "AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/s3/aws4_request, X")]
    route = router.route(WireRequest("GET", "/b" + "/x" * segments, "", headers))
    assert route.operation_name == "GetObject"
    assert len(route.labels["Key"]) == 2 * segments - 1
    with pytest.raises(Unroutable):
        router.route(
            WireRequest("GET", "/x" * segments, "", [("authorization", headers[0][1].replace("s3", "lambda"))])
        )


def test_what_is_remembered_is_bounded() -> None:
    router = Router(CATALOGUE, ["iam"])
    for number in range(2 * HOST_CACHE_LIMIT):
        with pytest.raises(Unroutable):
            router.route(WireRequest("GET", "/x", "", [("host", f"h{number}.amazonaws.com")]))
        body = f"Action=GetUser&Version=2010-05-{number}".encode()
        with pytest.raises(Unroutable):
            router.route(WireRequest("POST", "/", "", [("content-type", "application/x-www-form-urlencoded")], body))
        with pytest.raises(Unroutable):
            router.route(WireRequest("POST", "/", "", [("x-amz-target", f"DynamoDB_20120810.X{number}")], b"{}"))
    assert len(router._hosts) <= HOST_CACHE_LIMIT
    assert len(router._actions) + len(router._targets) < CACHE_LIMIT
    assert len(router._actions) == len(router._targets) == 0
