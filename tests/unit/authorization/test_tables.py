"""The shipped action tables: their form, and that they cover what the models have."""

from __future__ import annotations

import io
import json
import zipfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cloudward.model import Catalogue
from cloudward_iam.authorization.context import GLOBAL_KEYS, RESOURCE_KEYS
from cloudward_iam.authorization.keys import STATE_KEYS
from cloudward_iam.authorization.targets import WAYS

FOLDER = files("cloudward_specs").joinpath("actions")
ABOUT: dict[str, Any] = {
    "source": {"type": "string", "minLength": 20},
    "version": {"type": "string", "minLength": 1},
    "date": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
}
ACTION = {"type": "string", "pattern": r"^[a-z0-9-]+:[A-Za-z0-9]+$"}
EXACT: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["source", "version", "date", "operations"],
    "properties": {
        **ABOUT,
        "operations": {
            "type": "object",
            "additionalProperties": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["action"],
                    "properties": {
                        "action": ACTION,
                        "when": {"type": "string"},
                        "fixed": {"type": "object", "additionalProperties": {"type": "string"}},
                        "keys": {"type": "object", "additionalProperties": {"type": "string"}},
                        "resources": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "additionalProperties": False,
                                "required": ["type", "how"],
                                "properties": {
                                    "type": {"type": "string"},
                                    "how": {"enum": sorted(WAYS)},
                                    "member": {"type": "string"},
                                    "optional": {"const": True},
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}
SERVICE: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["prefix", "operations"],
    "properties": {
        "prefix": {"type": "string"},
        "passes_roles": {"type": "array", "items": {"type": "string"}},
        "operations": {
            "type": "object",
            "additionalProperties": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["action"],
                    "properties": {
                        "action": ACTION,
                        "arn": {"type": "string"},
                        "types": {"type": "object", "additionalProperties": {"type": "string"}},
                        "variables": {"type": "object", "additionalProperties": {"type": "string"}},
                        "when": {
                            "type": "object",
                            "required": ["member", "is"],
                            "properties": {"is": {"enum": ["Exists", "NotExists", "Equals", "NotEquals", "IContains"]}},
                        },
                    },
                },
            },
        },
    },
}


def read(name: str) -> Any:
    return json.loads(FOLDER.joinpath(name).read_bytes())


@pytest.mark.parametrize("service", ["iam", "sts"])
def test_the_exact_tables_are_sound_and_cover_every_operation(service: str) -> None:
    table = read(f"{service}.json")
    jsonschema.validate(table, EXACT)
    model = Catalogue.with_overlays(()).service(service)
    assert set(table["operations"]) == set(model.operation_names)
    for name, actions in table["operations"].items():
        shape = model.operation(name).input
        members = set(shape.members) if shape is not None else set()
        for action in actions:
            used = {found.get("member", "") for found in action.get("resources", ())}
            used |= {action.get("when", ""), *action.get("keys", {}).values()} - {""}
            assert used - {""} <= members, (name, used - members)
            by_state = {key.lower() for key, member in action.get("keys", {}).items() if not member}
            assert by_state <= set(STATE_KEYS), name


def test_the_tables_of_other_services_are_sound() -> None:
    archive = zipfile.ZipFile(io.BytesIO(FOLDER.joinpath("services.zip").read_bytes()))
    names = set(archive.namelist())
    about = json.loads(archive.read("about.json"))
    jsonschema.validate(about, {"type": "object", "required": list(ABOUT), "properties": ABOUT})
    validator = jsonschema.Draft202012Validator(SERVICE)
    for name in sorted(names - {"about.json"}):
        validator.validate(json.loads(archive.read(name)))
    assert {"s3.json", "sqs.json", "lambda.json", "ec2.json"} <= names
    assert not {"iam.json", "sts.json"} & names


NOT_KNOWN = {
    "aws:calledvia", "aws:calledviaawsmcp", "aws:calledviafirst", "aws:calledvialast", "aws:ismcpserviceaction",
    "aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourcevpc", "aws:sourcevpcarn",
    "aws:sourcevpce", "aws:viaawsmcpservice", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths",
    "aws:vpcsourceip",
}  # fmt: skip
"""What an emulator does not see by itself: networks, and services that call for somebody.  Providers may say them."""


def test_every_global_condition_key_is_accounted_for() -> None:
    table = read("global_condition_keys.json")
    assert set(table) == {"source", "version", "date", "no_wildcards", "keys"}
    by_session = {row["key"].lower() for row in table["keys"] if row["category"] == "session"}
    tags = {"aws:principaltag/tag-key", "aws:requesttag/tag-key", "aws:resourcetag/tag-key", "aws:tagkeys"}
    known = {*GLOBAL_KEYS, *RESOURCE_KEYS, *by_session, *tags}
    everything = {row["key"].lower() for row in table["keys"]}
    assert everything - known == NOT_KNOWN
    page = (Path(__file__).parents[3] / "docs" / "enforcement.md").read_text("utf-8")
    for row in table["keys"]:
        if row["key"].lower() in NOT_KNOWN:
            assert f"`{row['key']}`" in page, row["key"]
