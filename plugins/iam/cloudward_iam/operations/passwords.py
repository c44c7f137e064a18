"""Console passwords and the account's password policy."""

from __future__ import annotations

from typing import Any

from cloudward.api import operation
from cloudward_iam.crypto import password_hash
from cloudward_iam.crypto.password_rules import (
    DEFAULT_RULES,
    LOWERCASE,
    NUMBER,
    SYMBOL,
    UPPERCASE,
    PasswordRules,
    violation,
)
from cloudward_iam.errors import (
    EntityAlreadyExists,
    Invalid,
    InvalidUserType,
    NoSuchEntity,
    NotAuthorized,
    PasswordPolicyViolation,
)
from cloudward_iam.owners import Owner, in_root_session, named_owner, owner, owner_by_root_session
from cloudward_iam.records.credentials import LoginProfile, PasswordPolicy
from cloudward_iam.state import Ctx

REMEMBERED_PASSWORDS = 24
"""The most former passwords that a policy can forbid."""


@operation("CreateLoginProfile")
def create_login_profile(
    ctx: Ctx, *, user_name: str | None = None, password: str | None = None, password_reset_required: bool = False
) -> dict[str, Any]:
    """Give a user a console password; in an AssumeRoot session, let the account's root user recover theirs."""
    recovery = user_name is None and in_root_session(ctx)
    found = owner_by_root_session(ctx, user_name)
    if recovery and password is not None:
        raise Invalid.password_in_root_session()
    if not recovery and password is None:
        raise Invalid.password_needed()
    if found.user_id in ctx.state.login_profiles:
        raise EntityAlreadyExists.login_profile(found.shown_name)
    profile = LoginProfile(
        user_id=found.user_id,
        create_date=ctx.now.replace(microsecond=0),
        changed_at=ctx.now,
        password_reset_required=password_reset_required,
    )
    if password is not None:
        profile = _with_password(ctx, profile, password)
    ctx.state.login_profiles.add(profile)
    return {"LoginProfile": _shown(profile, found)}


@operation("GetLoginProfile")
def get_login_profile(ctx: Ctx, *, user_name: str | None = None) -> dict[str, Any]:
    """Tell whether a user has a console password."""
    found = owner_by_root_session(ctx, user_name)
    return {"LoginProfile": _shown(_profile(ctx, found), found)}


@operation("UpdateLoginProfile")
def update_login_profile(
    ctx: Ctx, *, user_name: str, password: str | None = None, password_reset_required: bool | None = None
) -> None:
    """Set a user's console password, or whether they must change it."""
    profile = _profile(ctx, named_owner(ctx, user_name))
    if password is not None:
        profile = _with_password(ctx, profile, password)
    if password_reset_required is not None:
        profile = profile.replace(password_reset_required=password_reset_required)
    ctx.state.login_profiles.put(profile)


@operation("DeleteLoginProfile")
def delete_login_profile(ctx: Ctx, *, user_name: str | None = None) -> None:
    """Take a user's console password away."""
    ctx.state.login_profiles.remove(_profile(ctx, owner_by_root_session(ctx, user_name)).user_id)


@operation("ChangePassword")
def change_password(ctx: Ctx, *, old_password: str, new_password: str) -> None:
    """Change the caller's own console password."""
    if ctx.caller.kind != "user":
        raise InvalidUserType.users_only()
    profile = _profile(ctx, owner(ctx, None))
    if not password_hash.matches(old_password, profile.password_hash):
        raise NotAuthorized.old_password()
    ctx.state.login_profiles.put(_with_password(ctx, profile, new_password).replace(password_reset_required=False))


@operation("UpdateAccountPasswordPolicy")
def update_account_password_policy(
    ctx: Ctx,
    *,
    minimum_password_length: int = 6,
    require_symbols: bool = False,
    require_numbers: bool = False,
    require_uppercase_characters: bool = False,
    require_lowercase_characters: bool = False,
    allow_users_to_change_password: bool = False,
    max_password_age: int | None = None,
    password_reuse_prevention: int | None = None,
    hard_expiry: bool | None = None,
) -> None:
    """Set the account's password policy; what a call leaves out goes back to its default."""
    ctx.state.password_policy.set(
        PasswordPolicy(
            minimum_password_length=minimum_password_length,
            require_symbols=require_symbols,
            require_numbers=require_numbers,
            require_uppercase_characters=require_uppercase_characters,
            require_lowercase_characters=require_lowercase_characters,
            allow_users_to_change_password=allow_users_to_change_password,
            expire_passwords=max_password_age is not None,
            max_password_age=max_password_age,
            password_reuse_prevention=password_reuse_prevention,
            hard_expiry=hard_expiry,
        )
    )


@operation("GetAccountPasswordPolicy")
def get_account_password_policy(ctx: Ctx) -> dict[str, Any]:
    """Return the account's password policy, if it has one of its own."""
    return {"PasswordPolicy": _policy(ctx)}


@operation("DeleteAccountPasswordPolicy")
def delete_account_password_policy(ctx: Ctx) -> None:
    """Go back to AWS's default password policy."""
    _policy(ctx)
    ctx.state.password_policy.clear()


def _policy(ctx: Ctx) -> PasswordPolicy:
    policy = ctx.state.password_policy.get()
    if policy is None:
        raise NoSuchEntity.password_policy(ctx.account)
    return policy


def _profile(ctx: Ctx, found: Owner) -> LoginProfile:
    profile = ctx.state.login_profiles.get(found.user_id)
    if profile is None:
        raise NoSuchEntity.login_profile(found.shown_name)
    return profile


def _shown(profile: LoginProfile, found: Owner) -> dict[str, Any]:
    return {
        "UserName": found.shown_name,
        "CreateDate": profile.create_date,
        "PasswordResetRequired": profile.password_reset_required,
    }


_REQUIRED = {
    "require_uppercase_characters": UPPERCASE,
    "require_lowercase_characters": LOWERCASE,
    "require_numbers": NUMBER,
    "require_symbols": SYMBOL,
}


def _with_password(ctx: Ctx, profile: LoginProfile, password: str) -> LoginProfile:
    """Return a login profile with another password, if the account's policy takes it."""
    policy = ctx.state.password_policy.get()
    rules = DEFAULT_RULES
    if policy is not None:
        rules = PasswordRules(
            minimum_length=policy.minimum_password_length,
            required=tuple(kind for field, kind in _REQUIRED.items() if getattr(policy, field)),
        )
    forbidden = (ctx.account, *(alias.account_alias for alias in ctx.state.account_aliases))
    lacking = violation(password, rules, forbidden=forbidden)
    if lacking is not None:
        raise PasswordPolicyViolation(lacking)
    used = (profile.password_hash, *profile.former_hashes) if profile.password_hash else ()
    prevented = policy.password_reuse_prevention if policy is not None else None
    if prevented is not None and any(password_hash.matches(password, former) for former in used[:prevented]):
        raise PasswordPolicyViolation.reused(prevented)
    cost = ctx.runtime.settings["password_hash_cost"]
    return profile.replace(
        password_hash=password_hash.hash_password(password, cost),
        changed_at=ctx.now,
        former_hashes=used[:REMEMBERED_PASSWORDS],
    )
