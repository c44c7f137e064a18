"""Roles from templates: GetRoleTemplateVersion and AcquireRole."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from cloudward.api import operation, unique_id
from cloudward_iam.arns import make_arn
from cloudward_iam.attachments import attach
from cloudward_iam.boundaries import boundary
from cloudward_iam.documents import inline_document, trust_document
from cloudward_iam.errors import (
    EntityAlreadyExists,
    InvalidInput,
    NameConflict,
    NoSuchEntity,
    RoleTemplateDisabled,
)
from cloudward_iam.limits import Quota, check_quota
from cloudward_iam.operations.roles import in_full
from cloudward_iam.records.policies import InlinePolicy
from cloudward_iam.records.principals import Role, SourceRoleTemplate
from cloudward_iam.state import Ctx
from cloudward_iam.tags import merged
from cloudward_iam.templates import ParameterDefinition, RoleTemplate, RoleTemplateVersion, UnknownParameterError, fill
from cloudward_policy import size_without_whitespace

_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_PATH = re.compile(r"/|/[\x21-\x7e]+/")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_ARN = re.compile(r"arn:[a-z0-9-]+:[^:]*:[^:]*:[^:]*:.+")
_SHAPES = {"Number": _NUMBER, "Arn": _ARN}


@operation("GetRoleTemplateVersion")
def get_role_template_version(ctx: Ctx, *, template_arn: str, minor_version: int | None = None) -> dict[str, Any]:
    """Return a version of a role template."""
    template, version = _version(ctx, template_arn, minor_version)
    return {
        "RoleTemplateVersion": {
            "TemplateArn": template_arn,
            "TemplateName": template.template_name,
            "TemplateVersionId": version.template_version_id,
            "Description": template.description,
            "MajorVersion": template.major_version,
            "DefaultMinorVersion": template.default_minor_version,
            "ManagedByType": template.managed_by_type,
            "ManagedByValue": template.managed_by_value,
            "Enabled": template.enabled,
            "MinorVersion": version.minor_version,
            "RoleNamePattern": version.role_name_pattern,
            "RolePathPattern": version.role_path_pattern,
            "RoleDescriptionPattern": version.role_description_pattern,
            "AssumeRolePolicyDocumentTemplate": json.dumps(version.assume_role_policy_document_template),
            "InlinePolicyTemplates": [
                {"PolicyName": policy.policy_name, "PolicyDocument": json.dumps(policy.policy_document)}
                for policy in version.inline_policy_templates
            ],
            "ManagedPolicyArns": version.managed_policy_arns,
            "PermissionBoundaryArn": version.permission_boundary_arn,
            "ParametersDefinition": version.parameters_definition,
            "RoleTagsTemplate": version.role_tags_template,
            "MaxSessionDuration": version.max_session_duration,
            "VersionEnabled": version.version_enabled,
            "CreateTimestamp": version.create_timestamp,
            "UpdateTimestamp": version.update_timestamp,
        }
    }


@operation("AcquireRole")
def acquire_role(
    ctx: Ctx,
    *,
    template_arn: str,
    template_minor_version: int | None = None,
    replacement_values: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
) -> dict[str, Role]:
    """Make a role from a role template."""
    template, version = _version(ctx, template_arn, template_minor_version)
    if not template.enabled or not version.version_enabled:
        raise RoleTemplateDisabled.template(template_arn)
    values = _values(version, replacement_values or {})
    try:
        role = _make(ctx, template_arn, version, values)
    except UnknownParameterError as error:
        raise InvalidInput.template_parameter(error, "the template uses it and it has no value") from None
    return {"Role": in_full(ctx, role)}


def _make(ctx: Ctx, template_arn: str, version: RoleTemplateVersion, values: Mapping[str, str | Sequence[str]]) -> Role:
    name, path = fill(version.role_name_pattern, values), fill(version.role_path_pattern, values)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidInput.template_parameter(version.role_name_pattern, f"{name} is no role name")
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        raise InvalidInput.template_parameter(version.role_path_pattern, f"{path} is no path")
    roles = ctx.state.roles
    present = roles.get(name)
    if present is not None:
        source = present.source_role_template
        same = source is not None and source.template_arn == template_arn
        raise EntityAlreadyExists.role(name) if same else NameConflict.role(name)
    check_quota(ctx, Quota.ROLES_PER_ACCOUNT, len(roles) + 1)
    trust = json.dumps(fill(version.assume_role_policy_document_template, values))
    document, trusted_arns = trust_document(ctx, trust)
    description = version.role_description_pattern
    tags = [{"Key": fill(tag.key, values), "Value": fill(tag.value, values)} for tag in version.role_tags_template]
    role = Role(
        path=path,
        role_name=name,
        role_id=unique_id("AROA"),
        arn=make_arn(ctx.scope, "role", path, name),
        create_date=ctx.now.replace(microsecond=0),
        assume_role_policy_document=document,
        description=None if description is None else fill(description, values),
        max_session_duration=version.max_session_duration,
        permissions_boundary=boundary(ctx, version.permission_boundary_arn),
        tags=merged(ctx, None, tags),
        source_role_template=SourceRoleTemplate(
            template_arn=template_arn, template_minor_version=version.minor_version
        ),
        trusted_arns=trusted_arns,
    )
    roles.add(role)
    for arn in version.managed_policy_arns:
        attach(ctx, role, arn)
    size = 0
    for policy in version.inline_policy_templates:
        text = json.dumps(fill(policy.policy_document, values))
        encoded = inline_document(ctx, "role", name, text, size)
        size += size_without_whitespace(text)
        ctx.state.inline_policies.put(
            InlinePolicy(entity_id=role.role_id, policy_name=policy.policy_name, policy_document=encoded)
        )
    return role


def _version(ctx: Ctx, template_arn: str, minor: int | None) -> tuple[RoleTemplate, RoleTemplateVersion]:
    template = ctx.runtime.templates.role_templates.get(template_arn)
    if template is None:
        raise NoSuchEntity.role_template(template_arn)
    version = template.version(minor)
    if version is None:
        raise NoSuchEntity.role_template_version(template_arn, minor)
    return template, version


def _values(
    version: RoleTemplateVersion, given: Mapping[str, Mapping[str, Sequence[str]]]
) -> dict[str, str | Sequence[str]]:
    """Return the parameters' values as the template takes them, given or by default."""
    defined = {definition.name: definition for definition in version.parameters_definition}
    for name in given:
        if name not in defined:
            raise InvalidInput.template_parameter(name, "the template does not define it")
    values: dict[str, str | Sequence[str]] = {}
    for name, definition in defined.items():
        if name in given:
            values[name] = _checked(definition, given[name]["Values"])
        elif definition.default_value is not None:
            values[name] = _checked(definition, [definition.default_value])
        elif definition.is_required:
            raise InvalidInput.template_parameter(name, "a value is required")
    return values


def _checked(definition: ParameterDefinition, values: Sequence[str]) -> str | Sequence[str]:
    kind = definition.type.removesuffix("List")
    shape = _SHAPES.get(kind)
    for value in values:
        if shape is not None and not shape.fullmatch(value):
            raise InvalidInput.template_parameter(definition.name, f"{value} is not of type {kind}")
    if definition.type.endswith("List"):
        return values
    if len(values) != 1:
        raise InvalidInput.template_parameter(definition.name, "it takes one value")
    return values[0]
