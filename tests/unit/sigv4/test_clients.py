"""What boto3's clients send, caught on its way out, verifies as it is."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.signers import RequestSigner
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudward.sigv4 import SignatureError, Verified, parse_signature, service_rules, verify
from cloudward.sigv4.canonical import canonical_query
from tests.unit.sigv4.signers import KEY_ID, SECRET, Received

Call = Callable[[Any], object]
SESSION = boto3.Session(KEY_ID, SECRET, region_name="us-east-1")
ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"


class Caught(Exception):
    """Carries the request that a client was about to send."""

    def __init__(self, request: Received) -> None:
        super().__init__()
        self.request = request


def _catch(request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
    url = urlsplit(request.url)
    items = [("host", url.netloc)]
    for name, value in request.headers.items():
        text = value if isinstance(value, bytes) else str(value).encode()
        items.append((name.lower(), text.decode("latin-1")))
    body = request.body or b""
    if hasattr(body, "read"):
        body = body.read()
    if isinstance(body, str):
        body = body.encode()
    raise Caught(Received(request.method, url.path, url.query, tuple(items), body))


def sent(service: str, call: Call, **config: Any) -> Received:
    client = SESSION.client(service, config=Config(retries={"total_max_attempts": 1}, **config))
    client.meta.events.register("before-send", _catch)
    with pytest.raises(Caught) as caught:
        call(client)
    return caught.value.request


def attempt(request: Received, service: str, *, unsigned_payload: bool = False) -> Verified:
    signature = parse_signature(request)
    assert signature is not None
    assert signature.service == service
    rules = service_rules(service, unsigned_payload=unsigned_payload)
    return verify(request, signature, SECRET, now=signature.time, service=rules, regions=["us-east-1"])


@pytest.mark.parametrize(
    ("service", "signing_name", "call"),
    [
        ("iam", "iam", lambda c: c.list_users(PathPrefix="/a b/é/")),
        ("sts", "sts", lambda c: c.get_caller_identity()),
        ("dynamodb", "dynamodb", lambda c: c.list_tables()),
        ("ec2", "ec2", lambda c: c.describe_instances()),
        ("sqs", "sqs", lambda c: c.list_queues()),
        ("cloudwatch", "monitoring", lambda c: c.list_metrics()),
        ("kinesis", "kinesis", lambda c: c.list_streams()),
        ("lambda", "lambda", lambda c: c.invoke(FunctionName=ARN, Payload=b"{}", Qualifier="$LATEST")),
        ("lambda", "lambda", lambda c: c.list_tags(Resource=ARN)),
        ("lambda", "lambda", lambda c: c.untag_resource(Resource=ARN, TagKeys=["a b", "a", "é&="])),
        ("apigateway", "apigateway", lambda c: c.get_tags(resourceArn="arn:aws:apigateway:us-east-1::/restapis/x")),
        ("iot-data", "iotdata", lambda c: c.publish(topic="a/b c/#", payload=b"x")),
        ("glacier", "glacier", lambda c: c.upload_archive(vaultName="v", body=b"abc")),
        ("opensearch", "es", lambda c: c.describe_domain(DomainName="domain")),
    ],
)
def test_services(service: str, signing_name: str, call: Call) -> None:
    assert attempt(sent(service, call), signing_name).payload_signed


@settings(max_examples=40)
@given(st.text(min_size=1, max_size=20).filter(lambda key: key.isprintable()), st.binary(max_size=40))
def test_s3_objects(key: str, body: bytes) -> None:
    request = sent("s3", lambda c: c.put_object(Bucket="bucket", Key=key, Body=body, Metadata={"a": "x  y"}))
    assert attempt(request, "s3").body == body


@pytest.mark.parametrize("name", ["CRC32", "SHA1", "SHA256"])
def test_s3_streams_with_trailing_checksums(name: str) -> None:
    body = b"stream" * 5000
    request = sent("s3", lambda c: c.put_object(Bucket="b", Key="k", Body=io.BytesIO(body), ChecksumAlgorithm=name))
    assert request.headers["x-amz-content-sha256"] == "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    verified = attempt(request, "s3")
    assert verified.body == body
    assert list(verified.trailers) == [f"x-amz-checksum-{name.lower()}"]
    assert not verified.payload_signed


def test_an_operation_with_an_unsigned_payload() -> None:
    request = sent("mediastore-data", lambda c: c.put_object(Path="/a b/c", Body=b"x"))
    assert request.headers["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"
    assert attempt(request, "mediastore", unsigned_payload=True).body == b"x"
    with pytest.raises(SignatureError):
        attempt(request, "mediastore")


def received_url(url: str, method: str = "GET", headers: tuple[tuple[str, str], ...] = ()) -> Received:
    parts = urlsplit(url)
    return Received(method, parts.path, parts.query, (("host", parts.netloc), *headers))


def test_presigned_urls() -> None:
    client = SESSION.client("s3", config=Config(signature_version="s3v4"))
    for key in ("a b/ü//..", "x+y=&", "%41"):
        url = client.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": key, "VersionId": "a/b+"})
        assert attempt(received_url(url), "s3")
    url = SESSION.client("sts").generate_presigned_url("get_caller_identity", HttpMethod="GET")
    assert attempt(received_url(url), "sts")
    url = SESSION.client("polly").generate_presigned_url(
        "synthesize_speech", {"Text": "ä b", "OutputFormat": "mp3", "VoiceId": "Vicki"}, HttpMethod="GET"
    )
    assert attempt(received_url(url), "polly")


def test_tokens_of_eks_and_rds() -> None:
    """Presigned URLs that are handed to others as a password."""
    client = SESSION.client("sts")
    signer = RequestSigner(
        client.meta.service_model.service_id, "us-east-1", "sts", "v4", SESSION.get_credentials(), SESSION.events
    )
    url = signer.generate_presigned_url(
        {
            "method": "GET",
            "url": "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15",
            "body": {},
            "headers": {"x-k8s-aws-id": "my-cluster"},
            "context": {},
        },
        region_name="us-east-1",
        expires_in=60,
        operation_name="",
    )
    assert attempt(received_url(url, headers=(("x-k8s-aws-id", "my-cluster"),)), "sts")
    with pytest.raises(SignatureError):
        attempt(received_url(url, headers=(("x-k8s-aws-id", "another"),)), "sts")
    token = SESSION.client("rds").generate_db_auth_token("db.example", 5432, "admin", "us-east-1")
    assert attempt(received_url(f"https://{token}"), "rds-db")


@given(st.text(st.sampled_from("%+=azAZ09-._~/ 0123456789ABCDEFabcdef"), max_size=12))
def test_the_canonical_query_is_a_fixed_point(value: str) -> None:
    once = canonical_query(f"k={value.replace('&', '')}")
    assert canonical_query(once) == once


def test_every_byte_has_one_canonical_form() -> None:
    for byte in range(256):
        forms = {canonical_query(f"k={form}") for form in (f"%{byte:02X}", f"%{byte:02x}")}
        assert len(forms) == 1
        if byte not in b"+&% ":
            assert canonical_query(f"k={chr(byte)}") in forms
