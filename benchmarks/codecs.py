"""Codecs against moto's parser and serialiser: the same requests and answers through both, in one run.

Figures are microseconds of CPU a call, the best of several rounds, and the ratio of the two.  moto shares no code with
the gateway; it is the peer because it, too, reads botocore's models.
"""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import botocore.awsrequest
import botocore.loaders
import botocore.serialize
import moto.core.model
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.serialize import SERIALIZERS, SERVICE_SPECIFIC_SERIALIZERS, SerializationContext
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request

from benchmarks.figures import Figure
from cloudward.errors import ServiceError
from cloudward.model import Catalogue
from cloudward.protocols import WireRequest, codec_for

_ROUNDS = 5
_SECONDS = 0.05  # of CPU a round, at least
_DECODE_TARGET = 4.0
_ENCODE_TARGET = 20.0


@dataclass(frozen=True)
class Case:
    """A request or answer to measure.

    Attributes:
        service: the service.
        protocol: the protocol.
        operation: the operation.
        values: the answer's values.
        parameters: the request's parameters.
    """

    service: str
    protocol: str
    operation: str
    parameters: dict[str, Any]
    values: dict[str, Any]


_NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def _user(number: int) -> dict[str, Any]:
    return {
        "Path": "/division/",
        "UserName": f"user-{number}",
        "UserId": f"AIDA{number:017d}",
        "Arn": f"arn:aws:iam::000000000000:user/division/user-{number}",
        "CreateDate": _NOW,
    }


def cases() -> list[Case]:
    """Return what is measured: the protocols' usual requests, and the page of a hundred users."""
    tags = [{"Key": f"key-{n}", "Value": f"value-{n}"} for n in range(5)]
    item = {"id": {"S": "a"}, "n": {"N": "1"}, "list": {"L": [{"S": str(n)} for n in range(10)]}}
    return [
        Case("sts", "query", "GetCallerIdentity", {}, {"UserId": "AIDA", "Account": "0" * 12, "Arn": "arn:aws:iam::x"}),
        Case("iam", "query", "CreateUser", {"UserName": "user", "Path": "/a/", "Tags": tags}, {"User": _user(1)}),
        Case(
            "iam",
            "query",
            "ListUsers",
            {"PathPrefix": "/division/", "MaxItems": 100},
            {"Users": [_user(n) for n in range(100)], "IsTruncated": False},
        ),
        Case(
            "ec2",
            "ec2",
            "DescribeVpcs",
            {"Filters": [{"Name": "state", "Values": ["available"]}]},
            {"Vpcs": [{"VpcId": f"vpc-{n}", "State": "available", "Tags": tags} for n in range(20)]},
        ),
        Case(
            "dynamodb",
            "json",
            "BatchGetItem",
            {"RequestItems": {"table": {"Keys": [{"id": {"S": str(n)}} for n in range(50)]}}},
            {"Responses": {"table": [item for _ in range(50)]}},
        ),
        Case(
            "lambda",
            "rest-json",
            "ListFunctions",
            {"MaxItems": 50, "Marker": "a"},
            {"Functions": [{"FunctionName": f"f-{n}", "Timeout": 3, "MemorySize": 128} for n in range(50)]},
        ),
        Case(
            "s3",
            "rest-xml",
            "PutObjectTagging",
            {"Bucket": "bucket", "Key": "key", "Tagging": {"TagSet": tags}},
            {"VersionId": "1"},
        ),
        Case(
            "s3",
            "rest-xml",
            "ListObjectsV2",
            {"Bucket": "bucket", "Prefix": "a/"},
            {"Contents": [{"Key": f"a/{n}", "Size": n, "LastModified": _NOW, "ETag": '"e"'} for n in range(100)]},
        ),
        Case(
            "cloudwatch",
            "smithy-rpc-v2-cbor",
            "PutMetricData",
            {"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1.5, "Timestamp": _NOW} for _ in range(20)]},
            {},
        ),
        Case(
            "cloudwatch",
            "smithy-rpc-v2-cbor",
            "ListMetrics",
            {"Namespace": "n"},
            {"Metrics": [{"Namespace": "n", "MetricName": f"m{n}"} for n in range(100)]},
        ),
    ]


def measure(call: Callable[[], object]) -> float:
    """Return the microseconds of CPU that a call takes, the best of several rounds.

    Args:
        call: the call.
    """
    call()
    count = 1
    while True:
        started = time.process_time()
        for _ in range(count):
            call()
        if time.process_time() - started > _SECONDS:
            break
        count *= 2
    best = float("inf")
    for _ in range(_ROUNDS):
        started = time.process_time()
        for _ in range(count):
            call()
        best = min(best, (time.process_time() - started) / count)
    return best * 1e6


class Both:
    """A case on both sides.

    Args:
        case: the case.
        catalogue: where the gateway's models come from.
    """

    def __init__(self, case: Case, catalogue: Catalogue) -> None:
        self._case = case
        self._service = catalogue.service(case.service)
        self._operation = self._service.operation(case.operation)
        self._codec = codec_for(self._service, case.protocol)
        document = botocore.loaders.Loader().load_service_model(case.service, "service-2")
        document = {**document, "metadata": {**document["metadata"], "protocol": case.protocol}}
        self._model = moto.core.model.ServiceModel(document, case.service)
        self._peer_operation = self._model.operation_model(case.operation)
        serializer = botocore.serialize.create_serializer(case.protocol, include_validation=False)
        serialized = serializer.serialize_to_request(case.parameters, self._peer_operation)
        botocore.awsrequest.prepare_request_dict(serialized, "http://localhost")
        prepared = botocore.awsrequest.create_request_object(serialized).prepare()
        url = urlsplit(prepared.url)
        body = prepared.body or b""
        self._body = body.encode() if isinstance(body, str) else bytes(body)
        self._headers = [
            (name.lower(), value.decode() if isinstance(value, bytes) else str(value))
            for name, value in prepared.headers.items()
        ]
        self._method, self._path, self._query = prepared.method, url.path, url.query
        self._labels = {name: str(case.parameters[name]) for name in ("Bucket", "Key") if name in case.parameters}

    def decode(self) -> dict[str, Any]:
        """Decode the request with the compiled codec, validation included."""
        request = WireRequest(self._method, self._path, self._query, self._headers, self._body)
        return self._codec.decode(self._operation, request, self._labels)

    def encode(self) -> object:
        """Encode the answer with the compiled codec."""
        return self._codec.encode(self._operation, self._case.values, "request-id")

    def peer_decode(self) -> dict[str, Any]:
        """Parse the request with moto's parser, which does not validate; werkzeug reads the form for it."""
        headers = Headers(self._headers)
        environ = {
            "REQUEST_METHOD": self._method,
            "PATH_INFO": self._path,
            "QUERY_STRING": self._query,
            "CONTENT_TYPE": headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(self._body)),
            "wsgi.input": io.BytesIO(self._body),
        }
        parsed: dict[str, Any] = PROTOCOL_PARSERS[self._case.protocol](self._peer_operation).parse(
            {
                "body": self._body.decode(),
                "headers": headers,
                "method": self._method,
                "url_params": self._labels,
                "url_path": self._path,
                "values": Request(environ).values,
            }
        )
        return parsed

    def peer_encode(self) -> object:
        """Serialise the answer with moto's serialiser."""
        special = SERVICE_SPECIFIC_SERIALIZERS.get(self._case.service, {})
        serializer = special.get(self._case.protocol) or SERIALIZERS[self._case.protocol]
        context = SerializationContext("request-id")
        return serializer(self._peer_operation, context=context).serialize(self._case.values)


def figures() -> list[Figure]:
    """Return the codecs' figures: times, and ratios to the peer where it speaks the protocol."""
    found: list[Figure] = []
    catalogue = Catalogue()
    for case in cases():
        both = Both(case, catalogue)
        name = f"{case.service} {case.operation} ({case.protocol})"
        decode, encode = measure(both.decode), measure(both.encode)
        found.append(Figure("codecs", f"decode {name}", decode, "µs"))
        found.append(Figure("codecs", f"encode {name}", encode, "µs"))
        if case.protocol in PROTOCOL_PARSERS:
            assert both.peer_decode() is not None
            note = "ours validates, moto's does not"
            ratio = measure(both.peer_decode) / decode
            found.append(Figure("codecs", f"decode {name}, against moto", ratio, "×", _DECODE_TARGET, "more", note))
            ratio = measure(both.peer_encode) / encode
            found.append(Figure("codecs", f"encode {name}, against moto", ratio, "×", _ENCODE_TARGET, "more"))
    found.append(Figure("codecs", "compile an operation's decoder, validator and encoder", compile_time(), "ms", 1.0))
    return found


def compile_time() -> float:
    """Return the milliseconds that an IAM operation's functions take to compile, on average over all operations."""
    service = Catalogue().service("iam")
    for name in service.operation_names:
        service.operation(name)  # reading the model is not compiling
    codec = codec_for(service, "query")
    request = WireRequest("POST", "/")
    started = time.process_time()
    for name in service.operation_names:
        with contextlib.suppress(ServiceError):
            codec.decode(service.operation(name), request, {})
        codec.encode(service.operation(name), {}, "request-id")
    return (time.process_time() - started) * 1000 / len(service.operation_names)


if __name__ == "__main__":
    for figure in figures():
        print(f"{figure.name:75} {figure.shown:>10} {figure.shown_target}")
