"""Every operation of every service, with botocore on the other side of the wire.

A run takes a random sample; `CLOUDWARD_SEED` repeats one, and the `long` tests take everything.
"""

from __future__ import annotations

import os
import random  # noqa: TID251 - seeded values, no ids
from collections.abc import Iterator
from typing import Any

import pytest

from cloudward.naming import parameter_name
from cloudward.protocols import Fault
from cloudward.protocols.walk import wire_name
from tests.protocols.generate import Generator, Impossible
from tests.protocols.oracle import Pair, as_parameters, service_names

SEED = os.environ.get("CLOUDWARD_SEED") or str(random.SystemRandom().randrange(10**9))
_ANSWERS_READ_OTHERWISE = {
    ("s3", "GetBucketLocation"): "the root element is the member; a client's event handler reads it",
    (
        "s3",
        "GetBucketNotification",
    ): "two members have one name on the wire; botocore's parser reads one element for both",
}
_ENVELOPE = {"code", "x-amzn-errortype", "requestid"}
_SERVICES = 50
_ALWAYS = (
    # One of each protocol, and those with features that few have (header lists and maps, JSON in headers, query maps,
    # event streams, several protocols at once).
    "apigateway",
    "cloudfront",
    "cloudwatch",
    "dataexchange",
    "dynamodb",
    "ec2",
    "entityresolution",
    "iam",
    "kinesis",
    "lambda",
    "lex-runtime",
    "route53globalresolver",
    "s3",
    "sqs",
    "sts",
)
_OPERATIONS = 12


def _check_request(pair: Pair, operation: str, seed: object) -> bool:
    """Send random input; returns whether there was any to send."""
    model = pair.client.operation_model(operation)
    if model.has_event_stream_input:
        return True  # botocore cannot send these; test_event_streams does
    try:
        values = Generator(seed, pair.protocol).top(model.input_shape)
    except Impossible:
        return False
    decoded = pair.decode(operation, values)
    expected = as_parameters(values)
    shape = pair.operation(operation).input
    for name, member in shape.members.items() if shape else ():
        key = parameter_name(name)
        if member.idempotency_token and key not in expected:
            assert decoded.pop(key)
        if (member.location_name or "").lower() == "content-length":
            decoded.pop(key)  # the HTTP client's own
            expected.pop(key, None)
    where = f"seed {SEED}: {pair.service.name} {pair.protocol} {operation}"
    assert decoded == expected, where
    return True


def _check_response(pair: Pair, operation: str, seed: object) -> bool:
    model = pair.client.operation_model(operation)
    try:
        values = Generator(seed, pair.protocol, response=True).top(model.output_shape)
    except Impossible:
        return False
    if (pair.service.name, operation) in _ANSWERS_READ_OTHERWISE:
        return True
    sent: dict[str, Any] = dict(values)
    stream = model.get_event_stream_output()
    if stream is not None:
        name = model.output_shape.event_stream_name
        events = list(_events(stream, seed, pair.protocol))
        sent[name] = iter(events)
        values = {**values, name: events}
    parsed = pair.encode(operation, sent)
    for name, member in model.output_shape.members.items() if model.output_shape else ():
        if member.serialization.get("location") == "headers" and not member.serialization.get("name"):
            parsed[name] = {key: parsed[name].get(key) for key in values[name]}  # any header counts, ours too
    assert parsed == values, f"seed {SEED}: {pair.service.name} {pair.protocol} {operation}"
    return True


def _events(stream: Any, seed: object, protocol: str) -> Iterator[dict[str, Any]]:
    generator = Generator(seed, protocol, response=True)
    for name, shape in stream.members.items():
        if not shape.metadata.get("exception"):
            event = generator.value(shape, 1)
            for key, member in shape.members.items():
                if member.serialization.get("eventpayload"):
                    event.setdefault(key, generator.value(member, 1))
            yield {name: event}


def _check_faults(pair: Pair, seed: object) -> None:
    operation = pair.service.operation_names[0]
    for name, shape in pair.service.error_shapes.items():
        assert shape.error is not None
        client_shape = pair.client.shape_for(name)
        try:
            fields = Generator((seed, name), pair.protocol, response=True).top(client_shape)
        except Impossible:
            continue
        message_name = next((key for key in shape.members if key.lower() == "message"), None)
        fields = {
            key: value
            for key, value in fields.items()
            # What the envelope itself tells cannot be told otherwise.
            if key != message_name and wire_name(shape.members[key]).lower() not in _ENVELOPE
        }
        text = 'It <failed> & "so" on: é'
        status = max(shape.error.status, 400)
        fault = Fault(shape.error.code, text, status, shape.error.sender, shape.error.query_code, fields, shape=name)
        general, modelled = pair.fault(operation, fault)
        where = f"seed {SEED}: {pair.service.name} {pair.protocol} {name}"
        assert general["Error"]["Code"] == shape.error.code, where
        assert general["Error"]["Message"] == text, where
        assert general["ResponseMetadata"]["HTTPStatusCode"] == status, where
        for key, member in shape.members.items():
            if wire_name(member).lower() in _ENVELOPE:
                modelled.pop(key, None)
        modelled.pop("ResponseMetadata", None)
        if message_name is not None and pair.protocol in {"json", "rest-json", "smithy-rpc-v2-cbor"}:
            assert modelled.pop(message_name) == text, where
        else:
            modelled.pop(message_name, None)
        assert modelled == fields, where


def _pairs(name: str) -> Iterator[Pair]:
    first = Pair(name)
    yield first
    for protocol in first.service.protocols[1:]:
        yield Pair(name, protocol)


_sampled = sorted({*_ALWAYS, *random.Random(SEED).sample(service_names(), _SERVICES)})


def _sampled_operations(pair: Pair) -> list[str]:
    names = pair.service.operation_names
    wanted = _OPERATIONS * 4 if pair.service.name in _ALWAYS else _OPERATIONS
    return random.Random(f"{SEED} {pair.service.name}").sample(names, min(wanted, len(names)))


def test_a_sample_of_requests_decodes_to_what_the_client_was_given() -> None:
    checked = 0
    for name in _sampled:
        for pair in _pairs(name):
            for operation in _sampled_operations(pair):
                checked += _check_request(pair, operation, (SEED, name, operation))
    assert checked


def test_a_sample_of_answers_is_parsed_to_what_the_handler_returned() -> None:
    checked = 0
    for name in _sampled:
        for pair in _pairs(name):
            for operation in _sampled_operations(pair):
                checked += _check_response(pair, operation, (SEED, name, operation))
    assert checked


def test_a_sample_of_errors_is_parsed_to_code_message_and_fields() -> None:
    for name in random.Random(SEED).sample(_sampled, 15):
        for pair in _pairs(name):
            _check_faults(pair, (SEED, name))


@pytest.mark.long
@pytest.mark.parametrize("name", service_names())
def test_everything_of_a_service(name: str) -> None:
    for pair in _pairs(name):
        sent = 0
        for operation in pair.service.operation_names:
            sent += _check_request(pair, operation, (SEED, name, operation))
            sent += _check_response(pair, operation, (SEED, name, operation))
        assert sent >= len(pair.service.operation_names)
        _check_faults(pair, (SEED, name))
