"""The codecs of the query and ec2 protocols: forms in, XML out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cloudward.protocols import constraints, query_decode, xml_encode
from cloudward.protocols.bodies import with_plain_body
from cloudward.protocols.codec import CompiledCodec, Reader, Writer
from cloudward.protocols.faults import fields_beside_envelope
from cloudward.protocols.form import parse_form
from cloudward.protocols.source import Compiler
from cloudward.protocols.values import escape
from cloudward.protocols.wire import WireResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloudward.model import OperationModel, ServiceModel, Shape
    from cloudward.protocols.base import Fault
    from cloudward.protocols.wire import WireRequest


class QueryCodec(CompiledCodec):
    """The query protocol.

    Args:
        service: the service.
    """

    _content_type = "text/xml"
    _ec2 = False

    def __init__(self, service: ServiceModel) -> None:
        protocol = "ec2" if self._ec2 else "query"
        compiler = Compiler(
            f"{service.name} {protocol}",
            emitters={
                "decode": query_decode.emitter(ec2=self._ec2),
                "encode": xml_encode.emitter("iso8601"),
                "attributes": xml_encode.emit_attributes,
                "valid": constraints.emit_valid,
            },
            parameters={
                "decode": query_decode.PARAMETERS,
                "encode": xml_encode.PARAMETERS,
                "attributes": xml_encode.ATTRIBUTE_PARAMETERS,
                "valid": constraints.PARAMETERS,
            },
            names={**query_decode.NAMES, **xml_encode.NAMES},
        )
        super().__init__(service, protocol, "ec2" if self._ec2 else "query", compiler)
        self._namespace = xml_encode.namespace_attribute(service.xml_namespace or self._default_namespace())

    def _default_namespace(self) -> str:
        # Models of services that speak query besides newer protocols leave the namespace out.
        return f"http://{self.service.metadata['endpointPrefix']}.amazonaws.com/doc/{self.service.api_version}/"

    def _reader(self, operation: OperationModel) -> Reader:
        if operation.input is None or not operation.input.members:
            return _read_nothing
        decode = self._compiler.function("decode", operation.input, constraints.TOP)

        def read(request: WireRequest, labels: Mapping[str, str]) -> dict[str, Any]:
            values: dict[str, Any] = decode(parse_form(with_plain_body(request)))
            return values

        return read

    def _writer(self, operation: OperationModel) -> Writer:
        encode = self._compiler.function("encode", operation.output) if operation.output else _write_nothing
        name = operation.name
        wrapper = operation.result_wrapper
        opening = f"<{name}Response{self._namespace}>"
        closing = f"</{name}Response>"
        if wrapper:
            opening += f"<{wrapper}>"
            closing = f"</{wrapper}>{{}}{closing}"
        before, _, after = (closing if wrapper else "{}" + closing).partition("{}")
        before += "<ResponseMetadata><RequestId>"
        after = "</RequestId></ResponseMetadata>" + after
        content_type = self._content_type

        def write(values: Any, request_id: str) -> WireResponse:
            pieces = [opening]
            encode(values, pieces.append)
            pieces += before, request_id, after
            body = "".join(pieces).encode("utf-8", "replace")
            return WireResponse(200, [("Content-Type", content_type), ("x-amzn-RequestId", request_id)], body)

        return write

    def _fault(self, fault: Fault, shape: Shape | None, request_id: str) -> WireResponse:
        pieces = [
            f"<ErrorResponse{self._namespace}><Error><Type>{'Sender' if fault.sender else 'Receiver'}</Type>",
            f"<Code>{escape(fault.code)}</Code><Message>{escape(fault.message)}</Message>",
        ]
        self._write_fields(fault, shape, pieces.append)
        pieces.append(f"</Error><RequestId>{request_id}</RequestId></ErrorResponse>")
        return self._error_response(fault, pieces, request_id)

    def _write_fields(self, fault: Fault, shape: Shape | None, write: Callable[[str], None]) -> None:
        if shape is not None and fault.fields:
            self._compiler.function("encode", shape)(fields_beside_envelope(fault, shape), write)

    def _error_response(self, fault: Fault, pieces: list[str], request_id: str) -> WireResponse:
        headers = [("Content-Type", self._content_type), ("x-amzn-RequestId", request_id)]
        return WireResponse(fault.status, headers, "".join(pieces).encode("utf-8", "replace"))


class Ec2Codec(QueryCodec):
    """The ec2 protocol.

    Args:
        service: the service.
    """

    _content_type = "text/xml;charset=UTF-8"
    _ec2 = True

    def _writer(self, operation: OperationModel) -> Writer:
        encode = self._compiler.function("encode", operation.output) if operation.output else _write_nothing
        opening = f"<{operation.name}Response{self._namespace}><requestId>"
        closing = f"</{operation.name}Response>"
        content_type = self._content_type

        def write(values: Any, request_id: str) -> WireResponse:
            pieces = [opening, request_id, "</requestId>"]
            encode(values, pieces.append)
            pieces.append(closing)
            body = "".join(pieces).encode("utf-8", "replace")
            return WireResponse(200, [("Content-Type", content_type), ("x-amzn-RequestId", request_id)], body)

        return write

    def _fault(self, fault: Fault, shape: Shape | None, request_id: str) -> WireResponse:
        pieces = [
            '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>',
            f"<Code>{escape(fault.code)}</Code><Message>{escape(fault.message)}</Message>",
        ]
        self._write_fields(fault, shape, pieces.append)
        pieces.append(f"</Error></Errors><RequestID>{request_id}</RequestID></Response>")
        return self._error_response(fault, pieces, request_id)


def _read_nothing(request: WireRequest, labels: Mapping[str, str]) -> dict[str, Any]:
    return {}


def _write_nothing(values: Any, write: Callable[[str], None]) -> None:
    return
