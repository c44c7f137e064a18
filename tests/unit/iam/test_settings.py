from __future__ import annotations

import json
from importlib.resources import files

import jsonschema
import pytest

from cloudward.errors import ConfigError
from cloudward_iam.aws_policies import find
from cloudward_iam.service_roles import service_roles
from cloudward_iam.settings import SETTINGS, IamSettings, unknown_settings


def test_settings_have_defaults():
    settings = IamSettings({})
    assert {name: settings[name] for name in SETTINGS} == {name: setting.default for name, setting in SETTINGS.items()}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("hardware_mfa_seeds", "A1=mfra, B2=MFRGGZDF", {"A1": "MFRA====", "B2": "MFRGGZDF"}),
        ("organization_accounts", "111111111111, 222222222222,", ("111111111111", "222222222222")),
        ("organization_trusted_access", "no", False),
        ("organization_all_features", "1", True),
        ("organization_management_account", "111111111111", "111111111111"),
        ("password_hash_cost", "1024", 1024),
        ("service_linked_role_deletion_seconds", "1.5", 1.5),
    ],
)
def test_settings_are_read_from_text(name, text, value):
    assert IamSettings({name: text})[name] == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hardware_mfa_seeds", "A1"),
        ("hardware_mfa_seeds", "A1=1"),
        ("organization_accounts", "12"),
        ("organization_management_account", "me"),
        ("organization_trusted_access", "maybe"),
        ("password_hash_cost", "3"),
        ("password_hash_cost", "1"),
        ("password_hash_cost", "many"),
        ("service_linked_role_deletion_seconds", "-1"),
        ("service_linked_role_deletion_seconds", "nan"),
    ],
)
def test_settings_that_cannot_be_used_are_named(name, text):
    with pytest.raises(ConfigError, match=name):
        IamSettings({name: text})


def test_unknown_settings_come_with_what_was_meant():
    assert unknown_settings({"password_hash_cost": 2, "quota_users_per_account": 1}) == []
    assert unknown_settings({"pasword_hash_cost": 2}) == [
        "unknown setting pasword_hash_cost of plugin iam; did you mean password_hash_cost?"
    ]


def test_the_templates_of_service_linked_roles_fit_their_schema():
    specs = files("cloudward_specs")
    document = json.loads(specs.joinpath("service_linked_roles.json").read_text())
    schema = json.loads(specs.joinpath("schemas", "service_linked_roles.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema, jsonschema.Draft202012Validator)
    services = [role["service"] for role in document["roles"]]
    assert services == sorted(set(services))


def test_their_policies_are_aws_s_own():
    for template in service_roles().values():
        for policy in template.policies:
            path, _, name = policy.rpartition("/")
            assert find("aws", f"/{path}/", name) is not None, policy
