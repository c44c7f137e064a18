"""The rules of tags: keys are told apart by case, `aws:` is reserved, 50 a resource.

Source: AWS Organizations User Guide, "Tagging AWS Organizations resources".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from cloudward_organizations.errors import InvalidInput
from cloudward_organizations.limits import Quota, check_quota
from cloudward_organizations.records import Tag, Tagged

if TYPE_CHECKING:
    from cloudward_organizations.state import Ctx

Tags = Sequence[Mapping[str, str]]
"""The input member `Tags`."""


def read_tags(tags: Tags) -> tuple[Tag, ...]:
    """Return the tags of a request.

    Args:
        tags: the input member.

    Raises:
        InvalidInput: a key comes twice, or is reserved.
    """
    found = tuple(Tag(key=tag["Key"], value=tag["Value"]) for tag in tags)
    if len({tag.key for tag in found}) != len(found):
        raise InvalidInput.because("DUPLICATE_TAG_KEY")
    if any(tag.key.lower().startswith("aws:") for tag in found):
        raise InvalidInput.because("INVALID_SYSTEM_TAGS_PARAMETER")
    return found


def add_tags(ctx: Ctx, resource_id: str, tags: Iterable[Tag]) -> None:
    """Tag a resource; a key that it has gets the new value.

    Args:
        ctx: the call.
        resource_id: the resource's id.
        tags: the tags.

    Raises:
        ConstraintViolation: more tags than a resource may have.
    """
    by_key = {tag.key: tag for tag in (*tags_of(ctx, resource_id), *tags)}
    check_quota(ctx, Quota.TAGS_PER_RESOURCE, len(by_key))
    _put(ctx, resource_id, by_key)


def remove_tags(ctx: Ctx, resource_id: str, keys: Iterable[str]) -> None:
    """Take tags from a resource; keys that it does not have are passed over.

    Args:
        ctx: the call.
        resource_id: the resource's id.
        keys: the keys.
    """
    gone = set(keys)
    _put(ctx, resource_id, {tag.key: tag for tag in tags_of(ctx, resource_id) if tag.key not in gone})


def tags_of(ctx: Ctx, resource_id: str) -> tuple[Tag, ...]:
    """Return the tags of a resource by key.

    Args:
        ctx: the call.
        resource_id: the resource's id.
    """
    found = ctx.state.tags.get(resource_id)
    return () if found is None else found.tags


def forget_tags(ctx: Ctx, resource_id: str) -> None:
    """Remove the tags of a resource that goes away.

    Args:
        ctx: the call.
        resource_id: the resource's id.
    """
    if resource_id in ctx.state.tags:
        ctx.state.tags.remove(resource_id)


def _put(ctx: Ctx, resource_id: str, tags: Mapping[str, Tag]) -> None:
    if tags:
        ctx.state.tags.put(Tagged(resource_id=resource_id, tags=tuple(tags[key] for key in sorted(tags))))
    else:
        forget_tags(ctx, resource_id)
