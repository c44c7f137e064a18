"""Roles and their trust policies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudward.api import operation, unique_id
from cloudward_iam.arns import make_arn
from cloudward_iam.boundaries import boundary
from cloudward_iam.deletion import check_deletable
from cloudward_iam.documents import trust_document
from cloudward_iam.errors import EntityAlreadyExists, InvalidInput, UnmodifiableEntity
from cloudward_iam.last_access import forget_uses
from cloudward_iam.limits import Quota, check_quota
from cloudward_iam.lookups import get_own_role, get_role
from cloudward_iam.paging import paged, under
from cloudward_iam.records.principals import Role, RoleLastUsed
from cloudward_iam.state import Ctx
from cloudward_iam.tags import Tags, listed, merged, without
from cloudward_iam.trust import principal_deleted

DEFAULT_SESSION_SECONDS = 3600
RESERVED_PATHS = ("/aws-service-role/", "/aws-reserved/")


@operation("CreateRole")
def create_role(
    ctx: Ctx,
    *,
    role_name: str,
    assume_role_policy_document: str,
    path: str = "/",
    description: str | None = None,
    max_session_duration: int | None = None,
    permissions_boundary: str | None = None,
    tags: Tags = (),
) -> dict[str, Any]:
    """Make a role that the principals of a trust policy can assume."""
    roles = ctx.state.roles
    if path.startswith(RESERVED_PATHS):
        raise InvalidInput.reserved_path(path)
    document, trusted_arns = trust_document(ctx, assume_role_policy_document)
    if role_name in roles:
        raise EntityAlreadyExists.role(role_name)
    check_quota(ctx, Quota.ROLES_PER_ACCOUNT, len(roles) + 1)
    role = Role(
        path=path,
        role_name=role_name,
        role_id=unique_id("AROA"),
        arn=make_arn(ctx.scope, "role", path, role_name),
        create_date=ctx.now.replace(microsecond=0),
        assume_role_policy_document=document,
        description=description,
        max_session_duration=max_session_duration or DEFAULT_SESSION_SECONDS,
        permissions_boundary=boundary(ctx, permissions_boundary),
        tags=merged(ctx, None, tags),
        trusted_arns=trusted_arns,
    )
    roles.add(role)
    return {
        "Role": {
            **embedded(role),
            "Description": description,
            "MaxSessionDuration": max_session_duration,
            "PermissionsBoundary": role.permissions_boundary,
            "Tags": role.tags,
        }
    }


@operation("GetRole")
def get_role_(ctx: Ctx, *, role_name: str) -> dict[str, Role]:
    """Return a role with its trust policy and last use."""
    return {"Role": in_full(ctx, get_role(ctx, role_name))}


def in_full(ctx: Ctx, role: Role) -> Role:
    """Return a role with its last use, as GetRole shows it.

    Args:
        ctx: the call.
        role: the role.
    """
    use = ctx.state.role_uses.get(role.role_id)
    last = RoleLastUsed() if use is None else RoleLastUsed(last_used_date=use.last_used_date, region=use.region)
    return role.replace(role_last_used=last)


def in_listing(role: Role) -> Role:
    """Return a role as listings show it: without tags and boundary.

    Args:
        role: the role.
    """
    if role.tags is None and role.permissions_boundary is None:
        return role
    return role.replace(tags=None, permissions_boundary=None)


def embedded(role: Role) -> dict[str, Any]:
    """Return a role as instance profiles show it: what it is, without its settings.

    Args:
        role: the role.
    """
    return {
        "Path": role.path,
        "RoleName": role.role_name,
        "RoleId": role.role_id,
        "Arn": role.arn,
        "CreateDate": role.create_date,
        "AssumeRolePolicyDocument": role.assume_role_policy_document,
    }


@operation("ListRoles")
def list_roles(
    ctx: Ctx, *, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the account's roles by name; tags, boundary and last use are left out, as AWS does."""
    return paged(
        ctx,
        "Roles",
        under(ctx.state.roles, path_prefix),
        listing="ListRoles",
        marker=marker,
        max_items=max_items,
        bound_to=(path_prefix,),
        show=in_listing,
    )


@operation("UpdateRole")
def update_role(
    ctx: Ctx, *, role_name: str, description: str | None = None, max_session_duration: int | None = None
) -> dict[str, Any]:
    """Change a role's description and longest session; what is not given stays."""
    role = get_role(ctx, role_name)
    if role.service_linked and max_session_duration is not None:
        raise UnmodifiableEntity.protected_role(role.role_name)
    changed = role.replace(
        description=role.description if description is None else description,
        max_session_duration=max_session_duration or role.max_session_duration,
    )
    ctx.state.roles.put(changed)
    return {}


@operation("UpdateRoleDescription")
def update_role_description(ctx: Ctx, *, role_name: str, description: str) -> dict[str, Role]:
    """Change a role's description; the one edit that service-linked roles allow."""
    role = get_role(ctx, role_name)
    return {"Role": in_full(ctx, ctx.state.roles.put(role.replace(description=description)))}


@operation("UpdateAssumeRolePolicy")
def update_assume_role_policy(ctx: Ctx, *, role_name: str, policy_document: str) -> None:
    """Replace a role's trust policy."""
    role = get_own_role(ctx, role_name)
    document, trusted_arns = trust_document(ctx, policy_document)
    ctx.state.roles.put(role.replace(assume_role_policy_document=document, trusted_arns=trusted_arns))


@operation("DeleteRole")
def delete_role(ctx: Ctx, *, role_name: str) -> None:
    """Delete a role without policies that no instance profile holds."""
    role = get_own_role(ctx, role_name)
    check_deletable(ctx.state, "role", role)
    forget_role(ctx, role)


def forget_role(ctx: Ctx, role: Role) -> None:
    """Remove a role and what is known of it.

    Args:
        ctx: the call.
        role: a role that may be deleted.
    """
    ctx.state.roles.remove(role.role_name)
    if role.role_id in ctx.state.role_uses:
        ctx.state.role_uses.remove(role.role_id)
    forget_uses(ctx.state, role.role_id)
    principal_deleted(ctx.state, role.arn, role.role_id)


@operation("PutRolePermissionsBoundary")
def put_role_permissions_boundary(ctx: Ctx, *, role_name: str, permissions_boundary: str) -> None:
    """Bound a role by a managed policy."""
    role = get_own_role(ctx, role_name)
    ctx.state.roles.put(role.replace(permissions_boundary=boundary(ctx, permissions_boundary)))


@operation("DeleteRolePermissionsBoundary")
def delete_role_permissions_boundary(ctx: Ctx, *, role_name: str) -> None:
    """Take a role's boundary away; a role without one is left as it is."""
    role = get_own_role(ctx, role_name)
    ctx.state.roles.put(role.replace(permissions_boundary=None))


@operation("TagRole")
def tag_role(ctx: Ctx, *, role_name: str, tags: Tags) -> None:
    """Set tags of a role."""
    role = get_role(ctx, role_name)
    ctx.state.roles.put(role.replace(tags=merged(ctx, role.tags, tags)))


@operation("UntagRole")
def untag_role(ctx: Ctx, *, role_name: str, tag_keys: Sequence[str]) -> None:
    """Take tags from a role."""
    role = get_role(ctx, role_name)
    ctx.state.roles.put(role.replace(tags=without(role.tags, tag_keys)))


@operation("ListRoleTags")
def list_role_tags(
    ctx: Ctx, *, role_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List a role's tags by key."""
    role = get_role(ctx, role_name)
    return listed(ctx, "ListRoleTags", role.role_id, role.tags, marker, max_items)
