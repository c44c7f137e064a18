"""Access tokens of Login with Amazon and Facebook: opaque texts that only their makers can explain.

Sources: STS API Reference, "AssumeRoleWithWebIdentity", `ProviderId`; Login with Amazon, "Obtain customer profile
information"; Facebook's Graph API, `/me` and `/app`; condition keys from the IAM User Guide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from cloudward_sts.external import ExternalIdentity
from cloudward_sts.federation_errors import IDPCommunicationError, IDPRejectedClaim, InvalidIdentityToken
from cloudward_sts.oidc.fetch import FetchError, ThumbprintError, UnreachableError, fetch
from cloudward_sts.oidc.keys import IssuerKeys

AMAZON = "www.amazon.com"
FACEBOOK = "graph.facebook.com"
_AMAZON_API = "api.amazon.com"


def verify(issuer_keys: IssuerKeys, provider: str, token: str) -> ExternalIdentity:
    """Return the identity that an access token proves.

    Args:
        issuer_keys: knows where providers are reached; waits for the network.
        provider: the request's `ProviderId`.
        token: the access token.

    Raises:
        InvalidIdentityToken: the provider is not one of the two.
        IDPRejectedClaim: the provider does not know the token.
        IDPCommunicationError: the provider does not answer.
    """
    explain = _PROVIDERS.get(provider)
    if explain is None:
        raise InvalidIdentityToken.unknown_oauth_provider(provider)
    application, user, user_key = explain(issuer_keys, token)
    keys = {f"{provider}:app_id": application, f"{provider}:{user_key}": user}
    return ExternalIdentity(
        principal=provider,
        provider=provider,
        audience=application,
        subject=user,
        context={**keys, "aws:federatedprovider": provider},
        session_context={**keys, "aws:FederatedProvider": provider},
    )


def _amazon(issuer_keys: IssuerKeys, token: str) -> tuple[str, str, str]:
    address = issuer_keys.address(_AMAZON_API)
    answer = _ask(AMAZON, f"{address}/auth/o2/tokeninfo?{urlencode({'access_token': token})}")
    return _member(answer, "app_id", AMAZON), _member(answer, "user_id", AMAZON), "user_id"


def _facebook(issuer_keys: IssuerKeys, token: str) -> tuple[str, str, str]:
    address = issuer_keys.address(FACEBOOK)
    query = urlencode({"access_token": token, "fields": "id"})
    application = _member(_ask(FACEBOOK, f"{address}/app?{query}"), "id", FACEBOOK)
    return application, _member(_ask(FACEBOOK, f"{address}/me?{query}"), "id", FACEBOOK), "id"


_PROVIDERS: Mapping[str, Callable[[IssuerKeys, str], tuple[str, str, str]]] = {AMAZON: _amazon, FACEBOOK: _facebook}


def _ask(provider: str, url: str) -> Mapping[str, Any]:
    try:
        return msgspec.json.decode(fetch(url), type=dict[str, Any])
    except (UnreachableError, ThumbprintError) as error:
        raise IDPCommunicationError.unreachable(provider, error) from None
    except (FetchError, msgspec.DecodeError):
        raise IDPRejectedClaim.access_token(provider) from None


def _member(answer: Mapping[str, Any], name: str, provider: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise IDPRejectedClaim.access_token(provider)
    return value
