"""Groups and who is in them."""

from __future__ import annotations

from typing import Any

from cloudward.api import operation, unique_id
from cloudward_iam.arns import make_arn
from cloudward_iam.attachments import rename_entity
from cloudward_iam.deletion import check_deletable
from cloudward_iam.errors import EntityAlreadyExists, NoSuchEntity
from cloudward_iam.limits import Quota, check_quota
from cloudward_iam.lookups import get_group, get_user
from cloudward_iam.operations.users import in_listing
from cloudward_iam.paging import paged, pages_of, under
from cloudward_iam.records.principals import Group, Membership, User
from cloudward_iam.state import Ctx


@operation("CreateGroup")
def create_group(ctx: Ctx, *, group_name: str, path: str = "/") -> dict[str, Group]:
    """Make a group."""
    groups = ctx.state.groups
    if group_name in groups:
        raise EntityAlreadyExists.group(group_name)
    check_quota(ctx, Quota.GROUPS_PER_ACCOUNT, len(groups) + 1)
    group = Group(
        path=path,
        group_name=group_name,
        group_id=unique_id("AGPA"),
        arn=make_arn(ctx.scope, "group", path, group_name),
        create_date=ctx.now.replace(microsecond=0),
    )
    return {"Group": groups.add(group)}


@operation("GetGroup")
def get_group_(ctx: Ctx, *, group_name: str, marker: str | None = None, max_items: int | None = None) -> dict[str, Any]:
    """Return a group with a page of its users, by name."""
    group = get_group(ctx, group_name)
    memberships = ctx.state.memberships

    def user_of(membership: Membership) -> User:
        return in_listing(ctx.state.users[membership.user_name])

    answer = paged(
        ctx,
        "Users",
        lambda after, count: memberships.page(after=after, limit=count, prefix=(group.group_id,)),
        listing="GetGroup",
        marker=marker,
        max_items=max_items,
        bound_to=(group.group_id,),
        show=user_of,
    )
    return {"Group": group, **answer}


@operation("ListGroups")
def list_groups(
    ctx: Ctx, *, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the account's groups by name."""
    return paged(
        ctx,
        "Groups",
        under(ctx.state.groups, path_prefix),
        listing="ListGroups",
        marker=marker,
        max_items=max_items,
        bound_to=(path_prefix,),
    )


@operation("UpdateGroup")
def update_group(ctx: Ctx, *, group_name: str, new_path: str | None = None, new_group_name: str | None = None) -> None:
    """Rename a group or move it to another path; its users and policies stay with it."""
    groups = ctx.state.groups
    group = get_group(ctx, group_name)
    name = group.group_name if new_group_name is None else new_group_name
    path = group.path if new_path is None else new_path
    other = groups.get(name)
    if other is not None and other.group_id != group.group_id:
        raise EntityAlreadyExists.group(name)
    changed = group.replace(group_name=name, path=path, arn=make_arn(ctx.scope, "group", path, name))
    groups.replace(group.group_name, changed)
    if name != group.group_name:
        rename_entity(ctx.state, group.group_id, name)


@operation("DeleteGroup")
def delete_group(ctx: Ctx, *, group_name: str) -> None:
    """Delete a group without users and policies."""
    group = get_group(ctx, group_name)
    check_deletable(ctx.state, "group", group)
    ctx.state.groups.remove(group.group_name)


@operation("AddUserToGroup")
def add_user_to_group(ctx: Ctx, *, group_name: str, user_name: str) -> None:
    """Put a user into a group; doing so twice is no error."""
    group = get_group(ctx, group_name)
    user = get_user(ctx, user_name)
    memberships = ctx.state.memberships
    if (group.group_id, user.user_name) in memberships:
        return
    check_quota(ctx, Quota.GROUPS_PER_USER, memberships.count("user_id", user.user_id) + 1)
    memberships.add(Membership(group_id=group.group_id, user_name=user.user_name, user_id=user.user_id))


@operation("RemoveUserFromGroup")
def remove_user_from_group(ctx: Ctx, *, group_name: str, user_name: str) -> None:
    """Take a user out of a group."""
    group = get_group(ctx, group_name)
    user = get_user(ctx, user_name)
    key = (group.group_id, user.user_name)
    if key not in ctx.state.memberships:
        raise NoSuchEntity.not_in_group(user_name, group_name)
    ctx.state.memberships.remove(key)


@operation("ListGroupsForUser")
def list_groups_for_user(
    ctx: Ctx, *, user_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the groups that a user is in, by name."""
    user = get_user(ctx, user_name)
    found = []
    for membership in ctx.state.memberships.select("user_id", user.user_id):
        group = ctx.state.groups.find("group_id", membership.group_id)
        assert group is not None, "a group with users cannot be deleted"
        found.append(group)
    return paged(
        ctx,
        "Groups",
        pages_of(found, lambda group: group.group_name.lower()),
        listing="ListGroupsForUser",
        marker=marker,
        max_items=max_items,
        bound_to=(user.user_id,),
    )
