"""botocore as signing oracle over HTTP: what it signs for any service passes, and no changed byte does."""

from __future__ import annotations

from typing import Any

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudward.testing import Gateway
from tests.contract.sts.conftest import exchange

ACCOUNT = "123456789012"
SERVICES: dict[str, tuple[str, str, dict[str, str], bytes]] = {
    "iam": ("POST", "/", {"Content-Type": "application/x-www-form-urlencoded"}, b"Action=ListUsers&Version=2010-05-08"),
    "sqs": (
        "POST",
        "/",
        {"X-Amz-Target": "AmazonSQS.ListQueues", "Content-Type": "application/x-amz-json-1.0"},
        b'{"QueueNamePrefix":"a"}',
    ),
    "dynamodb": (
        "POST",
        "/",
        {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": "application/x-amz-json-1.0"},
        b'{"Limit":3}',
    ),
    "lambda": ("GET", "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af", {}, b""),
    "route53": ("GET", "/2013-04-01/hostedzone?maxitems=5&marker=a%20b%2Bc", {}, b""),
    "ec2": (
        "POST",
        "/",
        {"Content-Type": "application/x-www-form-urlencoded"},
        b"Action=DescribeRegions&Version=2016-11-15",
    ),
    "s3": ("PUT", "/bucket/a%20key/with%2Fslash/..//x?tagging", {}, b"<Tagging><TagSet/></Tagging>"),
}
_S3 = {"header": botocore.auth.S3SigV4Auth, "query": botocore.auth.S3SigV4QueryAuth}
_OTHERS = {"header": botocore.auth.SigV4Auth, "query": botocore.auth.SigV4QueryAuth}

Request = tuple[str, str, list[tuple[str, str]], bytes]


def signed(gateway: Gateway, service: str, where: str) -> Request:
    """Return a request that botocore signed: method, target, headers, body."""
    method, path, headers, body = SERVICES[service]
    if where == "query" and service in ("iam", "ec2"):
        method, path, headers, body = "GET", f"/?{body.decode()}", {}, b""
    # A presigned request of S3 says nothing of its body, which is sent all the same.
    request = AWSRequest(method, gateway.url + path, dict(headers), b"" if where == "query" else body)
    auth: Any = (_S3 if service == "s3" else _OTHERS)[where](Credentials(ACCOUNT, "test"), service, "us-east-1")
    auth.add_auth(request)
    host = gateway.url.removeprefix("http://")
    assert request.url is not None
    return method, request.url.removeprefix(gateway.url), [("Host", host), *request.headers.items()], body


def was_authenticated(gateway: Gateway, request: Request) -> bool:
    """Send a request and tell whether it got past authentication."""
    answer = exchange(gateway.url, *request)
    # No plugin provides most of these services: 501 comes only after authentication.
    return answer.status in (200, 501)


@pytest.mark.parametrize("service", list(SERVICES))
def test_header_signatures_pass(strict_gateway: Gateway, service: str) -> None:
    assert was_authenticated(strict_gateway, signed(strict_gateway, service, "header"))


@pytest.mark.parametrize("service", ["iam", "ec2", "lambda", "route53", "s3"])
def test_presigned_requests_pass(strict_gateway: Gateway, service: str) -> None:
    assert was_authenticated(strict_gateway, signed(strict_gateway, service, "query"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_changed_byte_passes(strict_gateway: Gateway, data: st.DataObject) -> None:
    service = data.draw(st.sampled_from(sorted(SERVICES)))
    method, target, headers, body = signed(strict_gateway, service, "header")
    part = data.draw(st.sampled_from(["body", "signature", "header", "query"]))
    if part == "body" and body:
        at = data.draw(st.integers(0, len(body) - 1))
        changed = bytes([body[at] ^ 1 << data.draw(st.integers(0, 6))])
        body = body[:at] + changed + body[at + 1 :]
    elif part == "header":
        names = [name for name, _ in headers if name.lower() not in ("host", "authorization")]
        name = data.draw(st.sampled_from(names))
        headers = [(key, value + "x" if key == name else value) for key, value in headers]
    elif part == "query":
        target += ("&" if "?" in target else "?") + "added=1"
    else:
        authorization = dict(headers)["Authorization"]
        at = data.draw(st.integers(len(authorization) - 64, len(authorization) - 1))
        other = "0" if authorization[at] != "0" else "1"
        authorization = authorization[:at] + other + authorization[at + 1 :]
        headers = [(key, authorization if key == "Authorization" else value) for key, value in headers]
    assert not was_authenticated(strict_gateway, (method, target, headers, body))
