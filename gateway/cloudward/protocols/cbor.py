"""CBOR bodies and the codec of the smithy-rpc-v2-cbor protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cbor2

from cloudward.errors import MalformedRequest
from cloudward.protocols import constraints, trees, values
from cloudward.protocols.bodies import with_plain_body
from cloudward.protocols.codec import CompiledCodec, Reader, Writer
from cloudward.protocols.eventstream import EventWriter, rpc_stream
from cloudward.protocols.faults import members_of, message_member, query_error_header, wire_code
from cloudward.protocols.source import Compiler
from cloudward.protocols.timestamps import encode_epoch
from cloudward.protocols.walk import event_stream_member
from cloudward.protocols.wire import WireResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from cloudward.model import OperationModel, ServiceModel, Shape
    from cloudward.protocols.base import Fault
    from cloudward.protocols.wire import WireRequest

_CONTENT_TYPE = "application/cbor"
_EPOCH_TAG = 1
_PROTOCOL_HEADER = ("smithy-protocol", "rpc-v2-cbor")


def _tagged(value: datetime | float) -> cbor2.CBORTag:
    return cbor2.CBORTag(_EPOCH_TAG, encode_epoch(value))


def _as_bytes(value: bytes | str) -> bytes:
    return value.encode() if isinstance(value, str) else value


DIALECT = trees.Dialect(
    checks=trees.JSON.checks,
    readers={**trees.JSON.readers, "blob": values.to_bytes, "timestamp": values.to_tagged_time},
    writers={"float": float, "double": float, "blob": _as_bytes},
    timestamps=dict.fromkeys(trees.JSON.timestamps, _tagged),
    timestamp_format="unixTimestamp",
    text_keys=False,
)
"""CBOR: bytes as they are, times as tag 1."""


def _refuse_tag(value: object, immutable: bool) -> Any:
    raise MalformedRequest("A CBOR tag other than a timestamp's was found")


def _decode_time(value: object, immutable: bool) -> datetime:
    return values.to_tagged_time(value)


# Whatever cbor2 would make of other tags (big numbers, regular expressions, shared references …) is refused.
_KNOWN_TAGS = (0, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 100, 256, 258, 260, 261, 1004, 43000, 55799)
_TAGS: Mapping[int, Callable[[Any, bool], Any]] = {
    **dict.fromkeys(_KNOWN_TAGS, _refuse_tag),
    _EPOCH_TAG: _decode_time,
}


def parse_cbor(body: bytes) -> Any:
    """Return the value of a CBOR item.

    Args:
        body: the item; lists, maps and strings may have indefinite lengths.

    Raises:
        MalformedRequest: it is no CBOR, nests too deeply, or has tags that the protocol does not know.
    """
    try:
        return cbor2.loads(
            body,
            semantic_decoders=_TAGS,
            tag_hook=_refuse_tag,
            max_depth=trees.MAX_DEPTH,
            strict_hashable_types=True,
        )
    except MalformedRequest:
        raise
    except (cbor2.CBORError, UnicodeDecodeError, ValueError, TypeError, OverflowError, RecursionError):
        raise MalformedRequest("The request body is not valid CBOR") from None


class CborCodec(CompiledCodec):
    """The smithy-rpc-v2-cbor protocol.

    Args:
        service: the service.
    """

    def __init__(self, service: ServiceModel) -> None:
        compiler = Compiler(
            f"{service.name} cbor",
            emitters={
                "decode": trees.decode_emitter(DIALECT),
                "encode": trees.encode_emitter(DIALECT),
                "valid": constraints.emit_valid,
            },
            parameters={
                "decode": trees.DECODE_PARAMETERS,
                "encode": trees.ENCODE_PARAMETERS,
                "valid": constraints.PARAMETERS,
            },
            names=trees.NAMES,
        )
        super().__init__(service, "smithy-rpc-v2-cbor", "cbor", compiler)

    def _reader(self, operation: OperationModel) -> Reader:
        decode = self._compiler.function("decode", operation.input, constraints.TOP) if operation.input else None

        def read(request: WireRequest, labels: Mapping[str, str]) -> dict[str, Any]:
            body = with_plain_body(request).body
            if not body:
                return {} if decode is None else decode({})
            kind = request.headers.get("content-type", _CONTENT_TYPE).partition(";")[0].strip().lower()
            if kind != _CONTENT_TYPE:
                raise MalformedRequest(f"Content type {kind[:64]} is not {_CONTENT_TYPE}")
            tree = parse_cbor(body)
            decoded: dict[str, Any] = {} if decode is None else decode(tree)
            return decoded

        return read

    def _writer(self, operation: OperationModel) -> Writer:
        encode = self._compiler.function("encode", operation.output) if operation.output else None
        stream = event_stream_member(operation.output)
        if stream is not None and encode is not None:
            compiler = self._compiler
            events = EventWriter(
                stream, lambda value, shape: cbor2.dumps(compiler.function("encode", shape)(value)), _CONTENT_TYPE
            )
            return rpc_stream(stream, events, lambda values: cbor2.dumps(encode(values)), [_PROTOCOL_HEADER])

        def write(values: Any, request_id: str) -> WireResponse:
            if encode is None:
                return WireResponse(200, [_PROTOCOL_HEADER, ("x-amzn-RequestId", request_id)])
            headers = [_PROTOCOL_HEADER, ("Content-Type", _CONTENT_TYPE), ("x-amzn-RequestId", request_id)]
            return WireResponse(200, headers, cbor2.dumps(encode(values)))

        return write

    def _fault(self, fault: Fault, shape: Shape | None, request_id: str) -> WireResponse:
        body: dict[str, Any] = {"__type": wire_code(self.service, fault, shape)}
        if shape is not None:
            body |= self._compiler.function("encode", shape)(members_of(fault, shape, request_id))
        if message_member(shape) is None:
            body["message"] = fault.message
        headers = [_PROTOCOL_HEADER, ("Content-Type", _CONTENT_TYPE), ("x-amzn-RequestId", request_id)]
        headers += query_error_header(self.service, fault)
        return WireResponse(fault.status, headers, cbor2.dumps(body))
