"""Temporary credentials: how every operation of STS issues them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from cloudward.api import Caller, Credential, Session, access_key_id, secret_access_key
from cloudward_sts.errors import RegionDisabled, ValidationError
from cloudward_sts.session_policies import SessionPolicies, SessionTags, check_policies, check_tags, packed_size

if TYPE_CHECKING:
    from datetime import datetime

    from cloudward.api import Config, Transaction
    from cloudward_sts.roles import Role
    from cloudward_sts.runtime import StsRuntime

ONE_HOUR = 3600
LARGEST_TOKEN = 4096


class Issuing(Protocol):
    """Where credentials are issued: a call of STS, or a route that stands in for a service that calls it."""

    @property
    def runtime(self) -> Any:
        """STS's run-time object."""

    @property
    def region(self) -> str:
        """The region."""

    @property
    def config(self) -> Config:
        """The gateway's settings."""

    @property
    def transaction(self) -> Transaction:
        """The view of all state."""

    @property
    def now(self) -> datetime:
        """The time."""


class Bounds(NamedTuple):
    """What a request gives to bound and mark its session.

    Attributes:
        policies: session policies.
        tags: session tags.
        packed_size: the percentage of the room that both take, None when there is neither.
    """

    policies: SessionPolicies
    tags: SessionTags
    packed_size: int | None


def check_bounds(
    *,
    partition: str,
    account: str,
    policy: str | None = None,
    policy_arns: Sequence[Mapping[str, Any]] = (),
    tags: Sequence[Mapping[str, str]] = (),
    transitive_tag_keys: Sequence[str] = (),
    calling: Session | None = None,
) -> Bounds:
    """Check everything that a request gives to bound and mark its session.

    Args:
        partition: the session's partition.
        account: the session's account.
        policy: the inline session policy.
        policy_arns: the request's `PolicyArns`.
        tags: the request's `Tags`.
        transitive_tag_keys: the request's `TransitiveTagKeys`.
        calling: the session that makes the request.

    Raises:
        ServiceError: what AWS refuses of it.
    """
    policies = check_policies(policy, policy_arns, partition=partition, account=account)
    checked = check_tags(tags, transitive_tag_keys, calling)
    return Bounds(policies, checked, packed_size(policies, checked))


def role_duration(role: Role, duration_seconds: int | None, calling: Session | None) -> int:
    """Return how long a role session may last.

    Args:
        role: the role.
        duration_seconds: what the request asks for, None for the default.
        calling: the session that makes the request: any makes it role chaining, limited to an hour.

    Returns:
        Seconds.

    Raises:
        ValidationError: longer than the role or role chaining allows.
    """
    if duration_seconds is None:
        return ONE_HOUR
    if calling is not None and duration_seconds > ONE_HOUR:
        raise ValidationError.chaining_duration()
    if duration_seconds > role.max_session_duration:
        raise ValidationError.role_duration()
    return duration_seconds


def issue(ctx: Issuing, caller: Caller, session: Session, *, smallest_token: int | None = None) -> dict[str, Any]:
    """Issue temporary credentials.

    Args:
        ctx: the call, or what stands in for it.
        caller: whom they stand for; key id and session are filled in.
        session: what they carry.
        smallest_token: the request's `MinimumSessionTokenSize`.

    Returns:
        The members `Credentials`, `SessionTokenSize` and `SessionTokenUtilization`.

    Raises:
        RegionDisabled: the account has not activated STS in the region.
    """
    runtime: StsRuntime = ctx.runtime
    if ctx.region in runtime.disabled_regions:
        raise RegionDisabled.account(caller.account)
    key_id = access_key_id(ctx.config.temporary_key_prefix, caller.account)
    secret = secret_access_key()
    credential = Credential(
        caller=_bearing(caller, key_id, session), secret_access_key=secret, expires_at=session.expires_at
    )
    token = runtime.encode_credential(ctx.transaction, ctx.now, credential, smallest_token or 0)
    return {
        "Credentials": {
            "AccessKeyId": key_id,
            "SecretAccessKey": secret,
            "SessionToken": token,
            "Expiration": session.expires_at,
        },
        "SessionTokenSize": len(token),
        "SessionTokenUtilization": min(100, -(-100 * len(token) // LARGEST_TOKEN)),
    }


def issue_role_session(
    ctx: Issuing,
    role: Role,
    *,
    issuer: str,
    session_name: str,
    duration: int,
    bounds: Bounds,
    source_identity: str | None = None,
    chained: bool = False,
    mfa_authenticated_at: datetime | None = None,
    context: Mapping[str, str | list[str]] | None = None,
    smallest_token: int | None = None,
) -> dict[str, Any]:
    """Issue the credentials of a role session.

    Args:
        ctx: the call, or what stands in for it.
        role: the role.
        issuer: the operation's name.
        session_name: the session's name.
        duration: seconds, see `role_duration`.
        bounds: session policies and tags.
        source_identity: the source identity.
        chained: whether another session made the request.
        mfa_authenticated_at: when the caller proved MFA.
        context: further condition keys that the session carries.
        smallest_token: the request's `MinimumSessionTokenSize`.

    Returns:
        The output members that all AssumeRole operations share.
    """
    assumed = assumed_role_caller(role, session_name)
    issued = issue(
        ctx,
        assumed,
        Session(
            issued_at=(now := whole_seconds(ctx.now)),
            expires_at=now + timedelta(seconds=duration),
            issuer=issuer,
            role_arn=role.arn,
            role_id=role.role_id,
            name=session_name,
            chained=chained,
            policies=bounds.policies.policies,
            policy_arns=bounds.policies.policy_arns,
            tags=bounds.tags.tags,
            transitive_tag_keys=bounds.tags.transitive,
            source_identity=source_identity,
            mfa_authenticated_at=mfa_authenticated_at,
            context=dict(context or {}),
        ),
        smallest_token=smallest_token,
    )
    issued["AssumedRoleUser"] = {"AssumedRoleId": assumed.user_id, "Arn": assumed.arn}
    issued["PackedPolicySize"] = bounds.packed_size
    issued["SourceIdentity"] = source_identity
    return issued


def assumed_role_caller(role: Role, session_name: str) -> Caller:
    """Return who a role session is.

    Args:
        role: the role.
        session_name: the session's name.
    """
    return Caller(
        kind="assumed-role",
        partition=role.partition,
        account=role.account,
        arn=f"arn:{role.partition}:sts::{role.account}:assumed-role/{role.name}/{session_name}",
        user_id=f"{role.role_id}:{session_name}",
    )


def whole_seconds(time: datetime) -> datetime:
    """Return a time without its fraction, as credentials have it.

    Args:
        time: the time.
    """
    return time.replace(microsecond=0)


def _bearing(caller: Caller, key_id: str, session: Session) -> Caller:
    return Caller(
        kind=caller.kind,
        partition=caller.partition,
        account=caller.account,
        arn=caller.arn,
        user_id=caller.user_id,
        user_name=caller.user_name,
        access_key_id=key_id,
        session=session,
    )
