"""The codec of the rest-json protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cloudward.naming import parameter_name
from cloudward.protocols import constraints, trees
from cloudward.protocols.eventstream import EventWriter
from cloudward.protocols.eventstream_decode import EventReader
from cloudward.protocols.faults import members_of, message_member, query_error_header, wire_code
from cloudward.protocols.http_encode import Headers, HttpOutput, header_text, read_member
from cloudward.protocols.jsons import parse_json, require_json
from cloudward.protocols.rest import BodyReader, BodyWriter, RestCodec
from cloudward.protocols.source import Compiler
from cloudward.protocols.walk import wire_name
from cloudward.protocols.wire import WireResponse

if TYPE_CHECKING:
    from cloudward.model import Member, OperationModel, ServiceModel, Shape
    from cloudward.protocols.base import Fault
    from cloudward.protocols.wire import WireRequest

_CONTENT_TYPE = "application/json"
_ERROR_TYPE = "x-amzn-ErrorType"


class RestJsonCodec(RestCodec):
    """The rest-json protocol.

    Args:
        service: the service.
    """

    def __init__(self, service: ServiceModel) -> None:
        compiler = Compiler(
            f"{service.name} rest-json",
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
        super().__init__(service, "rest-json", "rest-json", compiler)
        self._encoder = msgspec.json.Encoder()

    def _request_id_headers(self, request_id: str) -> Headers:
        return [("x-amzn-RequestId", request_id)]

    def _members_reader(self, operation: OperationModel, shape: Shape) -> BodyReader:
        decode = self._compiler.function("decode", shape, trees.BODY)
        free_type = _binds_content_type(shape)

        def read(request: WireRequest, values: dict[str, Any]) -> None:
            if request.body:
                if not free_type:
                    require_json(request)
                tree = parse_json(request.body)
                if tree is not None:
                    values.update(decode(tree))

        return read

    def _payload_reader(self, operation: OperationModel, payload: Member) -> BodyReader:
        key = parameter_name(payload.name)
        decode = None if payload.shape.document else self._compiler.function("decode", payload.shape)
        free_type = operation.input is not None and _binds_content_type(operation.input)

        def read(request: WireRequest, values: dict[str, Any]) -> None:
            if request.body:
                if not free_type:
                    require_json(request)
                tree = parse_json(request.body)
                if tree is not None:
                    values[key] = tree if decode is None else decode(tree)

        return read

    def _members_writer(self, operation: OperationModel, shape: Shape) -> BodyWriter:
        encode = self._compiler.function("encode", shape, trees.BODY)
        dump = self._encoder.encode
        return lambda values: (_CONTENT_TYPE, dump(encode(values)))

    def _payload_writer(self, payload: Member) -> BodyWriter:
        encode = None if payload.shape.document else self._compiler.function("encode", payload.shape)
        dump = self._encoder.encode
        name = payload.name

        def write(values: Any) -> tuple[str, bytes]:
            value = read_member(values, name)
            if value is None:
                return "", b""
            return _CONTENT_TYPE, dump(value if encode is None else encode(value))

        return write

    def _event_writer(self, stream: Member) -> EventWriter:
        compiler, dump = self._compiler, self._encoder.encode
        return EventWriter(stream, lambda value, shape: dump(compiler.function("encode", shape)(value)), _CONTENT_TYPE)

    def _event_reader(self, stream: Member) -> EventReader:
        compiler = self._compiler
        return EventReader(stream, lambda shape, payload: compiler.function("decode", shape)(parse_json(payload)))

    def _fault(self, fault: Fault, shape: Shape | None, request_id: str) -> WireResponse:
        body: dict[str, Any] = {}
        headers = [
            ("Content-Type", _CONTENT_TYPE),
            ("x-amzn-RequestId", request_id),
            (_ERROR_TYPE, header_text(wire_code(self.service, fault, shape))),
        ]
        if shape is not None:
            members = members_of(fault, shape, request_id)
            own: Headers = []
            HttpOutput(shape).headers(members, own)
            # Some models bind a member to the header that tells the error's name.
            headers += [(name, text) for name, text in own if name.lower() != _ERROR_TYPE.lower()]
            body = self._compiler.function("encode", shape, trees.BODY)(members)
        if message_member(shape) is None:
            body["message"] = fault.message
        headers += query_error_header(self.service, fault)
        return WireResponse(fault.status, headers, self._encoder.encode(body))


def _binds_content_type(shape: Shape) -> bool:
    """Tell whether an input has a member for the content type, which callers then choose freely."""
    return any(
        member.location == "header" and wire_name(member).lower() == "content-type" for member in shape.members.values()
    )
