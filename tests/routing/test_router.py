"""What routing says about requests by hand: hosts, names, versions, paths, and what cannot be routed."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from cloudward.errors import NotImplementedByGateway, UnknownOperation
from cloudward.model import Catalogue
from cloudward.protocols.wire import WireRequest
from cloudward.routing import (
    InvalidAction,
    MissingAction,
    NoSuchOperation,
    Route,
    Router,
    SigningScope,
    UnknownService,
    signing_scope,
)

FORM = ("content-type", "application/x-www-form-urlencoded; charset=utf-8")
UPLOAD = b'--x\r\nContent-Disposition: form-data; name="X-Amz-Credential"\r\n\r\nAK/20260101/r/s3/aws4_request\r\n--x--'
IAM = "Action=GetUser&Version=2010-05-08&UserName=x"


def signed(service: str, region: str = "us-east-1") -> tuple[str, str]:
    scope = f"AKIAIOSFODNN7EXAMPLE/20261123/{region}/{service}/aws4_request"
    return ("authorization", f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0")


def form(text: str, *headers: tuple[str, str]) -> WireRequest:
    return WireRequest("POST", "/", "", [FORM, *headers], text.encode())


def authorized(value: str) -> WireRequest:
    return WireRequest("GET", "/", "", [("authorization", value)])


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue()


@pytest.fixture
def router(catalogue: Catalogue) -> Router:
    return Router(catalogue, ["iam", "sts"])


def names(route: Route) -> tuple[str, str, str]:
    assert route.operation.name == route.operation_name
    assert route.protocol in route.service.protocols
    return (route.service.name, route.operation_name, route.protocol)


@pytest.mark.parametrize(
    "text",
    [
        IAM,
        "Version=2010-05-08&UserName=x&Action=GetUser",
        "UserName=Action%3DFoo&Action=GetUser&Version=2010-05-08",
        "Action=Get%55ser&Version=2010-05-08",
        "Action=GetUser&Version=2010%2D05%2D08",
        "Action=GetUser&Version=2010-05-08",
    ],
)
@pytest.mark.parametrize("headers", [[], [signed("iam")], [signed("iam", "eu-west-1")]])
def test_query_parameters_may_stand_in_any_order(router: Router, text: str, headers: list[tuple[str, str]]) -> None:
    for _ in range(2):  # the second answer comes from the cache
        assert names(router.route(form(text, *headers))) == ("iam", "GetUser", "query")


def test_query_parameters_may_be_in_the_url(router: Router) -> None:
    assert names(router.route(WireRequest("GET", "/", IAM))) == ("iam", "GetUser", "query")
    assert names(router.route(WireRequest("POST", "/", IAM, [FORM]))) == ("iam", "GetUser", "query")


def test_query_bodies_may_be_compressed(router: Router) -> None:
    body = gzip.compress(b"Action=PutMetricData&Version=2010-08-01&Namespace=" + b"n" * 100_000)
    headers = [FORM, ("content-encoding", "gzip"), signed("monitoring")]
    assert names(router.route(WireRequest("POST", "/", "", headers, body))) == ("cloudwatch", "PutMetricData", "query")


def test_one_cache_does_not_serve_another_service(router: Router) -> None:
    assert router.route(form("Action=ListTagsForResource&Version=2014-10-31", signed("rds"))).service.name == "rds"
    with pytest.raises(InvalidAction):
        router.route(form("Action=ListTagsForResource&Version=2014-10-31", signed("sts")))


def test_the_version_tells_services_apart(router: Router) -> None:
    for version, service in (("2012-06-01", "elb"), ("2015-12-01", "elbv2")):
        request = form(f"Action=DescribeLoadBalancers&Version={version}", signed("elasticloadbalancing"))
        assert router.route(request).service.name == service


def test_ec2_keeps_serving_earlier_versions(router: Router) -> None:
    assert names(router.route(form("Action=DescribeInstances&Version=2014-10-01"))) == (
        "ec2",
        "DescribeInstances",
        "ec2",
    )


def test_a_service_with_several_protocols_speaks_the_one_of_the_request(router: Router) -> None:
    path = "/service/GraniteServiceVersion20100801/operation/ListMetrics"
    cbor = WireRequest("POST", path, "", [("smithy-protocol", "rpc-v2-cbor"), signed("monitoring")], b"\xa0")
    json = WireRequest("POST", "/", "", [("x-amz-target", "GraniteServiceVersion20100801.ListMetrics")], b"{}")
    query = form("Action=ListMetrics&Version=2010-08-01", signed("monitoring"))
    assert [router.route(r).protocol for r in (cbor, json, query)] == ["smithy-rpc-v2-cbor", "json", "query"]
    assert {router.route(r).operation_name for r in (cbor, json, query)} == {"ListMetrics"}


def test_an_rpc_path_may_have_a_prefix(router: Router) -> None:
    path = "/some/prefix/service/GraniteServiceVersion20100801/operation/ListMetrics"
    route = router.route(WireRequest("POST", path, "", [("smithy-protocol", "rpc-v2-cbor")]))
    assert names(route) == ("cloudwatch", "ListMetrics", "smithy-rpc-v2-cbor")


@pytest.mark.parametrize(
    ("host", "path", "expected", "labels"),
    [
        ("iam.amazonaws.com", f"/?{IAM}", ("iam", "GetUser"), {}),
        ("iam.localhost.localstack.cloud:4566", f"/?{IAM}", ("iam", "GetUser"), {}),
        (
            "sts.us-east-1.amazonaws.com",
            "/?Action=GetCallerIdentity&Version=2011-06-15",
            ("sts", "GetCallerIdentity"),
            {},
        ),
        ("s3.amazonaws.com", "/b/k", ("s3", "GetObject"), {"Bucket": "b", "Key": "k"}),
        ("b.s3.amazonaws.com", "/k", ("s3", "GetObject"), {"Bucket": "b", "Key": "k"}),
        ("b.s3.us-east-1.amazonaws.com", "/", ("s3", "ListObjects"), {"Bucket": "b"}),
        (
            "a.dotted.b.s3.dualstack.eu-west-1.amazonaws.com",
            "/k",
            ("s3", "GetObject"),
            {"Bucket": "a.dotted.b", "Key": "k"},
        ),
        ("b.s3-us-west-2.amazonaws.com", "/k", ("s3", "GetObject"), {"Bucket": "b", "Key": "k"}),
        ("b.s3-fips.us-west-2.amazonaws.com", "/k", ("s3", "GetObject"), {"Bucket": "b", "Key": "k"}),
        ("b.s3-accelerate.amazonaws.com", "/k", ("s3", "GetObject"), {"Bucket": "b", "Key": "k"}),
        ("B.S3.cn-north-1.amazonaws.com.cn", "/k", ("s3", "GetObject"), {"Bucket": "b", "Key": "k"}),
        ("b.s3.localhost.localstack.cloud:4566", "/k/", ("s3", "GetObject"), {"Bucket": "b", "Key": "k/"}),
        ("b.s3.localhost:4566", "/?uploads", ("s3", "ListMultipartUploads"), {"Bucket": "b"}),
        (
            "api.x.execute-api.us-east-1.amazonaws.com",
            "/@connections/a",
            ("apigatewaymanagementapi", "GetConnection"),
            {"connectionId": "a"},
        ),
        ("chime-sdk.x", "/", None, {}),
        ("localhost:4566", "/favicon.ico", None, {}),
        ("[::1]:4566", "/", None, {}),
        ("example.com", "/b/k", None, {}),
    ],
)
def test_hosts(catalogue: Catalogue, host: str, path: str, expected: Any, labels: dict[str, str]) -> None:
    router = Router(catalogue, ["iam"])
    raw_path, _, query = path.partition("?")
    request = WireRequest("GET", raw_path, query, [("host", host)])
    if expected is None:
        with pytest.raises(UnknownService):
            router.route(request)
        return
    route = router.route(request)
    assert (route.service.name, route.operation_name, dict(route.labels)) == (*expected, labels)


@pytest.mark.parametrize(
    ("method", "path", "operation", "labels"),
    [
        ("GET", "/", "ListBuckets", {}),
        ("GET", "/b", "ListObjects", {"Bucket": "b"}),
        ("GET", "/b/", "ListObjects", {"Bucket": "b"}),
        ("GET", "/b?list-type=2", "ListObjectsV2", {"Bucket": "b"}),
        ("GET", "/b?list-type=1", "ListObjects", {"Bucket": "b"}),
        ("GET", "/b/a%2Fb%20c+d/e", "GetObject", {"Bucket": "b", "Key": "a/b c+d/e"}),
        ("GET", "/b//k", "GetObject", {"Bucket": "b", "Key": "/k"}),
        ("GET", "/b/k?tagging", "GetObjectTagging", {"Bucket": "b", "Key": "k"}),
        ("GET", "/b/k?uploadId=7", "ListParts", {"Bucket": "b", "Key": "k"}),
        ("PUT", "/b/k?partNumber=1&uploadId=7", "UploadPart", {"Bucket": "b", "Key": "k"}),
        ("GET", "/b?inventory&id=x", "GetBucketInventoryConfiguration", {"Bucket": "b"}),
        ("GET", "/b?inventory", "ListBucketInventoryConfigurations", {"Bucket": "b"}),
        ("HEAD", "/b/k", "HeadObject", {"Bucket": "b", "Key": "k"}),
        ("POST", "/b?delete", "DeleteObjects", {"Bucket": "b"}),
        ("GET", "/v20180820/jobs", "GetObject", {"Bucket": "v20180820", "Key": "jobs"}),
    ],
)
def test_s3_paths(router: Router, method: str, path: str, operation: str, labels: dict[str, str]) -> None:
    raw_path, _, query = path.partition("?")
    route = router.route(WireRequest(method, raw_path, query, [("host", "localhost:4566"), signed("s3")]))
    assert (route.operation_name, dict(route.labels)) == (operation, labels)


def test_a_copy_source_makes_a_copy(router: Router) -> None:
    headers = [signed("s3"), ("x-amz-copy-source", "/a/b")]
    assert router.route(WireRequest("PUT", "/b/k", "", headers)).operation_name == "CopyObject"
    query = "partNumber=1&uploadId=7"
    assert router.route(WireRequest("PUT", "/b/k", query, headers)).operation_name == "UploadPartCopy"
    assert router.route(WireRequest("PUT", "/b/k", "", headers[:1])).operation_name == "PutObject"


def test_a_literal_segment_wins_over_a_label(router: Router) -> None:
    listed = router.route(WireRequest("GET", "/v1/email/identities", "", [signed("ses")]))
    one = router.route(WireRequest("GET", "/v1/email/identities/a%40b.c", "", [signed("ses")]))
    assert (listed.service.name, listed.operation_name) == ("pinpoint-email", "ListEmailIdentities")
    assert (one.operation_name, dict(one.labels)) == ("GetEmailIdentity", {"EmailIdentity": "a@b.c"})


def test_a_greedy_label_may_stand_in_the_middle(router: Router) -> None:
    arn = "arn:aws:workspaces-web:us-east-1:123456789012:portal/x"
    route = router.route(WireRequest("GET", f"/portals/{arn}/identityProviders", "", [signed("workspaces-web")]))
    assert (route.operation_name, dict(route.labels)) == ("ListIdentityProviders", {"portalArn": arn})
    route = router.route(WireRequest("GET", f"/portals/{arn}", "", [signed("workspaces-web")]))
    assert route.operation_name == "GetPortal"


def test_the_user_agent_tells_equal_services_apart(router: Router) -> None:
    text = "Action=DescribeDBClusters&Version=2014-10-31"
    for agent, service in (
        ("aws-sdk-go-v2/1.30 api/neptune#1.2", "neptune"),
        ("x api/docdb#3.1 y", "docdb"),
        ("Boto3", "rds"),
    ):
        assert router.route(form(text, signed("rds"), ("user-agent", agent))).service.name == service


def test_an_unknown_action_is_named(router: Router) -> None:
    with pytest.raises(InvalidAction) as caught:
        router.route(form("Action=MakeUser&Version=2010-05-08", signed("iam")))
    assert str(caught.value) == "Could not find operation MakeUser for version 2010-05-08"
    assert isinstance(caught.value, UnknownOperation)
    route = caught.value.route
    assert route.service is not None
    assert (route.service.name, route.operation_name, route.protocol) == ("iam", "MakeUser", "query")


def test_a_missing_or_wrong_version_is_named(router: Router) -> None:
    with pytest.raises(InvalidAction, match="Could not find operation GetUser for version NO_VERSION_SPECIFIED"):
        router.route(form("Action=GetUser", signed("iam")))
    with pytest.raises(InvalidAction, match="Could not find operation GetUser for version 2009-01-01"):
        router.route(form("Action=GetUser&Version=2009-01-01", signed("iam")))


def test_sns_is_called_without_a_version(router: Router) -> None:
    request = WireRequest(
        "GET", "/", "Action=ConfirmSubscription&TopicArn=a&Token=b", [("host", "sns.us-east-1.amazonaws.com")]
    )
    assert names(router.route(request)) == ("sns", "ConfirmSubscription", "query")


@pytest.mark.parametrize("text", ["", "UserName=x", "Action=", "Version=2010-05-08"])
def test_a_missing_action_is_said(router: Router, text: str) -> None:
    with pytest.raises(MissingAction, match="missing an action"):
        router.route(form(text, signed("iam")))


def test_unknown_targets_are_named(router: Router) -> None:
    with pytest.raises(NoSuchOperation, match="dynamodb has no operation Nope") as caught:
        router.route(WireRequest("POST", "/", "", [("x-amz-target", "DynamoDB_20120810.Nope")], b"{}"))
    assert (caught.value.route.service_name, caught.value.route.protocol) == ("dynamodb", "json")
    host = ("host", "dynamodb.us-east-1.amazonaws.com")
    with pytest.raises(NoSuchOperation, match=r"Nope\.GetItem is no operation of dynamodb"):
        router.route(WireRequest("POST", "/", "", [("x-amz-target", "Nope.GetItem"), host], b"{}"))
    with pytest.raises(UnknownService, match=r"Nope\.GetItem"):
        router.route(WireRequest("POST", "/", "", [("x-amz-target", "Nope.GetItem")], b"{}"))


def test_unknown_services_are_named_and_not_implemented(router: Router) -> None:
    with pytest.raises(UnknownService, match="The service frobnicate, which the request is signed for") as caught:
        router.route(WireRequest("GET", "/x", "", [signed("frobnicate")]))
    assert isinstance(caught.value, NotImplementedByGateway)
    assert caught.value.status == 501
    assert caught.value.route.service_name == "frobnicate"


def test_unknown_paths_are_named(router: Router) -> None:
    with pytest.raises(NoSuchOperation, match="lambda has no operation for PATCH /2015-03-31/functions") as caught:
        router.route(WireRequest("PATCH", "/2015-03-31/functions", "", [signed("lambda")]))
    assert caught.value.route.protocol == "rest-json"


def test_a_protocol_that_the_service_does_not_speak_is_refused(router: Router) -> None:
    path = "/service/DynamoDB_20120810/operation/GetItem"
    with pytest.raises(NoSuchOperation, match="dynamodb does not speak smithy-rpc-v2-cbor"):
        router.route(WireRequest("POST", path, "", [("smithy-protocol", "rpc-v2-cbor")]))


def test_a_service_of_a_plugin_is_routed() -> None:
    document = {
        "metadata": {
            "apiVersion": "2026-01-01",
            "endpointPrefix": "greeter",
            "protocol": "rest-json",
            "serviceId": "Greeter",
        },
        "operations": {
            "Greet": {
                "name": "Greet",
                "http": {"method": "GET", "requestUri": "/hello/{name}"},
                "input": {"shape": "In"},
            }
        },
        "shapes": {
            "In": {
                "type": "structure",
                "required": ["name"],
                "members": {"name": {"shape": "S", "location": "uri", "locationName": "name"}},
            },
            "S": {"type": "string"},
        },
    }
    router = Router(Catalogue({"greeter": document}), ["greeter"])
    for headers in ([], [signed("greeter")], [("host", "greeter.us-east-1.amazonaws.com")]):
        route = router.route(WireRequest("GET", "/hello/w%C3%B6rld", "", headers))
        assert (route.service.name, dict(route.labels)) == ("greeter", {"name": "wörld"})


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (form("", signed("iam", "eu-west-1")), SigningScope("AKIAIOSFODNN7EXAMPLE", "iam", "eu-west-1")),
        (
            WireRequest("GET", "/", "a=1&X-Amz-Credential=AK%2F20260101%2Fus-east-1%2Fs3%2Faws4_request"),
            SigningScope("AK", "s3", "us-east-1"),
        ),
        (authorized("AWS4-ECDSA-P256-SHA256 Credential=AK/20260101/s3/aws4_request, X"), SigningScope("AK", "s3", "")),
        (authorized("AWS4-HMAC-SHA256 Credential=a/b/20260101/r/s/aws4_request,X"), SigningScope("a/b", "s", "r")),
        (authorized("AWS AK:c2ln"), SigningScope("AK", "s3", "")),
        (WireRequest("GET", "/b/k", "AWSAccessKeyId=AK&Signature=x&Expires=1"), SigningScope("AK", "s3", "")),
        (form("AWSAccessKeyId=AK&Action=X&Signature=y&SignatureVersion=2"), SigningScope("AK", "", "")),
        (form("X-Amz-Credential=AK%2F20260101%2Fr%2Fiam%2Faws4_request&Action=X"), SigningScope("AK", "iam", "r")),
        (
            WireRequest("POST", "/b", "", [("content-type", "multipart/form-data; boundary=x")], UPLOAD),
            SigningScope("AK", "s3", "r"),
        ),
        (authorized("Bearer abc"), None),
        (authorized("AWS4-HMAC-SHA256 Credential=nonsense"), None),
        (WireRequest("GET", "/"), None),
    ],
)
def test_credential_scopes(request_: WireRequest, expected: SigningScope | None) -> None:
    assert signing_scope(request_) == expected


def test_every_pair_of_equal_services_is_in_the_table() -> None:
    from cloudward.routing.ambiguities import load_ambiguities

    table = load_ambiguities()
    known = set(Catalogue().services())
    ranked = [name for row in table.order for name in row.services]
    assert len(ranked) == len(set(ranked))
    assert set(ranked) <= known
    assert {guard.service for guard in table.guards} <= known
    assert all(row.reason for row in (*table.order, *table.guards, *table.version_optional, *table.no_bucket_in_host))
