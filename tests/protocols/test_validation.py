"""The compiled tests and the walk that words violations agree, over generated inputs of many services."""

from __future__ import annotations

import random  # noqa: TID251 - seeded values, no ids
import re
from typing import Any

import pytest

from cloudward.errors import ValidationError
from cloudward.model import Shape
from cloudward.protocols import constraints
from cloudward.protocols.source import Compiler
from tests.protocols.generate import Generator, Impossible
from tests.protocols.oracle import Pair, as_parameters

_SERVICES = ["iam", "sts", "dynamodb", "lambda", "s3", "ec2", "cloudwatch", "kms", "ecs", "wafv2", "events", "sns"]


def _spoil(values: Any, shape: Shape, chooser: random.Random) -> Any:
    """Break constraints here and there."""
    if shape.type == "structure" and not shape.document:
        return {
            name: _spoil(value, shape.members[name].shape, chooser)
            for name, value in values.items()
            if chooser.random() > 0.05
        }
    if shape.type == "list" and shape.member is not None:
        spoiled = [_spoil(value, shape.member.shape, chooser) for value in values]
        return spoiled * chooser.choice([1, 1, 1, 0, 60])
    if shape.type == "map" and shape.value is not None:
        return {key: _spoil(value, shape.value.shape, chooser) for key, value in values.items()}
    if chooser.random() < 0.85:
        return values
    if shape.type == "string":
        return chooser.choice(["", "!", "x" * 3000, "é"])
    if shape.type in {"integer", "long"}:
        return chooser.choice([-(2**31), 0, 2**31 - 1])
    return values


@pytest.mark.parametrize("name", _SERVICES)
def test_what_the_compiled_test_refuses_has_words(name: str) -> None:
    pair = Pair(name)
    service = pair.service
    compiler = Compiler("test", {"valid": constraints.emit_valid}, {"valid": constraints.PARAMETERS}, names={})
    refused = 0
    for operation in service.operation_names[:60]:
        shape = service.operation(operation).input
        if shape is None:
            continue
        valid = compiler.function("valid", shape, constraints.TOP)
        for seed in range(4):
            try:
                values = Generator((name, operation, seed), "json").top(
                    pair.client.operation_model(operation).input_shape
                )
            except Impossible:
                continue
            chooser = random.Random(f"{name} {operation} {seed}")
            parameters = as_parameters(_spoil(values, shape, chooser) if seed else values)
            error = constraints.violation(shape, parameters)
            worded = re.match(r"\d+ validation errors? detected: ", error.text) is not None
            assert valid(parameters) is not worded, (operation, seed, error.text[:500])
            refused += worded
    assert refused


def test_null_elements_are_named() -> None:
    pair = Pair("iam")
    shape = pair.operation("TagUser").input
    assert shape is not None
    error = constraints.violation(shape, {"user_name": "a", "tags": [None]})
    assert "Member must satisfy constraint: [Member must not be null]" in error.text


def test_a_flood_of_violations_makes_a_bounded_message() -> None:
    pair = Pair("iam")
    tags = "&".join(f"Tags.member.{n}.Key=" for n in range(1, 20001))
    from cloudward.protocols import WireRequest

    with pytest.raises(ValidationError) as error:
        pair.codec.decode(
            pair.operation("TagUser"), WireRequest("POST", "/", "", [], f"UserName=a&{tags}".encode()), {}
        )
    assert error.value.text.startswith("40001 validation errors detected: ")
    assert len(error.value.text) < 100_000
