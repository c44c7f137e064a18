"""GetWebIdentityToken: the caller's own identity, as a token that services outside AWS can verify."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from cloudward.api import operation
from cloudward_sts.errors import NotAuthorized, ValidationError
from cloudward_sts.federation_errors import (
    OutboundFederationDisabled,
    SessionDurationEscalation,
    TokenPayloadTooLarge,
)
from cloudward_sts.oidc import issuers, tokens
from cloudward_sts.session_policies import check_tags
from cloudward_sts.sessions import whole_seconds

if TYPE_CHECKING:
    from datetime import datetime

    from cloudward.api import Context
    from cloudward_sts.state import StsState

ALGORITHMS = ("RS256", "ES384")
NAMESPACE = "https://sts.amazonaws.com/"
_DEFAULT_SECONDS = 300
_LARGEST_PAYLOAD = 16 * 1024
"""AWS does not tell its limit; this one lets fifty tags of ordinary length through, and not fifty of the largest."""

_GLOBAL_HOST = "sts.amazonaws.com"

_FROM_SESSION: Mapping[str, str] = {
    "aws:FederatedProvider": "federated_provider",
    "identitystore:UserId": "identity_store_user_id",
    "identitystore:IdentityStoreArn": "identity_store_arn",
    "ec2:SourceInstanceArn": "ec2_source_instance_arn",
    "aws:Ec2InstanceSourceVpc": "ec2_instance_source_vpc",
    "aws:Ec2InstanceSourcePrivateIPv4": "ec2_instance_source_private_ipv4",
    "ec2:RoleDelivery": "ec2_role_delivery",
    "lambda:SourceFunctionArn": "lambda_source_function_arn",
    "glue:CredentialIssuingService": "glue_credential_issuing_service",
}
"""Claims that a session's condition keys become (IAM User Guide, "Understanding token claims")."""


@operation("GetWebIdentityToken", blocking=True)
def get_web_identity_token(
    ctx: Context[StsState],
    *,
    audience: Sequence[str],
    signing_algorithm: str,
    duration_seconds: int | None = None,
    tags: Sequence[Mapping[str, str]] = (),
) -> dict[str, Any]:
    """Sign a token about the caller (STS API Reference, "GetWebIdentityToken").

    Making an issuer's keys takes a moment, hence a thread.
    """
    if ctx.wire.headers.get("host", "").partition(":")[0].lower() == _GLOBAL_HOST:
        raise NotAuthorized("GetWebIdentityToken is not supported on the global endpoint; use a regional endpoint.")
    found: Mapping[str, Any] | None = ctx.app.plugins.hook.cloudward_outbound_federation(
        app=ctx.app, transaction=ctx.transaction, partition=ctx.partition, account=ctx.account
    )
    if found is None or not found["enabled"]:
        raise OutboundFederationDisabled.disabled()
    if signing_algorithm not in ALGORITHMS:
        raise ValidationError(
            f"1 validation error detected: Value '{signing_algorithm}' at 'signingAlgorithm' failed to satisfy "
            f"constraint: Member must satisfy enum value set: [{', '.join(ALGORITHMS)}]"
        )
    given = check_tags(tags, (), None)
    now = whole_seconds(ctx.now)
    expires = now + timedelta(seconds=duration_seconds or _DEFAULT_SECONDS)
    session = ctx.caller.session
    if session is not None and expires > session.expires_at:
        raise SessionDurationEscalation.longer()
    issuer: str = found["issuer"]
    claims = {
        "iss": issuer,
        "aud": audience[0] if len(audience) == 1 else list(audience),
        "sub": _principal(ctx),
        "iat": int(now.timestamp()),
        "exp": int(expires.timestamp()),
        "jti": ctx.request_id,
        NAMESPACE: {**_identity_claims(ctx), **({"request_tags": dict(given.tags)} if given.tags else {})},
    }
    size = len(msgspec.json.encode(claims))
    if size > _LARGEST_PAYLOAD:
        raise TokenPayloadTooLarge.size(size, _LARGEST_PAYLOAD)
    key = issuers.signing_key(ctx.transaction, issuer.removeprefix("https://"), signing_algorithm, now)
    token = tokens.sign(claims, key.pem, signing_algorithm, key.key_id)
    return {"WebIdentityToken": token, "Expiration": expires}


def _principal(ctx: Context[StsState]) -> str:
    """Return whom a token is about: for a role session the role itself."""
    session = ctx.caller.session
    return session.role_arn if session is not None and session.role_arn is not None else ctx.caller.arn


def _identity_claims(ctx: Context[StsState]) -> dict[str, Any]:
    caller, session = ctx.caller, ctx.caller.session
    tags: dict[str, str] = dict(
        ctx.app.plugins.hook.cloudward_principal_tags(app=ctx.app, transaction=ctx.transaction, caller=caller) or {}
    )
    claims: dict[str, Any] = {"aws_account": caller.account, "source_region": ctx.region}
    if session is not None:
        tags |= dict(session.tags)
        if session.role_arn is not None:
            claims["original_session_exp"] = _rfc3339(session.expires_at)
        if session.source_identity is not None:
            claims["source_identity"] = session.source_identity
        for key, name in _FROM_SESSION.items():
            if key in session.context:
                claims[name] = session.context[key]
    if tags:
        claims["principal_tags"] = tags
    return claims


def _rfc3339(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")
