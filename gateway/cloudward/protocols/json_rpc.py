"""The codec of the json protocol, versions 1.0 and 1.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cloudward.protocols import constraints, trees
from cloudward.protocols.bodies import with_plain_body
from cloudward.protocols.codec import CompiledCodec, Reader, Writer
from cloudward.protocols.eventstream import EventWriter, rpc_stream
from cloudward.protocols.faults import members_of, message_member, query_error_header, wire_code
from cloudward.protocols.jsons import parse_json, require_json
from cloudward.protocols.source import Compiler
from cloudward.protocols.walk import event_stream_member
from cloudward.protocols.wire import WireResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloudward.model import OperationModel, ServiceModel, Shape
    from cloudward.protocols.base import Fault
    from cloudward.protocols.wire import WireRequest


class JsonCodec(CompiledCodec):
    """The json protocol.

    Args:
        service: the service.
    """

    def __init__(self, service: ServiceModel) -> None:
        compiler = Compiler(
            f"{service.name} json",
            emitters={
                "decode": trees.decode_emitter(trees.JSON),
                "encode": trees.encode_emitter(trees.JSON),
                "valid": constraints.emit_valid,
            },
            parameters={
                "decode": trees.DECODE_PARAMETERS,
                "encode": trees.ENCODE_PARAMETERS,
                "valid": constraints.PARAMETERS,
            },
            names=trees.NAMES,
        )
        super().__init__(service, "json", "json", compiler)
        self._content_type = f"application/x-amz-json-{service.json_version}"
        self._encoder = msgspec.json.Encoder()

    def _reader(self, operation: OperationModel) -> Reader:
        decode = self._compiler.function("decode", operation.input, constraints.TOP) if operation.input else None

        def read(request: WireRequest, labels: Mapping[str, str]) -> dict[str, Any]:
            require_json(request)
            body = with_plain_body(request).body
            tree = parse_json(body) if body else {}
            if decode is None:
                return {}
            values: dict[str, Any] = decode({} if tree is None else tree)
            return values

        return read

    def _writer(self, operation: OperationModel) -> Writer:
        encode = self._compiler.function("encode", operation.output) if operation.output else None
        content_type = self._content_type
        dump = self._encoder.encode
        stream = event_stream_member(operation.output)
        if stream is not None and encode is not None:
            compiler = self._compiler
            events = EventWriter(
                stream, lambda value, shape: dump(compiler.function("encode", shape)(value)), "application/json"
            )
            return rpc_stream(stream, events, lambda values: dump(encode(values)))

        def write(values: Any, request_id: str) -> WireResponse:
            body = dump(encode(values)) if encode is not None else b"{}"
            return WireResponse(200, [("Content-Type", content_type), ("x-amzn-RequestId", request_id)], body)

        return write

    def _fault(self, fault: Fault, shape: Shape | None, request_id: str) -> WireResponse:
        body: dict[str, Any] = {"__type": wire_code(self.service, fault, shape)}
        if shape is not None:
            body |= self._compiler.function("encode", shape)(members_of(fault, shape, request_id))
        if message_member(shape) is None:
            body["message"] = fault.message
        headers = [("Content-Type", self._content_type), ("x-amzn-RequestId", request_id)]
        headers += query_error_header(self.service, fault)
        return WireResponse(fault.status, headers, self._encoder.encode(body))
