"""Managed policies attached to users, groups and roles."""

from __future__ import annotations

from typing import Any

from cloudward.api import operation
from cloudward_iam.attachments import attach, detach, list_attached
from cloudward_iam.lookups import get_group, get_own_role, get_role, get_user
from cloudward_iam.managed_policies import find_policy
from cloudward_iam.paging import paged
from cloudward_iam.policy_uses import MEMBERS, PolicyUse, uses_of
from cloudward_iam.state import Ctx


@operation("AttachUserPolicy")
def attach_user_policy(ctx: Ctx, *, user_name: str, policy_arn: str) -> None:
    """Attach a managed policy to a user."""
    attach(ctx, get_user(ctx, user_name), policy_arn)


@operation("DetachUserPolicy")
def detach_user_policy(ctx: Ctx, *, user_name: str, policy_arn: str) -> None:
    """Detach a managed policy from a user."""
    detach(ctx, get_user(ctx, user_name), policy_arn)


@operation("ListAttachedUserPolicies")
def list_attached_user_policies(
    ctx: Ctx, *, user_name: str, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the managed policies attached to a user, by name."""
    user = get_user(ctx, user_name)
    return list_attached(ctx, "ListAttachedUserPolicies", user, path_prefix, marker, max_items)


@operation("AttachGroupPolicy")
def attach_group_policy(ctx: Ctx, *, group_name: str, policy_arn: str) -> None:
    """Attach a managed policy to a group."""
    attach(ctx, get_group(ctx, group_name), policy_arn)


@operation("DetachGroupPolicy")
def detach_group_policy(ctx: Ctx, *, group_name: str, policy_arn: str) -> None:
    """Detach a managed policy from a group."""
    detach(ctx, get_group(ctx, group_name), policy_arn)


@operation("ListAttachedGroupPolicies")
def list_attached_group_policies(
    ctx: Ctx, *, group_name: str, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the managed policies attached to a group, by name."""
    group = get_group(ctx, group_name)
    return list_attached(ctx, "ListAttachedGroupPolicies", group, path_prefix, marker, max_items)


@operation("AttachRolePolicy")
def attach_role_policy(ctx: Ctx, *, role_name: str, policy_arn: str) -> None:
    """Attach a managed policy to a role."""
    attach(ctx, get_own_role(ctx, role_name), policy_arn)


@operation("DetachRolePolicy")
def detach_role_policy(ctx: Ctx, *, role_name: str, policy_arn: str) -> None:
    """Detach a managed policy from a role."""
    detach(ctx, get_own_role(ctx, role_name), policy_arn)


@operation("ListAttachedRolePolicies")
def list_attached_role_policies(
    ctx: Ctx, *, role_name: str, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the managed policies attached to a role, by name."""
    role = get_role(ctx, role_name)
    return list_attached(ctx, "ListAttachedRolePolicies", role, path_prefix, marker, max_items)


@operation("ListEntitiesForPolicy")
def list_entities_for_policy(
    ctx: Ctx,
    *,
    policy_arn: str,
    entity_filter: str | None = None,
    path_prefix: str = "/",
    policy_usage_filter: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """List the groups, roles and users that a managed policy is attached to or bounds."""
    policy = find_policy(ctx, policy_arn)
    answer = paged(
        ctx,
        "Uses",
        uses_of(ctx.state, policy, entity_filter, path_prefix, policy_usage_filter),
        listing="ListEntitiesForPolicy",
        marker=marker,
        max_items=max_items,
        bound_to=(policy.policy_id, entity_filter, path_prefix, policy_usage_filter),
    )
    uses: list[PolicyUse] = answer.pop("Uses")
    for kind, (member, name_member, id_member) in MEMBERS.items():
        answer[member] = [{name_member: use.name, id_member: use.entity_id} for use in uses if use.kind == kind]
    return answer
