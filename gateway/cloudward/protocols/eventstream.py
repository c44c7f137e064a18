"""Event streams in answers: `application/vnd.amazon.eventstream` frames, made as the handler yields events.

A frame is its length, the headers' length and a checksum of both, the headers, the payload, and a checksum of all
before it (Smithy, "Amazon Event Stream specification").
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cloudward.errors import ServiceError
from cloudward.naming import parameter_name
from cloudward.protocols.faults import message_member
from cloudward.protocols.timestamps import encode_epoch
from cloudward.protocols.wire import WireResponse

if TYPE_CHECKING:
    from cloudward.model import Member, Shape
    from cloudward.protocols.codec import Writer

CONTENT_TYPE = "application/vnd.amazon.eventstream"

HeaderValue = bool | int | bytes | str | datetime

_PRELUDE = struct.Struct(">II")
_CHECKSUM = struct.Struct(">I")
_OVERHEAD = 16  # prelude, its checksum and the last checksum

Dump = Callable[[Any, "Shape"], bytes]
"""Writes a structure as a payload."""


def frame(headers: Sequence[tuple[str, HeaderValue]], payload: bytes) -> bytes:
    """Return one message.

    Args:
        headers: names and values; a whole number is written as 32 bits where it fits, else as 64.
        payload: the payload.
    """
    packed = b"".join(_packed(name, value) for name, value in headers)
    prelude = _PRELUDE.pack(_OVERHEAD + len(packed) + len(payload), len(packed))
    message = b"".join((prelude, _CHECKSUM.pack(zlib.crc32(prelude)), packed, payload))
    return message + _CHECKSUM.pack(zlib.crc32(message))


def _packed(name: str, value: HeaderValue) -> bytes:
    encoded = name.encode()
    return bytes((len(encoded),)) + encoded + _packed_value(value)


def _packed_value(value: HeaderValue) -> bytes:
    if isinstance(value, bool):
        return b"\x00" if value else b"\x01"
    if isinstance(value, int):
        return struct.pack(">Bi", 4, value) if -(1 << 31) <= value < 1 << 31 else struct.pack(">Bq", 5, value)
    if isinstance(value, bytes):
        return struct.pack(">BH", 6, len(value)) + value
    if isinstance(value, datetime):
        return struct.pack(">Bq", 8, round(encode_epoch(value) * 1000))
    encoded = value.encode()
    return struct.pack(">BH", 7, len(encoded)) + encoded


class EventWriter:
    """Writes the events of one stream.

    Args:
        stream: the member of the output that is the stream.
        dump: what writes a structure as a payload.
        content_type: of structured payloads.
    """

    def __init__(self, stream: Member, dump: Dump, content_type: str) -> None:
        self._content_type = content_type
        self._dump = dump
        self._events = stream.shape.members
        self._exceptions = {
            member.target: name for name, member in stream.shape.members.items() if member.shape.error is not None
        }

    def frames(self, events: Iterable[Any] | AsyncIterable[Any]) -> Iterator[bytes] | AsyncIterator[bytes]:
        """Return the stream's frames, each made when it is asked for.

        An error that the iterable raises becomes the stream's last frame.

        Args:
            events: the events, each as `{"EventName": {...}}`.
        """
        return self._async_frames(events) if isinstance(events, AsyncIterable) else self._sync_frames(events)

    def _sync_frames(self, events: Iterable[Any]) -> Iterator[bytes]:
        try:
            for event in events:
                yield self.event(event)
        except ServiceError as error:
            yield self.error(error)

    async def _async_frames(self, events: AsyncIterable[Any]) -> AsyncIterator[bytes]:
        try:
            async for event in events:
                yield self.event(event)
        except ServiceError as error:
            yield self.error(error)

    def event(self, event: Mapping[str, Any]) -> bytes:
        """Return one event's frame.

        Args:
            event: a mapping with the event's name as its only key.

        Raises:
            ValueError: it has not exactly one key, or one that the stream does not have.
        """
        set_events = [(name, value) for name, value in event.items() if value is not None]
        if len(set_events) != 1 or set_events[0][0] not in self._events:
            raise ValueError(f"an event is a mapping with one of {', '.join(self._events)}, not {list(event)}")
        name, value = set_events[0]
        shape = self._events[name].shape
        if shape.error is not None:
            headers: list[tuple[str, HeaderValue]] = [(":message-type", "exception"), (":exception-type", name)]
        else:
            headers = [(":message-type", "event"), (":event-type", name)]
        for member_name, member in shape.members.items():
            if member.traits.get("eventheader"):
                item = _get(value, member_name)
                if item is not None:
                    headers.append((member_name, item))
        content_type, payload = self._payload(shape, value)
        if content_type:
            headers.append((":content-type", content_type))
        return frame(headers, payload)

    def error(self, error: ServiceError) -> bytes:
        """Return the frame of an error: the stream's own exception where it has it, else a bare code and message.

        Args:
            error: the error.
        """
        name = self._exceptions.get(error.shape or "")
        if name is None:
            headers = [(":message-type", "error"), (":error-code", error.code), (":error-message", error.text)]
            return frame(headers, b"")
        message = message_member(self._events[name].shape)
        return self.event({name: {**error.fields, **({message: error.text} if message else {})}})

    def _payload(self, shape: Shape, value: Any) -> tuple[str, bytes]:
        for name, member in shape.members.items():
            if not member.traits.get("eventpayload"):
                continue
            item = _get(value, name)
            if member.shape.type == "blob":
                return "application/octet-stream", item or b""
            if member.shape.type == "string":
                return "text/plain", (item or "").encode()
            return self._structured(member.shape, {} if item is None else item)
        if all(member.traits.get("eventheader") for member in shape.members.values()):
            return "", b""
        return self._structured(shape, value)

    def _structured(self, shape: Shape, value: Any) -> tuple[str, bytes]:
        return self._content_type, self._dump(value, shape)


def rpc_stream(
    stream: Member,
    events: EventWriter,
    dump: Callable[[Any], bytes],
    headers: Sequence[tuple[str, str]] = (),
) -> Writer:
    """Return what writes the answer of an RPC operation with an event stream; its other members are the first message.

    Args:
        stream: the member that is the stream.
        events: what writes its events.
        dump: what writes the other members.
        headers: further headers of the response.
    """

    def write(values: Any, request_id: str) -> WireResponse:
        first = frame([(":message-type", "event"), (":event-type", "initial-response")], dump(values))
        rest = events.frames(_get(values, stream.name) or ())
        body = _after_async(first, rest) if isinstance(rest, AsyncIterator) else _after(first, rest)
        all_headers = [*headers, ("Content-Type", CONTENT_TYPE), ("x-amzn-RequestId", request_id)]
        return WireResponse(200, all_headers, body)

    return write


def _after(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


async def _after_async(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else getattr(value, parameter_name(name), None)
