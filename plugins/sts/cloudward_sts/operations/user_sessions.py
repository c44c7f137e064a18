"""Sessions of users themselves: GetSessionToken and GetFederationToken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cloudward.api import Caller, Session, operation
from cloudward_sts.errors import NotAuthorized
from cloudward_sts.sessions import ONE_HOUR, check_bounds, issue, whole_seconds

if TYPE_CHECKING:
    from cloudward.api import Context
    from cloudward_sts.state import StsState

_TWELVE_HOURS = 12 * ONE_HOUR


@operation("GetSessionToken")
def get_session_token(
    ctx: Context[StsState],
    *,
    duration_seconds: int | None = None,
    serial_number: str | None = None,
    token_code: str | None = None,
    minimum_session_token_size: int | None = None,
) -> dict[str, Any]:
    """Issue credentials that are the calling user's own, with the MFA proof if one was given.

    See STS API Reference, "GetSessionToken"; the code was proved before, see `cloudward_sts.mfa`.
    """
    del serial_number, token_code
    caller = _long_term_caller(ctx, "GetSessionToken")
    now = whole_seconds(ctx.now)
    session = Session(
        issued_at=now,
        expires_at=now + _lasting(caller, duration_seconds),
        issuer="GetSessionToken",
        mfa_authenticated_at=caller.mfa_authenticated_at,
    )
    return issue(ctx, caller, session, smallest_token=minimum_session_token_size)


@operation("GetFederationToken")
def get_federation_token(
    ctx: Context[StsState],
    *,
    name: str,
    policy: str | None = None,
    policy_arns: Sequence[Mapping[str, Any]] = (),
    duration_seconds: int | None = None,
    tags: Sequence[Mapping[str, str]] = (),
    minimum_session_token_size: int | None = None,
) -> dict[str, Any]:
    """Issue credentials for somebody whom the calling user's application knows.

    See STS API Reference, "GetFederationToken".

    What they allow is what both the user's policies and the session policies allow; without the latter, nothing.
    """
    caller = _long_term_caller(ctx, "GetFederationToken")
    bounds = check_bounds(
        partition=caller.partition, account=caller.account, policy=policy, policy_arns=policy_arns, tags=tags
    )
    federated = Caller(
        kind="federated-user",
        partition=caller.partition,
        account=caller.account,
        arn=f"arn:{caller.partition}:sts::{caller.account}:federated-user/{name}",
        user_id=f"{caller.account}:{name}",
    )
    now = whole_seconds(ctx.now)
    session = Session(
        issued_at=now,
        expires_at=now + _lasting(caller, duration_seconds),
        issuer="GetFederationToken",
        user_arn=caller.arn,
        user_id=caller.account if caller.kind == "root" else caller.user_id,
        name=name,
        policies=bounds.policies.policies,
        policy_arns=bounds.policies.policy_arns,
        tags=bounds.tags.tags,
    )
    issued = issue(ctx, federated, session, smallest_token=minimum_session_token_size)
    issued["FederatedUser"] = {"FederatedUserId": federated.user_id, "Arn": federated.arn}
    issued["PackedPolicySize"] = bounds.packed_size
    return issued


def _long_term_caller(ctx: Context[StsState], name: str) -> Caller:
    caller = ctx.caller
    if caller.session is not None:
        raise NotAuthorized.session_credentials(name)
    return caller


def _lasting(caller: Caller, duration_seconds: int | None) -> timedelta:
    """Return how long a session lasts: root's never longer than an hour, whatever the request says."""
    if caller.kind == "root":
        return timedelta(seconds=min(duration_seconds or ONE_HOUR, ONE_HOUR))
    return timedelta(seconds=duration_seconds or _TWELVE_HOURS)
