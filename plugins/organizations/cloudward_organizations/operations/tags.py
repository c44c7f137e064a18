"""Tags of roots, organizational units, accounts and policies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudward.api import operation
from cloudward_organizations.errors import InvalidInput, PolicyNotFound, TargetNotFound
from cloudward_organizations.lookups import check_target, managed_organization, policy, readable_organization
from cloudward_organizations.paging import paged, pages_of
from cloudward_organizations.records import Organization
from cloudward_organizations.state import Ctx
from cloudward_organizations.tagging import Tags, add_tags, read_tags, remove_tags, tags_of


@operation("TagResource")
def tag_resource(ctx: Ctx, *, resource_id: str, tags: Tags) -> None:
    """Set tags of a resource."""
    _check_resource(ctx, managed_organization(ctx), resource_id)
    add_tags(ctx, resource_id, read_tags(tags))


@operation("UntagResource")
def untag_resource(ctx: Ctx, *, resource_id: str, tag_keys: Sequence[str]) -> None:
    """Take tags from a resource."""
    _check_resource(ctx, managed_organization(ctx), resource_id)
    remove_tags(ctx, resource_id, tag_keys)


@operation("ListTagsForResource")
def list_tags_for_resource(ctx: Ctx, *, resource_id: str, next_token: str | None = None) -> dict[str, Any]:
    """List a resource's tags by key."""
    _check_resource(ctx, readable_organization(ctx), resource_id)
    return paged(
        ctx,
        "Tags",
        pages_of(tags_of(ctx, resource_id), lambda tag: tag.key),
        listing="ListTagsForResource",
        next_token=next_token,
        max_results=None,
        bound_to=(resource_id,),
        show=lambda tag: tag,
    )


def _check_resource(ctx: Ctx, organization: Organization, resource_id: str) -> None:
    if not resource_id.startswith("p-"):
        if not resource_id.isdecimal() and not resource_id.startswith(("r-", "ou-")):
            raise TargetNotFound.target()
        check_target(ctx, organization, resource_id)
        return
    try:
        found = policy(ctx.state, organization, resource_id)
    except PolicyNotFound:
        raise TargetNotFound.target() from None
    if found.aws_managed:
        raise InvalidInput.because("TARGET_NOT_SUPPORTED")
