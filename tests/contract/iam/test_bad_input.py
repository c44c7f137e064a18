"""Every operation of IAM refuses values that its model forbids, one member at a time, and nothing changes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from cloudward.app import App, create_app
from cloudward.model import OperationModel
from cloudward.testing.contract import request_for
from cloudward.testing.samples import sample

DETECTED = re.compile(r"\d+ validation errors? detected: |The specified value for \w+ is invalid\. ")


@pytest.fixture(scope="module")
def app() -> App:
    return create_app()


def bad_inputs(operation: OperationModel) -> Iterator[tuple[str, dict[str, Any]]]:
    """Make inputs that are good but for one top-level member, each with what is wrong with it."""
    if operation.input is None:
        return
    good = sample(operation.input)
    for name in operation.input.required:
        yield f"{name} missing", {key: value for key, value in good.items() if key != name}
    for name, member in operation.input.members.items():
        shape = member.shape
        if shape.type == "string":
            if shape.enum:
                yield f"{name} not in the enumeration", {**good, name: "No-Such-Value"}
            elif shape.max is not None and shape.max < 10_000:
                yield f"{name} too long", {**good, name: "a" * (int(shape.max) + 1)}
            if shape.min:
                yield f"{name} empty", {**good, name: ""}
        elif shape.type in {"integer", "long"} and shape.max is not None:
            yield f"{name} too large", {**good, name: int(shape.max) + 1}
            yield f"{name} too small", {**good, name: int(shape.min or 0) - 1}


def test_what_the_model_forbids_is_refused(app: App) -> None:
    model = app.catalogue.service("iam")
    tried = 0
    for name in sorted(app.providers["iam"].operations):
        operation = model.operation(name)
        for problem, parameters in bad_inputs(operation):
            call = app.handle(request_for(operation, parameters))
            assert call.response is not None
            assert call.error is not None, f"{name} accepts {problem}"
            found = (call.response.status, call.error.code)
            assert found == (400, "ValidationError"), f"{name}, {problem}: {found} {call.error.text}"
            assert DETECTED.match(call.error.text), f"{name}, {problem}: {call.error.text}"
            assert not call.transaction.dirty, f"{name}, {problem}: wrote to state"
            tried += 1
    assert tried > 300
