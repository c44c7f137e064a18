"""AssumeRoleWithSAML: a role for whom a SAML identity provider vouches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cloudward.api import operation
from cloudward_sts.external import SamlIdentity
from cloudward_sts.federation_errors import ExpiredToken, InvalidIdentityToken, NotTrusted
from cloudward_sts.operations.web_identity import external_bounds, proved_identity, trusted_role
from cloudward_sts.saml.records import UsedAssertion
from cloudward_sts.sessions import issue_role_session, role_duration
from cloudward_sts.state import HOME, StsState

if TYPE_CHECKING:
    from cloudward.api import Context
    from cloudward_sts.roles import Role

ACTION = "sts:AssumeRoleWithSAML"


@operation("AssumeRoleWithSAML", blocking=True)
def assume_role_with_saml(
    ctx: Context[StsState],
    *,
    role_arn: str,
    principal_arn: str,
    saml_assertion: str,
    policy_arns: Sequence[Mapping[str, Any]] = (),
    policy: str | None = None,
    duration_seconds: int | None = None,
    minimum_session_token_size: int | None = None,
) -> dict[str, Any]:
    """Issue credentials of a role session for a SAML identity.

    See STS API Reference, "AssumeRoleWithSAML"; the response was verified before the trust policy was asked, see
    `cloudward_sts.federation`.
    """
    del saml_assertion
    identity = proved_identity(ctx)
    if not isinstance(identity, SamlIdentity):
        raise InvalidIdentityToken.response_signature()
    if (role_arn, principal_arn) not in identity.roles:
        raise NotTrusted.action(ACTION)
    role = trusted_role(ctx, role_arn, ACTION)
    duration = _duration(ctx, role, identity, duration_seconds)
    bounds = external_bounds(role, identity, policy, policy_arns)
    _use_up(ctx, identity)
    issued = issue_role_session(
        ctx,
        role,
        issuer="AssumeRoleWithSAML",
        session_name=identity.session_name,
        duration=duration,
        bounds=bounds,
        source_identity=identity.source_identity,
        context=identity.session_context,
        smallest_token=minimum_session_token_size,
    )
    issued["Subject"] = identity.subject
    issued["SubjectType"] = identity.subject_type
    issued["Issuer"] = identity.issuer
    issued["Audience"] = identity.audience
    issued["NameQualifier"] = identity.name_qualifier
    return issued


def _duration(ctx: Context[StsState], role: Role, identity: SamlIdentity, duration_seconds: int | None) -> int:
    """Return how long the session lasts: as the request, else the assertion, asks, and no longer than the provider's.

    What the assertion asks for without the request having asked is cut to what the role allows.
    """
    if duration_seconds is None and identity.session_duration is not None:
        duration_seconds = min(identity.session_duration, role.max_session_duration)
    duration = role_duration(role, duration_seconds, None)
    if identity.session_ends is not None:
        left = int((identity.session_ends - ctx.now).total_seconds())
        if left <= 0:
            raise ExpiredToken.assertion()
        duration = min(duration, left)
    return duration


def _use_up(ctx: Context[StsState], identity: SamlIdentity) -> None:
    """Remember that an assertion was used, for as long as it could be used again.

    Raises:
        InvalidIdentityToken: it was used before.
    """
    used = ctx.transaction.state(StsState, HOME).used_assertions
    for old in [found.key for found in used if found.useless_after <= ctx.now]:
        used.remove(old)
    key = f"{identity.issuer} {identity.assertion_id}"
    if key in used:
        raise InvalidIdentityToken.replayed()
    used.add(UsedAssertion(key=key, useless_after=identity.useless_after))
