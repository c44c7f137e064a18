"""Instance profiles and the role that each may hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudward.api import operation, unique_id
from cloudward_iam.arns import make_arn
from cloudward_iam.deletion import check_deletable
from cloudward_iam.errors import EntityAlreadyExists, NoSuchEntity
from cloudward_iam.limits import Quota, check_quota
from cloudward_iam.lookups import get_instance_profile, get_own_role, get_role
from cloudward_iam.operations.roles import embedded
from cloudward_iam.paging import paged, under
from cloudward_iam.records.principals import InstanceProfile
from cloudward_iam.state import Ctx
from cloudward_iam.tags import Tags, listed, merged, without


@operation("CreateInstanceProfile")
def create_instance_profile(
    ctx: Ctx, *, instance_profile_name: str, path: str = "/", tags: Tags = ()
) -> dict[str, Any]:
    """Make an empty instance profile."""
    profiles = ctx.state.instance_profiles
    if instance_profile_name in profiles:
        raise EntityAlreadyExists.instance_profile(instance_profile_name)
    check_quota(ctx, Quota.INSTANCE_PROFILES_PER_ACCOUNT, len(profiles) + 1)
    profile = InstanceProfile(
        path=path,
        instance_profile_name=instance_profile_name,
        instance_profile_id=unique_id("AIPA"),
        arn=make_arn(ctx.scope, "instance-profile", path, instance_profile_name),
        create_date=ctx.now.replace(microsecond=0),
        tags=merged(ctx, None, tags),
    )
    return {"InstanceProfile": shown(ctx, profiles.add(profile))}


def shown(ctx: Ctx, profile: InstanceProfile, *, with_tags: bool = True) -> dict[str, Any]:
    """Return an instance profile as answers show it, with its role.

    Args:
        ctx: the call.
        profile: the profile.
        with_tags: whether the tags are shown; listings leave them out.
    """
    role = None if profile.role_id is None else ctx.state.roles.find("role_id", profile.role_id)
    return {
        "Path": profile.path,
        "InstanceProfileName": profile.instance_profile_name,
        "InstanceProfileId": profile.instance_profile_id,
        "Arn": profile.arn,
        "CreateDate": profile.create_date,
        "Roles": [] if role is None else [embedded(role)],
        "Tags": (profile.tags or ()) if with_tags else None,
    }


@operation("GetInstanceProfile")
def get_instance_profile_(ctx: Ctx, *, instance_profile_name: str) -> dict[str, Any]:
    """Return an instance profile with its role."""
    return {"InstanceProfile": shown(ctx, get_instance_profile(ctx, instance_profile_name))}


@operation("ListInstanceProfiles")
def list_instance_profiles(
    ctx: Ctx, *, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the account's instance profiles by name, without tags."""
    return paged(
        ctx,
        "InstanceProfiles",
        under(ctx.state.instance_profiles, path_prefix),
        listing="ListInstanceProfiles",
        marker=marker,
        max_items=max_items,
        bound_to=(path_prefix,),
        show=lambda profile: shown(ctx, profile, with_tags=False),
    )


@operation("ListInstanceProfilesForRole")
def list_instance_profiles_for_role(
    ctx: Ctx, *, role_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the instance profiles that hold a role, by name, without tags."""
    role = get_role(ctx, role_name)
    profiles = ctx.state.instance_profiles
    return paged(
        ctx,
        "InstanceProfiles",
        lambda after, count: profiles.select_page("role_id", role.role_id, after=after, limit=count),
        listing="ListInstanceProfilesForRole",
        marker=marker,
        max_items=max_items,
        bound_to=(role.role_id,),
        show=lambda profile: shown(ctx, profile, with_tags=False),
    )


@operation("AddRoleToInstanceProfile")
def add_role_to_instance_profile(ctx: Ctx, *, instance_profile_name: str, role_name: str) -> None:
    """Put a role into an instance profile, which holds one."""
    profile = get_instance_profile(ctx, instance_profile_name)
    role = get_own_role(ctx, role_name)
    check_quota(ctx, Quota.ROLES_PER_INSTANCE_PROFILE, 1 if profile.role_id is None else 2)
    ctx.state.instance_profiles.put(profile.replace(role_id=role.role_id))


@operation("RemoveRoleFromInstanceProfile")
def remove_role_from_instance_profile(ctx: Ctx, *, instance_profile_name: str, role_name: str) -> None:
    """Take the role out of an instance profile."""
    profile = get_instance_profile(ctx, instance_profile_name)
    role = get_own_role(ctx, role_name)
    if profile.role_id != role.role_id:
        raise NoSuchEntity.not_in_profile(role_name, instance_profile_name)
    ctx.state.instance_profiles.put(profile.replace(role_id=None))


@operation("DeleteInstanceProfile")
def delete_instance_profile(ctx: Ctx, *, instance_profile_name: str) -> None:
    """Delete an empty instance profile."""
    profile = get_instance_profile(ctx, instance_profile_name)
    check_deletable(ctx.state, "instance-profile", profile)
    ctx.state.instance_profiles.remove(profile.instance_profile_name)


@operation("TagInstanceProfile")
def tag_instance_profile(ctx: Ctx, *, instance_profile_name: str, tags: Tags) -> None:
    """Set tags of an instance profile."""
    profile = get_instance_profile(ctx, instance_profile_name)
    ctx.state.instance_profiles.put(profile.replace(tags=merged(ctx, profile.tags, tags)))


@operation("UntagInstanceProfile")
def untag_instance_profile(ctx: Ctx, *, instance_profile_name: str, tag_keys: Sequence[str]) -> None:
    """Take tags from an instance profile."""
    profile = get_instance_profile(ctx, instance_profile_name)
    ctx.state.instance_profiles.put(profile.replace(tags=without(profile.tags, tag_keys)))


@operation("ListInstanceProfileTags")
def list_instance_profile_tags(
    ctx: Ctx, *, instance_profile_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List an instance profile's tags by key."""
    profile = get_instance_profile(ctx, instance_profile_name)
    return listed(ctx, "ListInstanceProfileTags", profile.instance_profile_id, profile.tags, marker, max_items)
