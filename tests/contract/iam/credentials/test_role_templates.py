from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudward.config import Config
from cloudward.errors import ConfigError
from cloudward.testing import Gateway, running_gateway
from tests.contract.iam.credentials.expect import refused

TEMPLATE = "arn:aws:iam::aws:role-template/example/worker"
DISABLED = TEMPLATE + "-off"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
VERSION: dict[str, Any] = {
    "minor_version": 1,
    "template_version_id": "RTPLVERSIONEXAMPLE1",
    "role_name_pattern": "worker-@{Team}",
    "role_path_pattern": "/workers/",
    "role_description_pattern": "Works for @{Team}",
    "assume_role_policy_document_template": {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    },
    "inline_policy_templates": [
        {
            "policy_name": "read",
            "policy_document": {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["@{Buckets}"]}],
            },
        }
    ],
    "managed_policy_arns": [READ_ONLY],
    "permission_boundary_arn": READ_ONLY,
    "parameters_definition": [
        {"name": "Team", "type": "String", "is_required": True},
        {"name": "Buckets", "type": "ArnList", "default_value": "arn:aws:s3:::default/*"},
    ],
    "role_tags_template": [{"key": "team", "value": "@{Team}"}],
    "max_session_duration": 7200,
}


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    second = copy.deepcopy(VERSION)
    second |= {"minor_version": 2, "role_name_pattern": "worker2-@{Team}", "version_enabled": False}
    template = {"template_name": "worker", "versions": [VERSION, second]}
    off = {**template, "enabled": False}
    file = tmp_path_factory.mktemp("templates") / "templates.json"
    file.write_text(json.dumps({"role_templates": {TEMPLATE: template, DISABLED: off}}))
    with running_gateway(Config(plugin_settings={"iam": {"templates_file": str(file)}})) as running:
        yield running


@pytest.fixture
def iam(templates: Gateway, account: str) -> Any:
    return templates.client("iam", account)


def values(**parameters: list[str]) -> dict[str, dict[str, list[str]]]:
    return {name: {"Values": several} for name, several in parameters.items()}


def test_a_version_is_described(iam: Any) -> None:
    found = iam.get_role_template_version(TemplateArn=TEMPLATE)["RoleTemplateVersion"]
    assert (found["TemplateName"], found["MinorVersion"], found["Enabled"]) == ("worker", 1, True)
    assert found["RoleNamePattern"] == "worker-@{Team}"
    assert [parameter["Name"] for parameter in found["ParametersDefinition"]] == ["Team", "Buckets"]
    second = iam.get_role_template_version(TemplateArn=TEMPLATE, MinorVersion=2)["RoleTemplateVersion"]
    assert second["VersionEnabled"] is False


def test_a_role_is_made_from_a_template(iam: Any, account: str) -> None:
    role = iam.acquire_role(
        TemplateArn=TEMPLATE,
        ReplacementValues=values(Team=["blue"], Buckets=["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]),
    )["Role"]
    assert role["Arn"] == f"arn:aws:iam::{account}:role/workers/worker-blue"
    assert (role["Description"], role["MaxSessionDuration"]) == ("Works for blue", 7200)
    assert role["Tags"] == [{"Key": "team", "Value": "blue"}]
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == READ_ONLY
    assert role["SourceRoleTemplate"] == {"TemplateArn": TEMPLATE, "TemplateMinorVersion": 1}
    document = iam.get_role_policy(RoleName="worker-blue", PolicyName="read")["PolicyDocument"]
    assert document["Statement"][0]["Resource"] == ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]
    attached = iam.list_attached_role_policies(RoleName="worker-blue")["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [READ_ONLY]


def test_a_value_cannot_add_to_a_document(iam: Any) -> None:
    evil = 'arn:aws:s3:::a", "*'
    iam.acquire_role(TemplateArn=TEMPLATE, ReplacementValues=values(Team=["red"], Buckets=[evil]))
    document = iam.get_role_policy(RoleName="worker-red", PolicyName="read")["PolicyDocument"]
    assert document["Statement"][0]["Resource"] == [evil]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"Team": ["a", "b"]},
        {"Team": ["no spaces allowed"]},
        {"Team": ["x" * 64]},
        {"Team": ["a"], "Buckets": ["no-arn"]},
        {"Team": ["a"], "Unknown": ["b"]},
    ],
)
def test_bad_values_are_refused(iam: Any, given: dict[str, list[str]]) -> None:
    with refused("InvalidInput", status=400):
        iam.acquire_role(TemplateArn=TEMPLATE, ReplacementValues=values(**given))
    assert iam.list_roles()["Roles"] == []


def test_names_that_are_taken_are_told_apart(iam: Any) -> None:
    iam.acquire_role(TemplateArn=TEMPLATE, ReplacementValues=values(Team=["a"]))
    with refused("EntityAlreadyExists", "Role with name worker-a already exists.", 409):
        iam.acquire_role(TemplateArn=TEMPLATE, ReplacementValues=values(Team=["a"]))
    trust = json.dumps(VERSION["assume_role_policy_document_template"])
    iam.create_role(RoleName="worker-b", AssumeRolePolicyDocument=trust)
    with refused("NameConflict", status=409):
        iam.acquire_role(TemplateArn=TEMPLATE, ReplacementValues=values(Team=["b"]))


def test_disabled_and_missing_templates_are_told(iam: Any) -> None:
    given = values(Team=["a"])
    with refused("RoleTemplateDisabled", status=400):
        iam.acquire_role(TemplateArn=DISABLED, ReplacementValues=given)
    with refused("RoleTemplateDisabled"):
        iam.acquire_role(TemplateArn=TEMPLATE, TemplateMinorVersion=2, ReplacementValues=given)
    for call in (iam.acquire_role, iam.get_role_template_version):
        with refused("NoSuchEntity", status=404):
            call(TemplateArn=TEMPLATE + "x")
    with refused("NoSuchEntity"):
        iam.get_role_template_version(TemplateArn=TEMPLATE, MinorVersion=9)


def test_a_file_that_is_none_is_told_at_the_start(tmp_path: Path) -> None:
    file = tmp_path / "templates.json"
    file.write_text("{")
    with (
        pytest.raises(ConfigError, match=r"templates\.json: no file of templates"),
        running_gateway(Config(plugin_settings={"iam": {"templates_file": str(file)}})),
    ):
        pass


def test_no_role_is_made_beyond_the_quota(tmp_path: Path) -> None:
    file = tmp_path / "templates.json"
    file.write_text(json.dumps({"role_templates": {TEMPLATE: {"template_name": "worker", "versions": [VERSION]}}}))
    settings = {"templates_file": str(file), "quota_roles_per_account": 1}
    with running_gateway(Config(plugin_settings={"iam": settings})) as full:
        iam = full.client("iam")
        iam.acquire_role(TemplateArn=TEMPLATE, ReplacementValues=values(Team=["a"]))
        with refused("LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1", 409):
            iam.acquire_role(TemplateArn=TEMPLATE, ReplacementValues=values(Team=["b"]))
        assert [role["RoleName"] for role in iam.list_roles()["Roles"]] == ["worker-a"]
