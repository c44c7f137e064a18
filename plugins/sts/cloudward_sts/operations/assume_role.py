"""AssumeRole: another role's permissions for whom the role trusts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cloudward.api import operation
from cloudward_sts.contexts import read_provided_contexts
from cloudward_sts.errors import NotAuthorized
from cloudward_sts.roles import role_to_assume
from cloudward_sts.sessions import check_bounds, issue_role_session, role_duration

if TYPE_CHECKING:
    from cloudward.api import Context
    from cloudward_sts.state import StsState

ACTION = "sts:AssumeRole"


@operation("AssumeRole")
def assume_role(
    ctx: Context[StsState],
    *,
    role_arn: str,
    role_session_name: str,
    policy_arns: Sequence[Mapping[str, Any]] = (),
    policy: str | None = None,
    duration_seconds: int | None = None,
    tags: Sequence[Mapping[str, str]] = (),
    transitive_tag_keys: Sequence[str] = (),
    external_id: str | None = None,
    serial_number: str | None = None,
    token_code: str | None = None,
    source_identity: str | None = None,
    provided_contexts: Sequence[Mapping[str, str]] = (),
    minimum_session_token_size: int | None = None,
) -> dict[str, Any]:
    """Issue credentials of a role session (STS API Reference, "AssumeRole").

    The trust policy, which may ask for an external id, was evaluated before; so was the MFA code proved, see
    `cloudward_sts.mfa` and `cloudward_sts.authorization`.
    """
    del external_id, serial_number, token_code
    caller = ctx.caller
    role = role_to_assume(ctx, role_arn, ACTION)
    if caller.kind == "root" and caller.verified:
        # Root by assumption only, as the lenient mode has it, may: scripts for other emulators do nothing else.
        raise NotAuthorized.root()
    calling = caller.session
    duration = role_duration(role, duration_seconds, calling)
    kept_identity = calling.source_identity if calling is not None else None
    if kept_identity is not None and source_identity not in (None, kept_identity):
        raise NotAuthorized.action(caller.arn, "sts:SetSourceIdentity", role_arn)
    bounds = check_bounds(
        partition=role.partition,
        account=role.account,
        policy=policy,
        policy_arns=policy_arns,
        tags=tags,
        transitive_tag_keys=transitive_tag_keys,
        calling=calling,
    )
    proved_at = caller.mfa_authenticated_at
    if proved_at is None and calling is not None:
        proved_at = calling.mfa_authenticated_at
    return issue_role_session(
        ctx,
        role,
        issuer="AssumeRole",
        session_name=role_session_name,
        duration=duration,
        bounds=bounds,
        source_identity=source_identity or kept_identity,
        chained=calling is not None,
        mfa_authenticated_at=proved_at,
        context=read_provided_contexts(ctx.runtime, ctx.transaction, provided_contexts, ctx.now),
        smallest_token=minimum_session_token_size,
    )
