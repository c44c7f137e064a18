"""Requests as botocore sends them: a real client, its request caught after signing and before it leaves."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.model import OperationModel, Shape
from botocore.tokens import FrozenAuthToken

from cloudward.protocols.wire import WireRequest

LOCAL = "https://localhost:4566"  # https, as botocore sends bearer tokens over nothing else
TEXT = "abcdefghijklmnopqrstuvwxyz0123456789" * 8
# Members whose values botocore itself reads before it sends a request.
SPECIAL = {
    "Bucket": "a-bucket",
    "AccountId": "123456789012",
    "ARN": "arn:aws:kinesis:us-east-1:123456789012:stream/z",
    "ChannelARN": "arn:aws:kinesis:us-east-1:123456789012:channel/z",
    "QueueARN": "arn:aws:kinesis:us-east-1:123456789012:queue/z",
    "KvsARN": "arn:aws:cloudfront::123456789012:key-value-store/0b1e2f3a-1111-4222-8333-444455556666",
    "PredictEndpoint": "https://realtime.machinelearning.us-east-1.amazonaws.com",
}
# SigV4A needs the C runtime of the AWS SDKs; its credential scope is the same.
SIGNATURES = {"cloudfront-keyvaluestore": "v4"}


class Caught(Exception):
    def __init__(self, request: Any) -> None:
        super().__init__()
        self.request = request


class Sender:
    """Clients that never send anything."""

    def __init__(self) -> None:
        self.session = botocore.session.Session()
        self.session.set_config_variable("region", "us-east-1")
        self.session.set_credentials("AKIAIOSFODNN7EXAMPLE", "secret")
        self.session._auth_token = FrozenAuthToken("a-token")

    def services(self) -> list[str]:
        return list(self.session.get_available_services())

    def client(self, service: str, *, local: bool = True, unsigned: bool = False) -> Any:
        config = Config(
            signature_version=botocore.UNSIGNED if unsigned else SIGNATURES.get(service),
            parameter_validation=False,
            retries={"total_max_attempts": 1},
            endpoint_discovery_enabled=False,
            s3={"addressing_style": "path" if local else "virtual"},
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # botocore's own notes about old services
            client = self.session.create_client(
                service, "us-east-1", endpoint_url=LOCAL if local else None, config=config
            )
        client.meta.events.register_last("before-send", catch)
        return client

    def request(self, client: Any, operation: str) -> WireRequest:
        model = client.meta.service_model.operation_model(operation)
        try:
            client._make_api_call(operation, values(model))
        except Caught as caught:
            return wire(caught.request)
        raise AssertionError(f"{operation} was not sent")


def catch(request: Any, **_: object) -> AWSResponse:
    raise Caught(request)


def wire(request: Any) -> WireRequest:
    parts = urlsplit(request.url)
    body = request.body or b""
    if hasattr(body, "read"):
        body = body.read()
    headers = [
        (str(name).lower(), value.decode() if isinstance(value, bytes) else str(value))
        for name, value in request.headers.items()
    ]
    if not any(name == "host" for name, _ in headers):
        headers.append(("host", parts.netloc))
    data = body if isinstance(body, bytes) else str(body).encode()
    return WireRequest(request.method, parts.path, parts.query, headers, data)


def values(operation: OperationModel) -> dict[str, Any]:
    """Return the least input that the operation takes: required members, and what travels in the path."""
    shape = operation.input_shape
    return {} if shape is None else structure(shape, ())


def structure(shape: Shape, above: tuple[str, ...]) -> dict[str, Any]:
    return dict(required_members(shape, above))


def required_members(shape: Shape, above: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for name, member in shape.members.items():
        needed = name in shape.required_members or member.serialization.get("location") == "uri"
        if needed and shape.name not in above:
            yield name, value(name, member, (*above, shape.name))


def value(name: str, shape: Shape, above: tuple[str, ...]) -> Any:
    if shape.type_name == "structure":
        return structure(shape, above)
    if shape.type_name == "list":
        count = max(1, shape.metadata.get("min", 0))
        return [value(name, shape.member, above) for _ in range(count if count < 5 else 1)]
    if shape.type_name == "map":
        return {"k": value(name, shape.value, above)}
    if shape.type_name == "string":
        return text(name, shape)
    scalars: dict[str, Any] = {"boolean": True, "timestamp": 1700000000, "blob": b"x", "float": 1.5, "double": 1.5}
    return scalars.get(shape.type_name, int(shape.metadata.get("min", 1)))


def text(name: str, shape: Shape) -> str:
    if shape.metadata.get("enum"):
        return str(shape.metadata["enum"][0])
    if name in SPECIAL:
        return SPECIAL[name]
    if name.lower().endswith("arn"):
        return SPECIAL["ARN"]
    least = int(shape.metadata.get("min", 1))
    most = int(shape.metadata.get("max", 1_000_000))
    return TEXT[: max(1, min(most, max(least, 6)))]
