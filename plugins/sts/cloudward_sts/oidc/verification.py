"""From a web identity token to an identity: which provider, which keys, which claims.

Sources: STS API Reference, "AssumeRoleWithWebIdentity"; IAM User Guide, "OIDC federation", "Pass session tags in AWS
STS"; OpenID Connect Core 1.0, section 3.1.3.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cloudward_sts.external import ExternalIdentity
from cloudward_sts.federation_errors import ExpiredToken, InvalidIdentityToken
from cloudward_sts.oidc import tokens
from cloudward_sts.oidc.claim_keys import KEPT, condition_keys
from cloudward_sts.oidc.issuers import public_keys
from cloudward_sts.oidc.tags_claim import read_source_identity, read_tags

if TYPE_CHECKING:
    from cloudward.api import App, Transaction
    from cloudward_sts.oidc.keys import IssuerKeys

WELL_KNOWN = ("accounts.google.com", "cognito-identity.amazonaws.com")
"""Issuers that every account trusts without registering them; trust policies name them as they are."""

_SCHEME = "https://"
_SKEW = 300
"""Seconds that an issuer's clock may run ahead."""


def verify(
    app: App,
    issuer_keys: IssuerKeys,
    transaction: Transaction,
    text: str,
    *,
    partition: str,
    account: str,
    now: datetime,
) -> ExternalIdentity:
    """Return the identity that a token proves.

    Args:
        app: the gateway.
        issuer_keys: finds keys of outside issuers; may wait for the network.
        transaction: the view of state.
        text: the token.
        partition: the role's partition.
        account: the role's account, in which the issuer must be registered.
        now: the time.

    Raises:
        InvalidIdentityToken: it proves nothing.
        ExpiredToken: it is too old.
        IDPCommunicationError: its issuer does not answer.
    """
    token = tokens.read(text)
    claims = token.claims
    url = _text(claims, "iss")
    issuer = url.removeprefix(_SCHEME)
    if not issuer or (issuer == url and issuer not in WELL_KNOWN):
        raise InvalidIdentityToken.no_oidc_provider(url)
    arn = f"arn:{partition}:iam::{account}:oidc-provider/{issuer}"
    found: Mapping[str, Any] | None = app.plugins.hook.cloudward_find_identity_provider(
        app=app, transaction=transaction, arn=arn
    )
    if issuer not in WELL_KNOWN and (found is None or found["kind"] != "oidc"):
        raise InvalidIdentityToken.no_oidc_provider(url)
    thumbprints = found["thumbprints"] if found is not None else ()
    own = public_keys(transaction, issuer)
    if own is not None:
        keys = tokens.fitting(own, token)
        if not keys:
            raise InvalidIdentityToken.no_key()
    else:
        keys = issuer_keys.find(issuer, url, token, thumbprints)
    tokens.verify(token, keys)
    _check_times(claims, int(now.timestamp()))
    subject = _text(claims, "sub")
    audience = _audience(claims, found["client_ids"] if found is not None and issuer not in WELL_KNOWN else None)
    principal = issuer if issuer in WELL_KNOWN else arn
    context = condition_keys(issuer, claims, audience)
    kept = {
        f"{issuer}:{name}": (list(value) if isinstance(value, tuple) else value)
        for name in KEPT
        if (value := context.get(f"{issuer}:{name}".lower())) is not None
    }
    tags, transitive = read_tags(claims)
    return ExternalIdentity(
        principal=principal,
        provider=principal,
        audience=audience,
        subject=subject,
        context={**context, "aws:federatedprovider": principal},
        session_context={**kept, "aws:FederatedProvider": principal},
        tags=tags,
        transitive_tag_keys=transitive,
        source_identity=read_source_identity(claims),
    )


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if value is None or value == "":
        raise InvalidIdentityToken.missing_claim(name)
    if not isinstance(value, str):
        raise InvalidIdentityToken.claim_type(name, "text")
    return value


def _seconds(claims: Mapping[str, Any], name: str, *, required: bool = True) -> int | None:
    value = claims.get(name)
    if value is None:
        if required:
            raise InvalidIdentityToken.missing_claim(name)
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidIdentityToken.claim_type(name, "a whole number")
    return value


def _check_times(claims: Mapping[str, Any], now: int) -> None:
    expires = _seconds(claims, "exp")
    issued = _seconds(claims, "iat")
    begins = _seconds(claims, "nbf", required=False)
    assert expires is not None
    assert issued is not None
    if expires <= now:
        raise ExpiredToken.token(now, expires)
    for earliest in (issued, begins):
        if earliest is not None and earliest > now + _SKEW:
            raise InvalidIdentityToken.not_yet(now, earliest)


def _audience(claims: Mapping[str, Any], client_ids: tuple[str, ...] | None) -> str:
    """Return whom a token is for: the authorized party if it names one, else the audience that is registered."""
    value = claims.get("aud")
    audiences = [value] if isinstance(value, str) else value
    if audiences is None or audiences == []:
        raise InvalidIdentityToken.missing_claim("aud")
    if not isinstance(audiences, list) or not all(isinstance(audience, str) for audience in audiences):
        raise InvalidIdentityToken.claim_type("aud", "text or a list of texts")
    party = claims.get("azp")
    if party is not None:
        audiences = [_text(claims, "azp")]
    taken = audiences if client_ids is None else [audience for audience in audiences if audience in client_ids]
    if not taken:
        raise InvalidIdentityToken.audience()
    return str(taken[0])
