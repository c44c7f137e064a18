"""Long-term access keys."""

from __future__ import annotations

from typing import Any

from cloudward.api import access_key_id as new_access_key_id
from cloudward.api import operation, secret_access_key
from cloudward_iam.errors import InvalidInput, NoSuchEntity, NotAuthorized
from cloudward_iam.limits import Quota, check_quota
from cloudward_iam.lookups import user_or_caller
from cloudward_iam.paging import paged
from cloudward_iam.records.access_keys import AccessKey
from cloudward_iam.state import Ctx

NEVER_USED = "N/A"


@operation("CreateAccessKey")
def create_access_key(ctx: Ctx, *, user_name: str | None = None) -> dict[str, Any]:
    """Make an access key of a user, or of the caller; the only answer that ever tells the secret."""
    owner_id, owner_name = _owner(ctx, user_name)
    keys = ctx.state.access_keys
    check_quota(ctx, Quota.ACCESS_KEYS_PER_USER, keys.count("user_id", owner_id) + 1)
    key = AccessKey(
        access_key_id=new_access_key_id(ctx.config.access_key_prefix, ctx.account),
        user_id=owner_id,
        secret_access_key=secret_access_key(),
        status="Active",
        create_date=ctx.now.replace(microsecond=0),
    )
    keys.add(key)
    return {"AccessKey": {**_metadata(key, owner_name), "SecretAccessKey": key.secret_access_key}}


@operation("ListAccessKeys")
def list_access_keys(
    ctx: Ctx, *, user_name: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List a user's or the caller's access keys, without their secrets."""
    owner_id, owner_name = _owner(ctx, user_name)
    keys = ctx.state.access_keys
    return paged(
        ctx,
        "AccessKeyMetadata",
        lambda after, count: keys.select_page("user_id", owner_id, after=after, limit=count),
        listing="ListAccessKeys",
        marker=marker,
        max_items=max_items,
        bound_to=(owner_id,),
        show=lambda key: _metadata(key, owner_name),
    )


@operation("UpdateAccessKey")
def update_access_key(ctx: Ctx, *, access_key_id: str, status: str, user_name: str | None = None) -> None:
    """Switch an access key on or off."""
    key = _key_of(ctx, access_key_id, user_name)
    if status == "Expired":
        raise InvalidInput.expired_status()
    ctx.state.access_keys.put(key.replace(status=status))


@operation("DeleteAccessKey")
def delete_access_key(ctx: Ctx, *, access_key_id: str, user_name: str | None = None) -> None:
    """Delete an access key."""
    key = _key_of(ctx, access_key_id, user_name)
    ctx.state.access_keys.remove(key.access_key_id)
    if key.access_key_id in ctx.state.access_key_uses:
        ctx.state.access_key_uses.remove(key.access_key_id)


@operation("GetAccessKeyLastUsed")
def get_access_key_last_used(ctx: Ctx, *, access_key_id: str) -> dict[str, Any]:
    """Tell when an access key of the account was last used, for which service, and where."""
    key = ctx.state.access_keys.get(access_key_id)
    if key is None:
        # The model declares no error here, and AWS does not tell foreign keys from made-up ones.
        raise NotAuthorized.access_key_last_used(ctx.caller.arn, access_key_id)
    use = ctx.state.access_key_uses.get(access_key_id)
    user = ctx.state.users.find("user_id", key.user_id)
    return {
        "UserName": None if user is None else user.user_name,
        "AccessKeyLastUsed": {"ServiceName": NEVER_USED, "Region": NEVER_USED} if use is None else use,
    }


def _owner(ctx: Ctx, user_name: str | None) -> tuple[str, str | None]:
    """Return the id and name of the user whose keys are meant: the root user has the account's number and no name."""
    user = user_or_caller(ctx, user_name)
    return (ctx.account, None) if user is None else (user.user_id, user.user_name)


def _key_of(ctx: Ctx, access_key_id: str, user_name: str | None) -> AccessKey:
    """Return a key of the user that the request names, or of the caller."""
    owner_id, _ = _owner(ctx, user_name)
    key = ctx.state.access_keys.get(access_key_id)
    if key is None or key.user_id != owner_id:
        raise NoSuchEntity.access_key(access_key_id)
    return key


def _metadata(key: AccessKey, user_name: str | None) -> dict[str, Any]:
    return {
        "UserName": user_name,
        "AccessKeyId": key.access_key_id,
        "Status": key.status,
        "CreateDate": key.create_date,
    }
