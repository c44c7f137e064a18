"""GetDelegatedAccessToken: what a user granted a product provider, as credentials."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cloudward.api import Caller, Session, operation
from cloudward_sts.errors import ExpiredTradeInToken, ValidationError
from cloudward_sts.roles import find_role
from cloudward_sts.sealing import ForgedText, Purpose
from cloudward_sts.session_policies import SessionPolicies, SessionTags, packed_size
from cloudward_sts.sessions import assumed_role_caller, issue, whole_seconds

if TYPE_CHECKING:
    from cloudward.api import Context
    from cloudward_sts.state import StsState

SESSION_NAME = "delegated-access"
_PRINCIPAL = re.compile(r"arn:(aws[a-z-]*):iam::([0-9]{12}):(user|role)/(?:.*/)?([^/]+)").fullmatch


@operation("GetDelegatedAccessToken")
def get_delegated_access_token(ctx: Context[StsState], *, trade_in_token: str) -> dict[str, Any]:
    """Exchange a trade-in token for credentials of the principal who granted it, bounded by what was granted."""
    try:
        grant = ctx.runtime.decode(ctx.transaction, Purpose.TRADE_IN, trade_in_token)
    except ForgedText:
        raise ValidationError.trade_in_token() from None
    if grant["expires_at"] <= ctx.now:
        raise ExpiredTradeInToken.expired()
    policies = SessionPolicies(tuple(grant["policies"]), tuple(grant["policy_arns"]))
    size = packed_size(policies, SessionTags())
    arn: str = grant["principal_arn"]
    match = _PRINCIPAL(arn)
    if match is None:
        raise ValidationError.trade_in_token()
    partition, account, kind, name = match.groups()
    role = None
    if kind == "role":
        role = find_role(ctx.app, ctx.transaction, arn)
        if role is None or role.role_id != grant["principal_id"]:
            raise ValidationError.trade_in_token()
        principal = assumed_role_caller(role, SESSION_NAME)
    else:
        principal = Caller(
            kind="user", partition=partition, account=account, arn=arn, user_id=grant["principal_id"], user_name=name
        )
    now = whole_seconds(ctx.now)
    session = Session(
        issued_at=now,
        expires_at=now + timedelta(seconds=grant["duration"]),
        issuer="GetDelegatedAccessToken",
        role_arn=role.arn if role is not None else None,
        role_id=role.role_id if role is not None else None,
        name=SESSION_NAME if role is not None else None,
        policies=policies.policies,
        policy_arns=policies.policy_arns,
    )
    credentials = issue(ctx, principal, session)["Credentials"]
    return {"Credentials": credentials, "PackedPolicySize": size, "AssumedPrincipal": arn}
