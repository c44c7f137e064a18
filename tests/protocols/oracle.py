"""Both sides of the wire: botocore as the client, the compiled codecs as the server."""

from __future__ import annotations

import copy
import functools
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import botocore.awsrequest
import botocore.loaders
import botocore.model
import botocore.parsers
import botocore.serialize

from cloudward.model import OperationModel, ServiceModel
from cloudward.naming import parameter_name
from cloudward.protocols import Codec, Fault, WireRequest, WireResponse, codec_for

_ENDPOINT = "http://localhost"


def service_names() -> list[str]:
    return botocore.loaders.Loader().list_available_services("service-2")


class Pair:
    """A service as botocore and as the codecs see it.

    Patterns are left out: values that match any of thousands of patterns cannot be made up; they are tested alone.

    Args:
        name: the service.
        protocol: the protocol; None for its first.
    """

    def __init__(self, name: str, protocol: str | None = None) -> None:
        document = copy.deepcopy(_document(name))
        for shape in document["shapes"].values():
            shape.pop("pattern", None)
        self.service = ServiceModel(name, document)
        self.protocol = protocol or self.service.protocols[0]
        client_document = {**document, "metadata": {**document["metadata"], "protocol": self.protocol}}
        self.client = botocore.model.ServiceModel(client_document, name)
        self.codec: Codec = codec_for(self.service, self.protocol)
        self.serializer = botocore.serialize.create_serializer(self.protocol, include_validation=False)
        self.parser = botocore.parsers.create_parser(self.protocol)

    def operation(self, name: str) -> OperationModel:
        return self.service.operation(name)

    def request(self, operation: str, parameters: dict[str, Any]) -> tuple[WireRequest, dict[str, str]]:
        """Return what botocore sends, and the labels that routing would find in it."""
        serialized = self.serializer.serialize_to_request(parameters, self.client.operation_model(operation))
        return wire_request(serialized, self.operation(operation).http.uri)

    def decode(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        request, labels = self.request(operation, parameters)
        return self.codec.decode(self.operation(operation), request, labels)

    def encode(self, operation: str, values: object) -> dict[str, Any]:
        """Return what botocore makes of an answer."""
        response = self.codec.encode(self.operation(operation), values, "request-id")
        model = self.client.operation_model(operation)
        parsed = self.parser.parse(response_dict(response, model), model.output_shape)
        return _read_all(parsed)

    def fault(self, operation: str, fault: Fault) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what botocore makes of an error: the general part, and the modelled members."""
        response = self.codec.encode_fault(self.operation(operation), fault, "request-id")
        model = self.client.operation_model(operation)
        as_dict = response_dict(response, model, error=True)
        general = self.parser.parse(as_dict, model.output_shape)
        shape = self.client.shape_for(fault.shape) if fault.shape else None
        modelled = self.parser.parse(as_dict, shape) if shape is not None else {}
        return general, modelled


@functools.lru_cache(maxsize=8)
def _document(name: str) -> dict[str, Any]:
    document: dict[str, Any] = botocore.loaders.Loader().load_service_model(name, "service-2")
    return document


def wire_request(serialized: dict[str, Any], template: str) -> tuple[WireRequest, dict[str, str]]:
    """Return botocore's request as it travels, and its labels."""
    serialized.pop("host_prefix", None)
    botocore.awsrequest.prepare_request_dict(serialized, _ENDPOINT)
    prepared = botocore.awsrequest.create_request_object(serialized).prepare()
    url = urlsplit(prepared.url)
    headers = [
        (name.lower(), value.decode("latin-1") if isinstance(value, bytes) else str(value))
        for name, value in prepared.headers.items()
    ]
    body = prepared.body or b""
    body = body.encode() if isinstance(body, str) else body
    request = WireRequest(prepared.method, url.path, url.query, headers, bytes(body))
    return request, path_labels(template, url.path)


def path_labels(template: str, path: str) -> dict[str, str]:
    """Return the values of a URI template's labels, percent-decoded."""
    if "{" not in template:
        return {}  # RPC protocols have a path of their own
    pattern = ""
    for part in re.split(r"(\{[^}]+\})", template.partition("?")[0]):
        if part.startswith("{"):
            name = part[1:-1]
            greedy = name.endswith("+")
            pattern += f"(?P<L{len(re.findall('<L', pattern))}>{'.+' if greedy else '[^/]+'})"
        else:
            pattern += re.escape(part)
    names = [part.rstrip("+") for part in re.findall(r"\{([^}]+)\}", template.partition("?")[0])]
    match = re.fullmatch(pattern, path)
    assert match, (template, path)
    return {name: unquote(value) for name, value in zip(names, match.groups(), strict=True)}


class _Raw(io.BytesIO):
    """A body as botocore's event streams want to read it."""

    def stream(self) -> Iterator[bytes]:
        yield self.getvalue()


def body_bytes(response: WireResponse) -> bytes:
    body = response.body
    return body if isinstance(body, bytes) else b"".join(body)  # type: ignore[arg-type]


def response_dict(
    response: WireResponse, model: botocore.model.OperationModel, *, error: bool = False
) -> dict[str, Any]:
    body = body_bytes(response)
    headers = botocore.awsrequest.HeadersDict(response.headers)
    streams = not error and (model.has_streaming_output or model.has_event_stream_output)
    return {
        "body": _Raw(body) if streams else body,
        "headers": headers,
        "status_code": response.status,
        "context": {"operation_name": model.name},
    }


def _read_all(parsed: dict[str, Any]) -> dict[str, Any]:
    parsed.pop("ResponseMetadata", None)
    return {
        name: value.read()
        if hasattr(value, "read")
        else list(value)
        if type(value).__name__ == "EventStream"
        else value
        for name, value in parsed.items()
    }


def as_parameters(values: Mapping[str, Any]) -> dict[str, Any]:
    return {parameter_name(name): value for name, value in values.items()}
