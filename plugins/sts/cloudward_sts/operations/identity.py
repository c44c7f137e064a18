"""Who calls, and whose a key is."""

from __future__ import annotations

from typing import Any

from cloudward.api import Context, account_of_key, operation
from cloudward_sts.errors import ValidationError
from cloudward_sts.state import StsState


@operation("GetCallerIdentity")
def get_caller_identity(ctx: Context[StsState]) -> dict[str, Any]:
    """Tell who calls.  No policy can deny this (STS API Reference, "GetCallerIdentity")."""
    caller = ctx.caller
    return {"UserId": caller.user_id, "Account": caller.account, "Arn": caller.arn}


@operation("GetAccessKeyInfo")
def get_access_key_info(ctx: Context[StsState], *, access_key_id: str) -> dict[str, Any]:
    """Tell the account that an access key id encodes; the key need not exist."""
    account = account_of_key(access_key_id)
    if account is None:
        raise ValidationError.access_key_id(access_key_id)
    return {"Account": account}
