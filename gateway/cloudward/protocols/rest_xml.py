"""The codec of the rest-xml protocol, S3's ways included."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from cloudward.errors import MalformedRequest
from cloudward.naming import parameter_name
from cloudward.protocols import constraints, s3, trees, xml_decode, xml_encode
from cloudward.protocols.eventstream import EventWriter
from cloudward.protocols.eventstream_decode import EventReader
from cloudward.protocols.faults import fields_beside_envelope
from cloudward.protocols.http_encode import Headers, HttpOutput, read_member
from cloudward.protocols.rest import BodyReader, BodyWriter, RestCodec
from cloudward.protocols.source import Compiler
from cloudward.protocols.values import escape
from cloudward.protocols.walk import trait, wire_name
from cloudward.protocols.wire import WireResponse

if TYPE_CHECKING:
    from cloudward.model import Member, OperationModel, ServiceModel, Shape
    from cloudward.protocols.base import Fault
    from cloudward.protocols.wire import WireRequest

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


class RestXmlCodec(RestCodec):
    """The rest-xml protocol.

    Args:
        service: the service.
    """

    def __init__(self, service: ServiceModel) -> None:
        self._is_s3 = service.name == "s3"
        compiler = Compiler(
            f"{service.name} rest-xml",
            emitters={
                "decode": xml_decode.emit_decode,
                "encode": xml_encode.emitter("iso8601-milliseconds" if self._is_s3 else "iso8601"),
                "attributes": xml_encode.emit_attributes,
                "valid": constraints.emit_valid,
            },
            parameters={
                "decode": xml_decode.PARAMETERS,
                "encode": xml_encode.PARAMETERS,
                "attributes": xml_encode.ATTRIBUTE_PARAMETERS,
                "valid": constraints.PARAMETERS,
            },
            names={**xml_decode.NAMES, **xml_encode.NAMES},
        )
        super().__init__(service, "rest-xml", "s3" if self._is_s3 else "rest-xml", compiler)
        self._content_type = "application/xml" if self._is_s3 else "text/xml"

    @cached_property
    def _namespace(self) -> str:
        """The attribute for answers' root elements; models tell the namespace with operations' inputs."""
        if self.service.xml_namespace:
            return xml_encode.namespace_attribute(self.service.xml_namespace)
        if self._is_s3:
            return xml_encode.namespace_attribute(s3.NAMESPACE)
        for operation in self.service.document["operations"].values():
            namespace = operation.get("input", {}).get("xmlNamespace")
            if namespace:
                return xml_encode.namespace_attribute(namespace)
        return ""

    def _request_id_headers(self, request_id: str) -> Headers:
        if self._is_s3:
            return [("x-amz-request-id", request_id), ("x-amz-id-2", request_id)]
        return [("x-amzn-RequestId", request_id)]

    def _members_reader(self, operation: OperationModel, shape: Shape) -> BodyReader:
        root_name = operation.traits.get("input", {}).get("locationName")
        return self._document_reader(shape, trees.BODY, root_name, None)

    def _payload_reader(self, operation: OperationModel, payload: Member) -> BodyReader:
        return self._document_reader(payload.shape, "", wire_name(payload), parameter_name(payload.name))

    def _document_reader(self, shape: Shape, variant: str, root_name: str | None, key: str | None) -> BodyReader:
        decode = self._compiler.function("decode", shape, variant)

        def read(request: WireRequest, values: dict[str, Any]) -> None:
            if not request.body:
                return
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind == "application/json":
                raise MalformedRequest("Content type application/json is not XML")
            root = xml_decode.parse_xml(request.body)
            if root_name is not None and xml_decode.local_name(root.tag) != root_name:
                raise MalformedRequest(
                    f"Root element {xml_decode.local_name(root.tag)[:64]} was found where {root_name} was expected"
                )
            decoded = decode(root)
            if key is None:
                values.update(decoded)
            else:
                values[key] = decoded

        return read

    def _members_writer(self, operation: OperationModel, shape: Shape) -> BodyWriter:
        name = trait_of_output(operation) or shape.name
        if self._is_s3:
            unwrapped = s3.UNWRAPPED.get(operation.name)
            if unwrapped is not None:
                return self._unwrapped_writer(unwrapped)
            name = s3.ROOTS.get(operation.name, name)
        return self._document_writer(shape, name, self._namespace, None)

    def _unwrapped_writer(self, name: str) -> BodyWriter:
        def write(values: Any) -> tuple[str, bytes]:
            value = read_member(values, name)
            text = "" if value is None else escape(str(value))
            return self._content_type, f"{_DECLARATION}<{name}{self._namespace}>{text}</{name}>".encode()

        return write

    def _payload_writer(self, payload: Member) -> BodyWriter:
        namespace = xml_encode.namespace_attribute(trait(payload, "xmlNamespace")) or self._namespace
        return self._document_writer(payload.shape, wire_name(payload, payload.target), namespace, payload.name)

    def _document_writer(self, shape: Shape, root: str, namespace: str, member: str | None) -> BodyWriter:
        encode = self._compiler.function("encode", shape)
        opening, closing = f"{_DECLARATION}<{root}{namespace}>", f"</{root}>"
        content_type = self._content_type

        def write(values: Any) -> tuple[str, bytes]:
            value = values if member is None else read_member(values, member)
            if value is None:
                return "", b""
            pieces = [opening]
            encode(value, pieces.append)
            pieces.append(closing)
            return content_type, "".join(pieces).encode("utf-8", "replace")

        return write

    def _event_writer(self, stream: Member) -> EventWriter:
        compiler = self._compiler

        def dump(value: Any, shape: Shape) -> bytes:
            pieces = [f"<{shape.name}{self._namespace}>"]
            compiler.function("encode", shape)(value, pieces.append)
            pieces.append(f"</{shape.name}>")
            return "".join(pieces).encode("utf-8", "replace")

        return EventWriter(stream, dump, "text/xml")

    def _event_reader(self, stream: Member) -> EventReader:
        compiler = self._compiler
        return EventReader(
            stream, lambda shape, payload: compiler.function("decode", shape)(xml_decode.parse_xml(payload))
        )

    def _fault(self, fault: Fault, shape: Shape | None, request_id: str) -> WireResponse:
        pieces = [f"<Code>{escape(fault.code)}</Code><Message>{escape(fault.message)}</Message>"]
        headers = [("Content-Type", self._content_type), *self._request_id_headers(request_id)]
        if shape is not None:
            HttpOutput(shape).headers(fault.fields, headers)
            self._compiler.function("encode", shape)(fields_beside_envelope(fault, shape), pieces.append)
        inner = "".join(pieces)
        if self._is_s3:
            known = "" if shape is not None else _plain_fields(fault)
            text = f"<Error>{inner}{known}<RequestId>{request_id}</RequestId><HostId>{request_id}</HostId></Error>"
        else:
            side = "Sender" if fault.sender else "Receiver"
            text = (
                f"<ErrorResponse{self._namespace}><Error><Type>{side}</Type>{inner}</Error>"
                f"<RequestId>{request_id}</RequestId></ErrorResponse>"
            )
        return WireResponse(fault.status, headers, (_DECLARATION + text).encode("utf-8", "replace"))


def trait_of_output(operation: OperationModel) -> str | None:
    """Return the name that an operation gives its answer's root element, None where it gives none.

    Args:
        operation: the operation.
    """
    name: str | None = operation.traits.get("output", {}).get("locationName")
    return name


def _plain_fields(fault: Fault) -> str:
    """Return the elements of an S3 error that no model declares (`Key`, `BucketName`, `Resource` …)."""
    return "".join(
        f"<{name}>{escape(str(value))}</{name}>" for name, value in fault.fields.items() if value is not None
    )
