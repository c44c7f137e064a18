"""Event streams in requests: a body of frames, read into events."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cloudward.errors import MalformedRequest
from cloudward.protocols.timestamps import decode_epoch

if TYPE_CHECKING:
    from cloudward.model import Member, Shape
    from cloudward.protocols.eventstream import HeaderValue

_PRELUDE = struct.Struct(">III")
_OVERHEAD = 16
_NUMBERS = {2: struct.Struct(">b"), 3: struct.Struct(">h"), 4: struct.Struct(">i"), 5: struct.Struct(">q")}
_BYTES, _STRING, _TIMESTAMP, _UUID = 6, 7, 8, 9

Decode = Callable[["Shape", bytes], Any]
"""Reads a structured payload."""


class EventReader:
    """Reads the events of one stream.

    Args:
        stream: the input member that is the stream.
        decode: what reads structured payloads.
    """

    def __init__(self, stream: Member, decode: Decode) -> None:
        self._events = stream.shape.members
        self._decode = decode

    def events(self, body: bytes) -> list[dict[str, Any]]:
        """Return the events of a body, each as `{"EventName": {...}}`.

        Frames that carry a signed frame, as signed streams do, are opened; an empty one ends the stream.

        Args:
            body: the frames.

        Raises:
            MalformedRequest: a frame is broken, or has an event that the stream does not.
        """
        found: list[dict[str, Any]] = []
        for headers, payload in frames(body):
            if ":chunk-signature" in headers:
                if payload:
                    found += self.events(payload)
                continue
            found.append(self._event(headers, payload))
        return found

    def _event(self, headers: Mapping[str, HeaderValue], payload: bytes) -> dict[str, Any]:
        name = headers.get(":event-type")
        member = self._events.get(name) if isinstance(name, str) else None
        if member is None:
            raise MalformedRequest("An event of an unknown type was found")
        values: dict[str, Any] = {}
        carrier: Member | None = None
        for key, part in member.shape.members.items():
            if part.traits.get("eventheader"):
                if key in headers:
                    values[key] = headers[key]
            elif part.traits.get("eventpayload"):
                carrier = part
        if carrier is None:
            values |= self._decode(member.shape, payload) if payload else {}
        elif carrier.shape.type == "blob":
            values[carrier.name] = payload
        elif carrier.shape.type == "string":
            values[carrier.name] = _text(payload)
        else:
            values[carrier.name] = self._decode(carrier.shape, payload)
        return {member.name: values}


def frames(body: bytes) -> Iterator[tuple[dict[str, HeaderValue], bytes]]:
    """Yield the headers and payload of each frame.

    Args:
        body: the frames.

    Raises:
        MalformedRequest: a frame is cut short or a checksum is wrong.
    """
    position = 0
    while position < len(body):
        if len(body) - position < _OVERHEAD:
            raise MalformedRequest("An event stream frame ends too early")
        total, headers_length, checksum = _PRELUDE.unpack_from(body, position)
        end = position + total
        if end > len(body) or total < _OVERHEAD + headers_length:
            raise MalformedRequest("An event stream frame ends too early")
        message = body[position : end - 4]
        if zlib.crc32(message[:8]) != checksum or zlib.crc32(message).to_bytes(4) != body[end - 4 : end]:
            raise MalformedRequest("An event stream frame's checksum is wrong")
        try:
            headers = _headers(message[12 : 12 + headers_length])
        except (struct.error, IndexError, UnicodeDecodeError):
            raise MalformedRequest("An event stream frame's headers cannot be read") from None
        yield headers, message[12 + headers_length :]
        position = end


def _headers(packed: bytes) -> dict[str, HeaderValue]:
    headers: dict[str, HeaderValue] = {}
    position = 0
    while position < len(packed):
        start = position + 1
        position = start + packed[position]
        name = packed[start:position].decode()
        value, position = _value(packed, position)
        headers[name] = value
    return headers


def _value(packed: bytes, position: int) -> tuple[HeaderValue, int]:
    kind = packed[position]
    position += 1
    if kind in {0, 1}:
        return kind == 0, position
    if kind in _NUMBERS:
        number = _NUMBERS[kind]
        return int(number.unpack_from(packed, position)[0]), position + number.size
    if kind in {_BYTES, _STRING}:
        (length,) = struct.unpack_from(">H", packed, position)
        position += 2
        raw = packed[position : position + length]
        if len(raw) < length:
            raise IndexError(position)
        return (raw if kind == _BYTES else raw.decode()), position + length
    if kind == _TIMESTAMP:
        time: datetime = decode_epoch(struct.unpack_from(">q", packed, position)[0] / 1000)
        return time, position + 8
    if kind == _UUID:
        return packed[position : position + 16], position + 16
    raise IndexError(position)


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise MalformedRequest("An event's text is not valid UTF-8") from None
