"""AssumeRoleWithWebIdentity: a role for whom an OpenID Connect or OAuth provider vouches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cloudward.api import operation
from cloudward_sts.external import ExternalCaller, ExternalIdentity
from cloudward_sts.federation_errors import InvalidIdentityToken, NotTrusted
from cloudward_sts.roles import Role, find_role
from cloudward_sts.sessions import Bounds, check_bounds, issue_role_session, role_duration

if TYPE_CHECKING:
    from cloudward.api import Context
    from cloudward_sts.state import StsState


@operation("AssumeRoleWithWebIdentity", blocking=True)
def assume_role_with_web_identity(
    ctx: Context[StsState],
    *,
    role_arn: str,
    role_session_name: str,
    web_identity_token: str,
    provider_id: str | None = None,
    policy_arns: Sequence[Mapping[str, Any]] = (),
    policy: str | None = None,
    duration_seconds: int | None = None,
    minimum_session_token_size: int | None = None,
) -> dict[str, Any]:
    """Issue credentials of a role session for a web identity.

    See STS API Reference, "AssumeRoleWithWebIdentity"; the token was verified before the trust policy was asked, see
    `cloudward_sts.federation`.
    """
    del web_identity_token, provider_id
    identity = proved_identity(ctx)
    role = trusted_role(ctx, role_arn, "sts:AssumeRoleWithWebIdentity")
    issued = issue_role_session(
        ctx,
        role,
        issuer="AssumeRoleWithWebIdentity",
        session_name=role_session_name,
        duration=role_duration(role, duration_seconds, None),
        bounds=external_bounds(role, identity, policy, policy_arns),
        source_identity=identity.source_identity,
        context=identity.session_context,
        smallest_token=minimum_session_token_size,
    )
    issued["SubjectFromWebIdentityToken"] = identity.subject
    issued["Provider"] = identity.provider
    issued["Audience"] = identity.audience
    return issued


def proved_identity(ctx: Context[StsState]) -> ExternalIdentity:
    """Return the identity that a call proved.

    Args:
        ctx: the call.

    Raises:
        InvalidIdentityToken: it proved none.
    """
    caller = ctx.caller
    if not isinstance(caller, ExternalCaller):
        raise InvalidIdentityToken.not_jwt()
    return caller.identity


def trusted_role(ctx: Context[StsState], role_arn: str, action: str) -> Role:
    """Return the role that an external identity wants to assume.

    Args:
        ctx: the call.
        role_arn: the role's ARN.
        action: the action, for the error.

    Raises:
        NotTrusted: there is no such role.
    """
    role = find_role(ctx.app, ctx.transaction, role_arn)
    if role is None:
        raise NotTrusted.action(action)
    return role


def external_bounds(
    role: Role, identity: ExternalIdentity, policy: str | None, policy_arns: Sequence[Mapping[str, Any]]
) -> Bounds:
    """Return what bounds and marks the session of an external identity.

    Args:
        role: the role.
        identity: the identity, whose tags become the session's.
        policy: the request's inline session policy.
        policy_arns: the request's `PolicyArns`.

    Raises:
        ServiceError: what AWS refuses of it.
    """
    return check_bounds(
        partition=role.partition,
        account=role.account,
        policy=policy,
        policy_arns=policy_arns,
        tags=[{"Key": key, "Value": value} for key, value in identity.tags],
        transitive_tag_keys=identity.transitive_tag_keys,
    )
