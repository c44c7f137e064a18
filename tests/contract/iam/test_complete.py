"""IAM is whole: every operation of botocore's model has a handler, and a test here that calls it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from cloudward_iam.plugin import cloudward_providers

OPERATIONS = botocore.session.Session().get_service_model("iam").operation_names


def _names_in(folder: Path) -> Iterator[str]:
    """Return every attribute name and text constant of the tests: how they name the client methods they call."""
    for path in folder.rglob("test_*.py"):
        if path == Path(__file__):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute):
                yield node.attr
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


@pytest.fixture(scope="module")
def named() -> frozenset[str]:
    return frozenset(_names_in(Path(__file__).parent))


def test_every_operation_has_a_handler() -> None:
    (provider,) = cloudward_providers()
    assert sorted(set(OPERATIONS) - set(provider.operations)) == []


def test_every_operation_is_called_by_a_test(named: frozenset[str]) -> None:
    missing = [name for name in OPERATIONS if xform_name(name) not in named and name not in named]
    assert missing == []
