"""The rules of tags: keys differ without regard to case, `aws:` is reserved, 50 a resource.

Source: IAM User Guide, "Tags for AWS Identity and Access Management resources".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cloudward_iam.errors import InvalidInput, LimitExceeded
from cloudward_iam.limits import Quota, limit
from cloudward_iam.paging import paged, pages_of
from cloudward_iam.records.tags import Tag

if TYPE_CHECKING:
    from cloudward_iam.state import Ctx

Tags = Sequence[Mapping[str, str]]
"""The input member `Tags`."""

RESERVED = "aws:"


def merged(ctx: Ctx, present: tuple[Tag, ...] | None, tags: Tags | None) -> tuple[Tag, ...] | None:
    """Return a resource's tags with more set; a key that differs in case only replaces the older one.

    Args:
        ctx: the call.
        present: the tags that the resource has.
        tags: those to set, as the request gave them.

    Returns:
        The tags sorted by key; None when there are none, so that answers leave them out as AWS's do.

    Raises:
        InvalidInput: a key comes twice, or is reserved.
        LimitExceeded: more tags than a resource may have.
    """
    by_key = {tag.key.lower(): tag for tag in present or ()}
    fresh: dict[str, Tag] = {}
    for tag in tags or ():
        folded = tag["Key"].lower()
        if folded in fresh:
            raise InvalidInput.duplicate_tags()
        if folded.startswith(RESERVED):
            raise InvalidInput.reserved_tag(tag["Key"])
        fresh[folded] = Tag(key=tag["Key"], value=tag["Value"])
    by_key |= fresh
    if len(by_key) > limit(ctx, Quota.TAGS_PER_RESOURCE):
        raise LimitExceeded.tags()
    return tuple(by_key[key] for key in sorted(by_key)) or None


def without(present: tuple[Tag, ...] | None, keys: Sequence[str]) -> tuple[Tag, ...] | None:
    """Return a resource's tags without some; keys that it does not have are passed over.

    Args:
        present: the tags that the resource has.
        keys: the keys to take away, in any case.
    """
    gone = {key.lower() for key in keys}
    return tuple(tag for tag in present or () if tag.key.lower() not in gone) or None


def listed(
    ctx: Ctx, listing: str, owner: str, present: tuple[Tag, ...] | None, marker: str | None, max_items: int | None
) -> dict[str, Any]:
    """Answer one page of a resource's tags, sorted by key.

    Args:
        ctx: the call.
        listing: the operation's name.
        owner: the resource's unique id; markers belong to it.
        present: the tags.
        marker: the request's marker.
        max_items: the most to answer.
    """
    fetch = pages_of(present or (), lambda tag: tag.key.lower())
    return paged(ctx, "Tags", fetch, listing=listing, marker=marker, max_items=max_items, bound_to=(owner,))
