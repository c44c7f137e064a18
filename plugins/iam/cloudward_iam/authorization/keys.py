"""Condition keys of IAM and STS that a call's input or the resource's record answers.

Source: Service Authorization Reference, "Condition keys for AWS Identity and Access Management (IAM)" and "… for AWS
Security Token Service".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cloudward_iam.authorization.needs import ContextValues
from cloudward_policy import ContextValue

if TYPE_CHECKING:
    from cloudward_iam.authorization.targets import IamCall, Target


def input_value(key: str, value: Any) -> ContextValue | None:
    """Return a key's value from the input member that it comes from.

    Args:
        key: the key in lower case.
        value: the member's value; None when the request has none.
    """
    if value is None:
        return None
    read = _READERS.get(key)
    if read is not None:
        found: ContextValue | None = read(value)
        return found
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return tuple(map(str, value))
    return str(value)


_READERS: Mapping[str, Callable[[Any], ContextValue | None]] = {
    "iam:accountpropertynamespaces": lambda value: tuple(dict.fromkeys(name.partition("/")[0] for name in value)),
    "iam:templatearn": lambda value: value.get("PolicyTemplateArn"),
    "sts:taskpolicyarn": lambda value: value.get("arn"),
}


def _boundary(call: IamCall, target: Target | None) -> ContextValue | None:
    return getattr(target.record, "boundary_arn", None) if target is not None else None


def _template(call: IamCall, target: Target | None) -> ContextValue | None:
    source = getattr(target.record, "source_role_template", None) if target is not None else None
    found: str | None = call.parameters.get("template_arn") if source is None else source.template_arn
    return found


def _delegation_owner(call: IamCall, target: Target | None) -> ContextValue | None:
    record = None if target is None else target.record
    if record is not None:
        found: str | None = record.owner_id
        return found
    account = call.parameters.get("owner_account_id")
    return None if account is None else f"arn:{call.scope.partition}:iam::{account}:root"


def _credential_service(call: IamCall, target: Target | None) -> ContextValue | None:
    given = call.parameters.get("service_specific_credential_id")
    found = None if given is None else call.state.service_specific_credentials.get(given)
    return None if found is None else found.service_name


def _linked_service(call: IamCall, target: Target | None) -> ContextValue | None:
    parts = target.arn.split("/") if target is not None else []
    return parts[2] if len(parts) > 3 and parts[1] == "aws-service-role" else None


def _template_policies(call: IamCall, target: Target | None) -> ContextValue | None:
    templates = call.app.runtimes["iam"].templates  # type: ignore[attr-defined]
    template = templates.role_templates.get(call.parameters.get("template_arn", ""))
    version = None if template is None else template.version(call.parameters.get("template_minor_version"))
    return None if version is None else tuple(version.managed_policy_arns) or None


STATE_KEYS: Mapping[str, Callable[[IamCall, Target | None], ContextValue | None]] = {
    "iam:awsservicename": _linked_service,
    "iam:delegationrequestowner": _delegation_owner,
    "iam:permissionsboundary": _boundary,
    "iam:policyarn": _template_policies,
    "iam:roletemplatearn": _template,
    "iam:servicespecificcredentialservicename": _credential_service,
}
"""The keys that the tables leave to the state."""


def request_tags(parameters: Mapping[str, Any], tags: str = "tags", tag_keys: str = "tag_keys") -> ContextValues:
    """Return the condition keys about the tags that a request sets or removes.

    Args:
        parameters: the request's input.
        tags: the parameter with tags: a list of keys with values, or a map.
        tag_keys: the parameter with the keys of tags.
    """
    given = parameters.get(tags)
    if given:
        pairs = _pairs(given)
        values: ContextValues = {f"aws:requesttag/{key.lower()}": value for key, value in pairs}
        values["aws:tagkeys"] = tuple(key for key, _ in pairs)
        return values
    keys = parameters.get(tag_keys)
    return {"aws:tagkeys": tuple(map(str, keys))} if isinstance(keys, list | tuple) and keys else {}


_KEY_NAMES = ("Key", "key", "TagKey", "tagKey")
_VALUE_NAMES = ("Value", "value", "TagValue", "tagValue")


def _pairs(tags: Any) -> list[tuple[str, str]]:
    if isinstance(tags, Mapping):
        return [(str(key), str(value)) for key, value in tags.items()]
    found = []
    for tag in tags if isinstance(tags, list | tuple) else ():
        if isinstance(tag, Mapping):
            key = next((tag[name] for name in _KEY_NAMES if name in tag), None)
            value = next((tag[name] for name in _VALUE_NAMES if name in tag), "")
            if key is not None:
                found.append((str(key), str(value)))
    return found
