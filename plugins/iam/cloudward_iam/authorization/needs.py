"""What a call needs: actions on resources, with everything about them that policies may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from cloudward_policy import ContextValue, PolicyKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cloudward_iam.records.tags import Tag

ContextValues = dict[str, ContextValue | None]
"""Condition keys by lower-case name; None for a key that is known to be absent."""


class ResourcePolicy(NamedTuple):
    """A policy attached to a resource.

    Attributes:
        resource: the resource's ARN.
        text: the policy's JSON text.
    """

    resource: str
    text: str


@dataclass(slots=True)
class Need:
    """One action on one resource that a call needs.

    Attributes:
        action: the IAM action.
        resource: the resource's ARN, `*` for an action without resource-level permissions.
        shown: the resource as AWS's messages name it.
        values: condition keys, by lower-case name, that hold for this action.
        account: the account that owns the resource; None for what no account is known to own.
        kind: what `policies` are used as.
        policies: the resource's own policies.
    """

    action: str
    resource: str = "*"
    shown: str = "*"
    values: ContextValues = field(default_factory=dict)
    account: str | None = None
    kind: PolicyKind = PolicyKind.RESOURCE
    policies: tuple[ResourcePolicy, ...] = ()


def owner_of(arn: str) -> str | None:
    """Return the account that an ARN names, None where it names none.

    Args:
        arn: the ARN.
    """
    parts = arn.split(":", 5)
    return parts[4] if len(parts) > 5 and len(parts[4]) == 12 and parts[4].isdigit() else None


def tag_values(prefixes: Iterable[str], tags: Iterable[Tag] | None) -> ContextValues:
    """Return the condition keys of a resource's tags.

    Args:
        prefixes: the keys' beginnings, `aws:resourcetag/`.
        tags: the tags.
    """
    return {f"{prefix}{tag.key.lower()}": tag.value for tag in tags or () for prefix in prefixes}


def lower_keys(context: Mapping[str, ContextValue | list[str]]) -> ContextValues:
    """Return condition keys as the policy engine takes them: names in lower case, several values as a tuple.

    Args:
        context: the keys as a plugin gives them.
    """
    return {key.lower(): value if isinstance(value, str) else tuple(value) for key, value in context.items()}
