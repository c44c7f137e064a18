"""AssumeRoot: one privileged task as the root user of a member account."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from cloudward.api import Session, operation, root_caller
from cloudward_sts.errors import NotAuthorized, ValidationError
from cloudward_sts.sessions import issue, whole_seconds

if TYPE_CHECKING:
    from cloudward.api import Context
    from cloudward_sts.state import StsState

TASK_POLICIES = frozenset(
    {
        "IAMAuditRootUserCredentials",
        "IAMCreateRootUserPassword",
        "IAMDeleteRootUserCredentials",
        "S3UnlockBucketPolicy",
        "SQSUnlockQueuePolicy",
    }
)
"""The managed policies below `root-task/` that scope such a session."""

_TARGET = re.compile(r"(?:arn:(aws[a-z-]*):iam::)?([0-9]{12})(?::root)?").fullmatch
_LONGEST = 900
_GLOBAL_HOSTS = ("sts.amazonaws.com",)


@operation("AssumeRoot")
def assume_root(
    ctx: Context[StsState],
    *,
    target_principal: str,
    task_policy_arn: Mapping[str, Any],
    duration_seconds: int | None = None,
    minimum_session_token_size: int | None = None,
) -> dict[str, Any]:
    """Issue credentials of a member account's root user, bounded by a task policy (STS API Reference, "AssumeRoot")."""
    caller = ctx.caller
    if ctx.wire.headers.get("host", "").partition(":")[0].lower() in _GLOBAL_HOSTS:
        raise NotAuthorized.global_endpoint()
    if caller.kind == "root" and caller.verified:
        raise NotAuthorized.root_for_root()
    account = target_account(target_principal)
    if account is None:
        raise ValidationError.invalid(target_principal)
    arn = str(task_policy_arn.get("arn", ""))
    if arn not in {f"arn:{ctx.partition}:iam::aws:policy/root-task/{name}" for name in TASK_POLICIES}:
        raise ValidationError.task_policy(arn)
    now = whole_seconds(ctx.now)
    source_identity = caller.session.source_identity if caller.session is not None else None
    # Zero means what leaving it out means: a session that ends as it begins is of no use to anybody.
    lasts = timedelta(seconds=duration_seconds or _LONGEST)
    session = Session(
        issued_at=now,
        expires_at=now + lasts,
        issuer="AssumeRoot",
        policy_arns=(arn,),
        source_identity=source_identity,
        chained=caller.session is not None,
    )
    root = replace(root_caller(ctx.partition, account), user_id=account)
    issued = issue(ctx, root, session, smallest_token=minimum_session_token_size)
    issued["SourceIdentity"] = source_identity
    return issued


def target_account(target_principal: str) -> str | None:
    """Return the account whose root user a request names, None when it names none.

    Args:
        target_principal: the request's `TargetPrincipal`, an account id or root's ARN.
    """
    match = _TARGET(target_principal)
    if match is None or (match[1] is None) == target_principal.endswith(":root"):
        return None
    return match[2]
