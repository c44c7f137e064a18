"""Policies inside users, groups and roles."""

from __future__ import annotations

from typing import Any

from cloudward.api import operation
from cloudward_iam.inline_policies import delete_inline, get_inline, list_inline, put_inline
from cloudward_iam.lookups import get_group, get_own_role, get_role, get_user
from cloudward_iam.state import Ctx


@operation("PutUserPolicy")
def put_user_policy(ctx: Ctx, *, user_name: str, policy_name: str, policy_document: str) -> None:
    """Put a policy into a user, in place of the one of that name."""
    put_inline(ctx, get_user(ctx, user_name), policy_name, policy_document)


@operation("GetUserPolicy")
def get_user_policy(ctx: Ctx, *, user_name: str, policy_name: str) -> dict[str, Any]:
    """Return a policy of a user."""
    user = get_user(ctx, user_name)
    return {"UserName": user.user_name, **get_inline(ctx, user, policy_name)}


@operation("ListUserPolicies")
def list_user_policies(
    ctx: Ctx, *, user_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the names of a user's inline policies."""
    return list_inline(ctx, "ListUserPolicies", get_user(ctx, user_name), marker, max_items)


@operation("DeleteUserPolicy")
def delete_user_policy(ctx: Ctx, *, user_name: str, policy_name: str) -> None:
    """Take a policy out of a user."""
    delete_inline(ctx, get_user(ctx, user_name), policy_name)


@operation("PutGroupPolicy")
def put_group_policy(ctx: Ctx, *, group_name: str, policy_name: str, policy_document: str) -> None:
    """Put a policy into a group, in place of the one of that name."""
    put_inline(ctx, get_group(ctx, group_name), policy_name, policy_document)


@operation("GetGroupPolicy")
def get_group_policy(ctx: Ctx, *, group_name: str, policy_name: str) -> dict[str, Any]:
    """Return a policy of a group."""
    group = get_group(ctx, group_name)
    return {"GroupName": group.group_name, **get_inline(ctx, group, policy_name)}


@operation("ListGroupPolicies")
def list_group_policies(
    ctx: Ctx, *, group_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the names of a group's inline policies."""
    return list_inline(ctx, "ListGroupPolicies", get_group(ctx, group_name), marker, max_items)


@operation("DeleteGroupPolicy")
def delete_group_policy(ctx: Ctx, *, group_name: str, policy_name: str) -> None:
    """Take a policy out of a group."""
    delete_inline(ctx, get_group(ctx, group_name), policy_name)


@operation("PutRolePolicy")
def put_role_policy(ctx: Ctx, *, role_name: str, policy_name: str, policy_document: str) -> None:
    """Put a policy into a role, in place of the one of that name."""
    put_inline(ctx, get_own_role(ctx, role_name), policy_name, policy_document)


@operation("GetRolePolicy")
def get_role_policy(ctx: Ctx, *, role_name: str, policy_name: str) -> dict[str, Any]:
    """Return a policy of a role."""
    role = get_role(ctx, role_name)
    return {"RoleName": role.role_name, **get_inline(ctx, role, policy_name)}


@operation("ListRolePolicies")
def list_role_policies(
    ctx: Ctx, *, role_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the names of a role's inline policies."""
    return list_inline(ctx, "ListRolePolicies", get_role(ctx, role_name), marker, max_items)


@operation("DeleteRolePolicy")
def delete_role_policy(ctx: Ctx, *, role_name: str, policy_name: str) -> None:
    """Take a policy out of a role."""
    delete_inline(ctx, get_own_role(ctx, role_name), policy_name)
