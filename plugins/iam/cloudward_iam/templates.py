"""Templates that AWS's services and product providers register with AWS, and users of the gateway in a file.

AWS has no operation to register them, so the setting `templates_file` of the IAM plugin names a JSON file:

    {"role_templates": {"arn:…": {"template_name": …, "versions": [{"minor_version": 1, "role_name_pattern": …}]}},
     "delegation_templates": {"arn:…": {"policy": {…}, "requestor_name": …, "role_permission_restriction_arns": []}}}

Placeholders `@{name}` stand for parameters.  They are replaced in parsed documents, never in their text, so that a
value cannot add elements; a text that is one placeholder of a list parameter becomes the list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from cloudward.api import ConfigError

_PLACEHOLDER = re.compile(r"@\{([^{}]+)\}")
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class ParameterDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of a role template version; fields are the model's."""

    name: str
    type: str
    sub_type: str | None = None
    description: str | None = None
    is_required: bool = False
    default_value: str | None = None
    immutable: bool | None = None


class TagTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """A tag of the roles made from a template."""

    key: str
    value: str


class InlinePolicyTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """An inline policy of the roles made from a template."""

    policy_name: str
    policy_document: dict[str, Any]


class RoleTemplateVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A minor version of a role template."""

    minor_version: int
    role_name_pattern: str
    role_path_pattern: str = "/"
    role_description_pattern: str | None = None
    assume_role_policy_document_template: dict[str, Any]
    inline_policy_templates: tuple[InlinePolicyTemplate, ...] = ()
    managed_policy_arns: tuple[str, ...] = ()
    permission_boundary_arn: str | None = None
    parameters_definition: tuple[ParameterDefinition, ...] = ()
    role_tags_template: tuple[TagTemplate, ...] = ()
    max_session_duration: int = 3600
    version_enabled: bool = True
    template_version_id: str
    create_timestamp: datetime = _EPOCH
    update_timestamp: datetime = _EPOCH


class RoleTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """A role template with its versions."""

    template_name: str
    description: str | None = None
    major_version: int = 1
    default_minor_version: int = 1
    managed_by_type: str = "Service"
    managed_by_value: str | None = None
    enabled: bool = True
    versions: tuple[RoleTemplateVersion, ...]

    def version(self, minor: int | None) -> RoleTemplateVersion | None:
        """Return a minor version, None when there is none of that number.

        Args:
            minor: its number; None for the default one.
        """
        wanted = self.default_minor_version if minor is None else minor
        return next((found for found in self.versions if found.minor_version == wanted), None)


class DelegationTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """A policy that a product provider asks for in delegation requests."""

    policy: dict[str, Any]
    requestor_name: str | None = None
    role_permission_restriction_arns: tuple[str, ...] = ()


class Templates(msgspec.Struct, frozen=True):
    """All templates, by ARN."""

    role_templates: dict[str, RoleTemplate] = {}
    delegation_templates: dict[str, DelegationTemplate] = {}


def load_templates(name: str) -> Templates:
    """Return the templates of a file; none at all without a file.

    Args:
        name: the file's path; empty for none.

    Raises:
        ConfigError: the file cannot be read as templates; the message says where it is wrong.
    """
    if not name:
        return Templates()
    try:
        return msgspec.json.decode(Path(name).expanduser().read_bytes(), type=Templates)
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(f"{name}: no file of templates: {error}") from None


class UnknownParameterError(ValueError):
    """A placeholder of a parameter that has no value; the message is the parameter's name."""


def fill(template: Any, values: Mapping[str, str | Sequence[str]]) -> Any:
    """Return a template with its placeholders replaced.

    Args:
        template: text, or anything that JSON can hold.
        values: the parameters' values; several for list parameters.

    Raises:
        UnknownParameterError: a placeholder names a parameter without a value.
    """
    if isinstance(template, str):
        return _fill_text(template, values)
    if isinstance(template, list):
        filled: list[Any] = []
        for item in template:
            found = fill(item, values)
            if isinstance(item, str) and isinstance(found, list):
                filled += found
            else:
                filled.append(found)
        return filled
    if isinstance(template, dict):
        return {_text(key, values): fill(value, values) for key, value in template.items()}
    return template


def _fill_text(template: str, values: Mapping[str, str | Sequence[str]]) -> str | list[str]:
    whole = _PLACEHOLDER.fullmatch(template)
    if whole is not None:
        value = _value(whole[1], values)
        return value if isinstance(value, str) else list(value)
    return _text(template, values)


def _text(template: str, values: Mapping[str, str | Sequence[str]]) -> str:
    def replacement(match: re.Match[str]) -> str:
        value = _value(match[1], values)
        return value if isinstance(value, str) else ",".join(value)

    return _PLACEHOLDER.sub(replacement, template)


def _value(name: str, values: Mapping[str, str | Sequence[str]]) -> str | Sequence[str]:
    if name not in values:
        raise UnknownParameterError(name)
    return values[name]
