"""Finding the entities that requests name, with AWS's error for those that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudward_iam.errors import Invalid, NoSuchEntity, UnmodifiableEntity

if TYPE_CHECKING:
    from cloudward_iam.records.principals import Group, InstanceProfile, Role, User
    from cloudward_iam.state import Ctx


def get_user(ctx: Ctx, user_name: str) -> User:
    """Return a user by name.

    Args:
        ctx: the call.
        user_name: the name, in any case.

    Raises:
        NoSuchEntity: there is none.
    """
    user = ctx.state.users.get(user_name)
    if user is None:
        raise NoSuchEntity.user(user_name)
    return user


def user_or_caller(ctx: Ctx, user_name: str | None) -> User | None:
    """Return the user that a request names, or the caller where it names none.

    Args:
        ctx: the call.
        user_name: the name; None for the caller.

    Returns:
        The user, or None when the caller is the account's root user.

    Raises:
        NoSuchEntity: there is no such user.
        Invalid: no name was given, and the caller is no user.
    """
    if user_name is not None:
        return get_user(ctx, user_name)
    caller = ctx.caller
    if caller.kind == "root":
        return None
    if caller.kind != "user":
        raise Invalid.user_name_needed()
    user = ctx.state.users.find("user_id", caller.user_id)
    if user is None:
        raise NoSuchEntity.user_id(caller.user_id)
    return user


def get_group(ctx: Ctx, group_name: str) -> Group:
    """Return a group by name.

    Args:
        ctx: the call.
        group_name: the name, in any case.

    Raises:
        NoSuchEntity: there is none.
    """
    group = ctx.state.groups.get(group_name)
    if group is None:
        raise NoSuchEntity.group(group_name)
    return group


def get_role(ctx: Ctx, role_name: str) -> Role:
    """Return a role by name.

    Args:
        ctx: the call.
        role_name: the name, in any case.

    Raises:
        NoSuchEntity: there is none.
    """
    role = ctx.state.roles.get(role_name)
    if role is None:
        raise NoSuchEntity.role(role_name)
    return role


def get_own_role(ctx: Ctx, role_name: str) -> Role:
    """Return a role that the account may change.

    Args:
        ctx: the call.
        role_name: the name, in any case.

    Raises:
        NoSuchEntity: there is none.
        UnmodifiableEntity: it belongs to an AWS service.
    """
    role = get_role(ctx, role_name)
    if role.service_linked:
        raise UnmodifiableEntity.protected_role(role.role_name)
    return role


def get_instance_profile(ctx: Ctx, name: str) -> InstanceProfile:
    """Return an instance profile by name.

    Args:
        ctx: the call.
        name: the name, in any case.

    Raises:
        NoSuchEntity: there is none.
    """
    profile = ctx.state.instance_profiles.get(name)
    if profile is None:
        raise NoSuchEntity.instance_profile(name)
    return profile
