"""Users: CreateUser to ListUserTags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudward.api import operation, unique_id
from cloudward_iam.arns import make_arn
from cloudward_iam.attachments import rename_entity
from cloudward_iam.boundaries import boundary
from cloudward_iam.deletion import check_deletable
from cloudward_iam.errors import EntityAlreadyExists
from cloudward_iam.last_access import forget_uses
from cloudward_iam.limits import Quota, check_quota
from cloudward_iam.lookups import get_user, user_or_caller
from cloudward_iam.paging import paged, under
from cloudward_iam.records.principals import User
from cloudward_iam.state import Ctx
from cloudward_iam.tags import Tags, listed, merged, without
from cloudward_iam.trust import principal_deleted, principal_renamed


@operation("CreateUser")
def create_user(
    ctx: Ctx, *, user_name: str, path: str = "/", permissions_boundary: str | None = None, tags: Tags = ()
) -> dict[str, User]:
    """Make a user."""
    users = ctx.state.users
    if user_name in users:
        raise EntityAlreadyExists.user(user_name)
    check_quota(ctx, Quota.USERS_PER_ACCOUNT, len(users) + 1)
    user = User(
        path=path,
        user_name=user_name,
        user_id=unique_id("AIDA"),
        arn=make_arn(ctx.scope, "user", path, user_name),
        create_date=ctx.now.replace(microsecond=0),
        permissions_boundary=boundary(ctx, permissions_boundary),
        tags=merged(ctx, None, tags),
    )
    users.add(user)
    return {"User": user}


@operation("GetUser")
def get_user_(ctx: Ctx, *, user_name: str | None = None) -> dict[str, Any]:
    """Return a user; without a name the caller, which may be the account's root user."""
    user = user_or_caller(ctx, user_name)
    if user is not None:
        return {"User": user}
    return {
        "User": {
            "UserId": ctx.account,
            "Arn": f"arn:{ctx.partition}:iam::{ctx.account}:root",
            "CreateDate": ctx.runtime.started_at,
        }
    }


@operation("ListUsers")
def list_users(
    ctx: Ctx, *, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the account's users by name; tags and boundary are left out, as AWS does."""
    return paged(
        ctx,
        "Users",
        under(ctx.state.users, path_prefix),
        listing="ListUsers",
        marker=marker,
        max_items=max_items,
        bound_to=(path_prefix,),
        show=in_listing,
    )


def in_listing(user: User) -> User:
    """Return a user as listings show it: without tags and boundary.

    Args:
        user: the user.
    """
    if user.tags is None and user.permissions_boundary is None:
        return user
    return user.replace(tags=None, permissions_boundary=None)


@operation("UpdateUser")
def update_user(ctx: Ctx, *, user_name: str, new_path: str | None = None, new_user_name: str | None = None) -> None:
    """Rename a user or move it to another path; ids, keys, policies and memberships stay with it."""
    users = ctx.state.users
    user = get_user(ctx, user_name)
    name = user.user_name if new_user_name is None else new_user_name
    path = user.path if new_path is None else new_path
    other = users.get(name)
    if other is not None and other.user_id != user.user_id:
        raise EntityAlreadyExists.user(name)
    changed = user.replace(user_name=name, path=path, arn=make_arn(ctx.scope, "user", path, name))
    users.replace(user.user_name, changed)
    principal_renamed(ctx.state, user.arn, changed.arn)
    if name != user.user_name:
        rename_entity(ctx.state, user.user_id, name)
        memberships = ctx.state.memberships
        for membership in list(memberships.select("user_id", user.user_id)):
            memberships.replace((membership.group_id, membership.user_name), membership.replace(user_name=name))


@operation("DeleteUser")
def delete_user(ctx: Ctx, *, user_name: str) -> None:
    """Delete a user that nothing hangs on any more."""
    user = get_user(ctx, user_name)
    check_deletable(ctx.state, "user", user)
    ctx.state.users.remove(user.user_name)
    forget_uses(ctx.state, user.user_id)
    principal_deleted(ctx.state, user.arn, user.user_id)


@operation("PutUserPermissionsBoundary")
def put_user_permissions_boundary(ctx: Ctx, *, user_name: str, permissions_boundary: str) -> None:
    """Bound a user by a managed policy."""
    user = get_user(ctx, user_name)
    ctx.state.users.put(user.replace(permissions_boundary=boundary(ctx, permissions_boundary)))


@operation("DeleteUserPermissionsBoundary")
def delete_user_permissions_boundary(ctx: Ctx, *, user_name: str) -> None:
    """Take a user's boundary away; a user without one is left as it is."""
    user = get_user(ctx, user_name)
    ctx.state.users.put(user.replace(permissions_boundary=None))


@operation("TagUser")
def tag_user(ctx: Ctx, *, user_name: str, tags: Tags) -> None:
    """Set tags of a user."""
    user = get_user(ctx, user_name)
    ctx.state.users.put(user.replace(tags=merged(ctx, user.tags, tags)))


@operation("UntagUser")
def untag_user(ctx: Ctx, *, user_name: str, tag_keys: Sequence[str]) -> None:
    """Take tags from a user."""
    user = get_user(ctx, user_name)
    ctx.state.users.put(user.replace(tags=without(user.tags, tag_keys)))


@operation("ListUserTags")
def list_user_tags(
    ctx: Ctx, *, user_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List a user's tags by key."""
    user = get_user(ctx, user_name)
    return listed(ctx, "ListUserTags", user.user_id, user.tags, marker, max_items)
