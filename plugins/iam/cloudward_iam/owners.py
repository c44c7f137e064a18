"""Whose a credential is: a user's, or the account's root user's."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cloudward_iam.errors import Invalid
from cloudward_iam.lookups import get_user, user_or_caller

if TYPE_CHECKING:
    from cloudward_iam.state import Ctx


ROOT_NAME = "root"


class Owner(NamedTuple):
    """The owner of a credential.

    Attributes:
        user_id: the user's unique id; the account's number for the root user.
        user_name: the user's name; None for the root user.
    """

    user_id: str
    user_name: str | None

    @property
    def shown_name(self) -> str:
        """The name for answers that must have one: `root` for the root user, who has none."""
        return self.user_name or ROOT_NAME


def owner(ctx: Ctx, user_name: str | None) -> Owner:
    """Return the user that a request names, or the caller where it names none.

    Args:
        ctx: the call.
        user_name: the name; None for the caller, who may be the root user.

    Raises:
        NoSuchEntity: there is no such user.
        Invalid: no name was given, and the caller is no user.
    """
    user = user_or_caller(ctx, user_name)
    return Owner(ctx.account, None) if user is None else Owner(user.user_id, user.user_name)


def owner_by_root_session(ctx: Ctx, user_name: str | None) -> Owner:
    """Return the user that a request names, or the caller; the root user only in a session that AssumeRoot made.

    Args:
        ctx: the call.
        user_name: the name; None for the caller.

    Raises:
        NoSuchEntity: there is no such user.
        Invalid: no name was given, and the caller is neither a user nor root by AssumeRoot.
    """
    if user_name is None and ctx.caller.kind == "root" and not in_root_session(ctx):
        raise Invalid.user_name_needed()
    return owner(ctx, user_name)


def in_root_session(ctx: Ctx) -> bool:
    """Return whether the call comes from a session that AssumeRoot made.

    Args:
        ctx: the call.
    """
    session = ctx.caller.session
    return ctx.caller.kind == "root" and session is not None and session.issuer == "AssumeRoot"


def named_owner(ctx: Ctx, user_name: str) -> Owner:
    """Return the user that a request must name.

    Args:
        ctx: the call.
        user_name: the name.

    Raises:
        NoSuchEntity: there is no such user.
    """
    user = get_user(ctx, user_name)
    return Owner(user.user_id, user.user_name)
