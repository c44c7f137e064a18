"""The plugin keeps the contract of all providers, and each of its operations is called by a test here."""

from __future__ import annotations

import ast
from pathlib import Path

from botocore import xform_name

import cloudward_organizations.plugin
from cloudward.testing import check_plugin
from cloudward_organizations.plugin import cloudward_providers


def test_the_contract_of_providers() -> None:
    assert check_plugin(cloudward_organizations.plugin).services == ["organizations"]


def test_every_operation_is_called_by_a_test() -> None:
    named: set[str] = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute):
                named.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                named.add(node.value)
    (provider,) = cloudward_providers()
    assert [name for name in provider.operations if xform_name(name) not in named] == []
