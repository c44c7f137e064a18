"""Routes outside the AWS protocols, CORS, limits, and what no provider answers."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudward.config import Config
from cloudward.testing import Gateway, running_gateway


def fetch(
    url: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> tuple[int, Mapping[str, str], bytes]:
    request = urllib.request.Request(url, body, dict(headers or {}), method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def fetch_json(url: str, method: str = "GET") -> Any:
    status, _, body = fetch(url, method)
    assert status == 200, body
    return json.loads(body)


@pytest.mark.parametrize("prefix", ["_cloudward", "_localstack"])
def test_health_info_and_plugins(gateway: Gateway, prefix: str) -> None:
    health = fetch_json(f"{gateway.url}/{prefix}/health")
    assert health["services"]["iam"] == "running"
    info = fetch_json(f"{gateway.url}/{prefix}/info")
    assert info["enforcement"] == "off"
    assert "NOT enforced" in info["enforcement_in_words"]
    plugins = fetch_json(f"{gateway.url}/{prefix}/plugins")["plugins"]
    assert {"iam", "sts"} <= {plugin["name"] for plugin in plugins if plugin["state"] == "loaded"}


@pytest.mark.parametrize("prefix", ["_cloudward", "_localstack"])
def test_reset_empties_the_state(gateway: Gateway, prefix: str) -> None:
    iam = gateway.client("iam")
    iam.create_user(UserName="a")
    assert fetch(f"{gateway.url}/{prefix}/state/reset", "POST")[0] == 200
    assert iam.list_users()["Users"] == []


def test_reset_of_one_account_leaves_the_others(gateway: Gateway) -> None:
    for account in ("111111111111", "222222222222"):
        gateway.client("iam", account).create_user(UserName="a")
    assert fetch(f"{gateway.url}/_cloudward/state/reset?account=111111111111", "POST")[0] == 200
    assert gateway.client("iam", "111111111111").list_users()["Users"] == []
    assert len(gateway.client("iam", "222222222222").list_users()["Users"]) == 1


def test_unknown_internal_routes_are_404(gateway: Gateway) -> None:
    status, _, body = fetch(f"{gateway.url}/_cloudward/nothing")
    assert status == 404
    assert json.loads(body)["path"] == "/_cloudward/nothing"


def test_pages_of_this_machine_may_call(gateway: Gateway) -> None:
    preflight = {
        "Origin": "http://localhost:3000",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-amz-target,authorization",
    }
    status, headers, _ = fetch(gateway.url, "OPTIONS", preflight)
    assert status == 204
    assert headers["access-control-allow-origin"] == "http://localhost:3000"
    assert "authorization" in headers["access-control-allow-headers"]
    _, headers, _ = fetch(f"{gateway.url}/_cloudward/health", headers={"Origin": "http://localhost:3000"})
    assert headers["access-control-allow-origin"] == "http://localhost:3000"


def test_pages_of_other_sites_may_not(gateway: Gateway) -> None:
    url = f"{gateway.url}/_cloudward/state/reset"
    iam = gateway.client("iam")
    iam.create_user(UserName="kept")
    status, headers, _ = fetch(url, "POST", {"Origin": "https://evil.example"})
    assert status == 403
    assert "access-control-allow-origin" not in headers
    assert len(iam.list_users()["Users"]) == 1


def test_further_origins_are_a_setting() -> None:
    with running_gateway(Config(cors_origins=("https://console.example",))) as gateway:
        status, _, _ = fetch(f"{gateway.url}/_cloudward/health", headers={"Origin": "https://console.example"})
    assert status == 200


def test_request_ids_are_in_header_and_body(gateway: Gateway) -> None:
    _, headers, body = fetch(f"{gateway.url}/?Action=GetCallerIdentity&Version=2011-06-15")
    assert f"<RequestId>{headers['x-amzn-requestid']}</RequestId>".encode() in body


def test_a_service_without_a_provider_is_501_and_named(gateway: Gateway) -> None:
    with pytest.raises(ClientError, match="dynamodb is not available: no installed plugin provides it") as caught:
        gateway.client("dynamodb", config=_no_retries()).list_tables()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_a_disabled_service_says_so() -> None:
    with running_gateway(Config(services=("sts",))) as gateway, pytest.raises(ClientError, match="not enabled"):
        gateway.client("iam", config=_no_retries()).list_users()


def test_an_unknown_operation_is_named(gateway: Gateway) -> None:
    status, _, body = fetch(
        gateway.url,
        "POST",
        {"Content-Type": "application/x-www-form-urlencoded", "Host": "iam.amazonaws.com"},
        b"Action=MakeCoffee&Version=2010-05-08",
    )
    assert status == 400
    assert b"<Code>InvalidAction</Code>" in body
    assert b"MakeCoffee" in body


def test_bodies_over_the_limit_are_refused() -> None:
    with running_gateway(Config(max_body_size=1000)) as gateway:
        body = b"Action=CreateUser&Version=2010-05-08&UserName=" + b"a" * 2000
        status, _, answer = fetch(gateway.url, "POST", {"Content-Type": "application/x-www-form-urlencoded"}, body)
        assert status == 413
        assert b"<ErrorResponse" in answer
        assert gateway.client("iam").list_users()["Users"] == []


def test_header_floods_are_refused(gateway: Gateway) -> None:
    port = int(gateway.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        answer = b""
        try:
            for _ in range(2000):
                connection.sendall(b"x-flood: " + b"y" * 1000 + b"\r\n")
        except OSError:
            pass  # closed on us, which is the point
        try:
            answer = connection.recv(65536)
        except ConnectionResetError:
            answer = b"HTTP/1.1 431"
    assert answer.startswith(b"HTTP/1.1 431")
    assert gateway.client("sts").get_caller_identity()["Account"] == "000000000000"


def _no_retries() -> Any:
    from botocore.config import Config as ClientConfig

    return ClientConfig(retries={"max_attempts": 0})
