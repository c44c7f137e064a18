"""What the codecs of rest-json and rest-xml share: bindings to HTTP, payloads and streams."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cloudward.errors import MalformedRequest
from cloudward.naming import parameter_name
from cloudward.protocols.bodies import with_plain_body
from cloudward.protocols.codec import CompiledCodec, Reader, Writer
from cloudward.protocols.eventstream import CONTENT_TYPE as EVENT_STREAM
from cloudward.protocols.eventstream import EventWriter
from cloudward.protocols.eventstream_decode import EventReader
from cloudward.protocols.http_decode import http_input
from cloudward.protocols.http_encode import Headers, HttpOutput, read_member
from cloudward.protocols.walk import wire_name
from cloudward.protocols.wire import WireResponse

if TYPE_CHECKING:
    from cloudward.model import Member, OperationModel, Shape
    from cloudward.protocols.wire import WireRequest

BodyReader = Callable[["WireRequest", dict[str, Any]], None]
"""Reads what travels in the body into the values."""

BodyWriter = Callable[[Any], tuple[str, Any]]
"""Returns the content type (empty where there is none to tell) and the body of an answer."""

_NO_BODY = frozenset({204, 304})


class RestCodec(CompiledCodec):
    """What rest-json and rest-xml have in common."""

    def _reader(self, operation: OperationModel) -> Reader:
        shape = operation.input
        http = http_input(operation)
        read_body = self._body_reader(operation, shape) if shape is not None else None
        # An operation that takes the header itself wants the body as it came.
        undo_encoding = shape is None or all(
            wire_name(member).lower() != "content-encoding" for member in shape.members.values() if member.location
        )

        def read(request: WireRequest, labels: Mapping[str, str]) -> dict[str, Any]:
            values: dict[str, Any] = {}
            http.read(request, labels, values)
            if read_body is not None:
                read_body(with_plain_body(request) if undo_encoding else request, values)
            return values

        return read

    def _body_reader(self, operation: OperationModel, shape: Shape) -> BodyReader | None:
        payload = shape.members[shape.payload] if shape.payload else None
        if payload is None:
            if not _has_body(shape):
                return None
            return self._members_reader(operation, shape)
        key = parameter_name(payload.name)
        if payload.shape.eventstream:
            events = self._event_reader(payload)

            def read_events(request: WireRequest, values: dict[str, Any]) -> None:
                values[key] = events.events(request.body)

            return read_events
        if payload.shape.type == "blob":
            always = payload.streaming or payload.name in shape.required

            def read_blob(request: WireRequest, values: dict[str, Any]) -> None:
                if always or request.body:
                    values[key] = request.body

            return read_blob
        if payload.shape.type == "string":
            return _text_reader(key)
        return self._payload_reader(operation, payload)

    def _writer(self, operation: OperationModel) -> Writer:
        shape = operation.output
        http = HttpOutput(shape)
        default_status = operation.http.status
        if default_status in _NO_BODY and shape is not None and _has_body(shape):
            default_status = 200  # a model's mistake: such an answer could not carry its members
        write_body = self._body_writer(operation, shape)

        def write(values: Any, request_id: str) -> WireResponse:
            status = http.status(values, default_status)
            headers = self._request_id_headers(request_id)
            http.headers(values, headers)
            content_type, body = write_body(values)
            if content_type and status not in _NO_BODY and not any(n.lower() == "content-type" for n, _ in headers):
                headers.append(("Content-Type", content_type))
            return WireResponse(status, headers, b"" if status in _NO_BODY else body)

        return write

    def _body_writer(self, operation: OperationModel, shape: Shape | None) -> BodyWriter:
        payload = shape.members[shape.payload] if shape is not None and shape.payload else None
        if payload is None:
            if shape is None or not _has_body(shape):
                return _nothing
            return self._members_writer(operation, shape)
        name = payload.name
        if payload.shape.eventstream:
            events = self._event_writer(payload)
            return lambda values: (EVENT_STREAM, events.frames(read_member(values, name) or ()))
        if payload.shape.type == "blob":
            return lambda values: ("application/octet-stream", _content(read_member(values, name)))
        if payload.shape.type == "string":
            return lambda values: ("text/plain", _content(read_member(values, name)))
        return self._payload_writer(payload)

    @abstractmethod
    def _request_id_headers(self, request_id: str) -> Headers: ...

    @abstractmethod
    def _members_reader(self, operation: OperationModel, shape: Shape) -> BodyReader: ...

    @abstractmethod
    def _payload_reader(self, operation: OperationModel, payload: Member) -> BodyReader: ...

    @abstractmethod
    def _members_writer(self, operation: OperationModel, shape: Shape) -> BodyWriter: ...

    @abstractmethod
    def _payload_writer(self, payload: Member) -> BodyWriter: ...

    @abstractmethod
    def _event_writer(self, stream: Member) -> EventWriter: ...

    @abstractmethod
    def _event_reader(self, stream: Member) -> EventReader: ...


def _has_body(shape: Shape) -> bool:
    return any(member.location is None for member in shape.members.values())


def _text_reader(key: str) -> BodyReader:
    def read_text(request: WireRequest, values: dict[str, Any]) -> None:
        if request.body:
            try:
                values[key] = request.body.decode("utf-8")
            except UnicodeDecodeError:
                raise MalformedRequest("The request body is not valid UTF-8") from None

    return read_text


def _nothing(values: Any) -> tuple[str, bytes]:
    return "", b""


def _content(value: Any) -> Any:
    if value is None:
        return b""
    if isinstance(value, str):
        return value.encode()
    # What is no bytes is a stream: an iterable of chunks, or a file.
    return iter(lambda: value.read(65536), b"") if hasattr(value, "read") else value
