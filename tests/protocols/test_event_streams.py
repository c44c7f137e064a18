"""Event streams beyond the round trips of the oracle: errors on the way, asynchronous handlers, streams in requests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from cloudward.errors import MalformedRequest, ServiceError
from cloudward.protocols import WireRequest
from cloudward.protocols.eventstream import HeaderValue, frame
from cloudward.protocols.eventstream_decode import frames
from tests.protocols.oracle import Pair, body_bytes

_HEADERS = st.dictionaries(
    st.text(min_size=1, max_size=20),
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=30) | st.binary(max_size=30),
    max_size=4,
)


@given(_HEADERS, st.binary(max_size=200))
def test_a_frame_is_read_by_botocore_and_by_us_as_it_was_written(
    headers: dict[str, HeaderValue], payload: bytes
) -> None:
    message = frame(list(headers.items()), payload)
    buffer = EventStreamBuffer()
    buffer.add_data(message)
    event = next(buffer)
    assert (event.headers, event.payload) == (headers, payload)
    assert list(frames(message)) == [(headers, payload)]


@given(st.binary(max_size=100))
def test_what_is_no_frame_is_refused(body: bytes) -> None:
    if body:
        with pytest.raises(MalformedRequest):
            list(frames(body))


def _messages(body: bytes) -> list[Any]:
    buffer = EventStreamBuffer()
    buffer.add_data(body)
    return list(buffer)


class Throttled(ServiceError, shape="ResourceNotFoundException"):
    pass


class Unmodelled(ServiceError, code="Surprise"):
    pass


@pytest.mark.parametrize(
    ("error", "headers", "payload"),
    [
        (
            Throttled("gone"),
            {":message-type": "exception", ":exception-type": "ResourceNotFoundException"},
            {"message": "gone"},
        ),
        (Unmodelled("what"), {":message-type": "error", ":error-code": "Surprise", ":error-message": "what"}, None),
    ],
)
def test_an_error_on_the_way_ends_the_stream_as_an_event(
    error: ServiceError, headers: dict[str, str], payload: dict[str, str] | None
) -> None:
    pair = Pair("kinesis", "json")

    def events() -> Iterator[dict[str, Any]]:
        yield {"SubscribeToShardEvent": {"Records": [], "ContinuationSequenceNumber": "1", "MillisBehindLatest": 0}}
        raise error

    response = pair.codec.encode(pair.operation("SubscribeToShard"), {"EventStream": events()}, "id")
    first, event, last = _messages(body_bytes(response))
    assert first.headers[":event-type"] == "initial-response"
    assert json.loads(event.payload)["ContinuationSequenceNumber"] == "1"
    assert headers.items() <= last.headers.items()
    assert payload is None or json.loads(last.payload) == payload


def test_asynchronous_handlers_stream_too() -> None:
    pair = Pair("lambda")

    async def events() -> AsyncIterator[dict[str, Any]]:
        yield {"PayloadChunk": {"Payload": b"abc"}}
        yield {"InvokeComplete": {}}

    async def read() -> bytes:
        response = pair.codec.encode(pair.operation("InvokeWithResponseStream"), {"EventStream": events()}, "id")
        assert isinstance(response.body, AsyncIterator)
        return b"".join([piece async for piece in response.body])

    chunk, complete = _messages(asyncio.run(read()))
    assert chunk.payload == b"abc"
    assert complete.headers[":event-type"] == "InvokeComplete"


def test_an_unknown_event_is_the_handlers_mistake() -> None:
    pair = Pair("lambda")
    response = pair.codec.encode(pair.operation("InvokeWithResponseStream"), {"EventStream": [{"Nope": {}}]}, "id")
    with pytest.raises(ValueError, match="PayloadChunk"):
        body_bytes(response)


def test_streams_in_requests_are_read_to_events() -> None:
    pair = Pair("lexv2-runtime")
    text = frame([(":message-type", "event"), (":event-type", "TextInputEvent")], b'{"text": "hello"}')
    signed = frame([(":chunk-signature", b"x" * 32)], text) + frame([(":chunk-signature", b"x" * 32)], b"")
    labels = {"botId": "ABCDEFGHIJ", "botAliasId": "TSTALIASID", "localeId": "en_US", "sessionId": "ab"}
    for body in (text, signed):
        request = WireRequest("POST", "/", "", [], body)
        values = pair.codec.decode(pair.operation("StartConversation"), request, labels)
        assert values["request_event_stream"] == [{"TextInputEvent": {"text": "hello"}}]
