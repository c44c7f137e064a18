"""OpenID Connect identity providers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudward.api import operation
from cloudward_iam.arns import make_arn
from cloudward_iam.crypto import oidc
from cloudward_iam.errors import EntityAlreadyExists, InvalidInput, NoSuchEntity
from cloudward_iam.limits import Quota, check_quota
from cloudward_iam.records.federation import OpenIDConnectProvider
from cloudward_iam.state import Ctx
from cloudward_iam.tags import Tags, listed, merged, without

THUMBPRINTS_PER_PROVIDER = 5
_KIND = ":oidc-provider/"


@operation("CreateOpenIDConnectProvider")
def create_open_id_connect_provider(
    ctx: Ctx,
    *,
    url: str,
    client_id_list: Sequence[str] = (),
    thumbprint_list: Sequence[str] = (),
    tags: Tags = (),
) -> dict[str, Any]:
    """Make an OpenID Connect provider.

    AWS fetches the thumbprint when none is given, by connecting to the provider.  The gateway connects to nobody, so
    the list stays empty, and tokens are trusted by the provider's published keys.
    """
    try:
        issuer = oidc.issuer_of(url)
    except ValueError:
        raise InvalidInput.oidc_url() from None
    providers = ctx.state.oidc_providers
    if issuer in providers:
        raise EntityAlreadyExists.oidc_provider(url)
    check_quota(ctx, Quota.OIDC_PROVIDERS_PER_ACCOUNT, len(providers) + 1)
    provider = OpenIDConnectProvider(
        url=issuer,
        arn=make_arn(ctx.scope, "oidc-provider", "/", issuer),
        create_date=ctx.now.replace(microsecond=0),
        client_id_list=_clients(ctx, client_id_list),
        thumbprint_list=_thumbprints(thumbprint_list),
        tags=merged(ctx, None, tags),
    )
    providers.add(provider)
    return {"OpenIDConnectProviderArn": provider.arn, "Tags": provider.tags}


@operation("GetOpenIDConnectProvider")
def get_open_id_connect_provider(ctx: Ctx, *, open_id_connect_provider_arn: str) -> dict[str, Any]:
    """Return an OpenID Connect provider; its URL comes without the scheme, as from AWS."""
    provider = _provider(ctx, open_id_connect_provider_arn)
    return {
        "Url": provider.url,
        "ClientIDList": provider.client_id_list,
        "ThumbprintList": provider.thumbprint_list,
        "CreateDate": provider.create_date,
        "Tags": provider.tags,
    }


@operation("ListOpenIDConnectProviders")
def list_open_id_connect_providers(ctx: Ctx) -> dict[str, Any]:
    """List the account's OpenID Connect providers."""
    return {"OpenIDConnectProviderList": [{"Arn": provider.arn} for provider in ctx.state.oidc_providers]}


@operation("DeleteOpenIDConnectProvider")
def delete_open_id_connect_provider(ctx: Ctx, *, open_id_connect_provider_arn: str) -> None:
    """Delete an OpenID Connect provider; one that is not there is deleted all the same."""
    issuer = _issuer(ctx, open_id_connect_provider_arn)
    if issuer in ctx.state.oidc_providers:
        ctx.state.oidc_providers.remove(issuer)


@operation("AddClientIDToOpenIDConnectProvider")
def add_client_id_to_open_id_connect_provider(ctx: Ctx, *, open_id_connect_provider_arn: str, client_id: str) -> None:
    """Add an audience to an OpenID Connect provider; one that it has is no error."""
    provider = _provider(ctx, open_id_connect_provider_arn)
    clients = _clients(ctx, (*provider.client_id_list, client_id))
    ctx.state.oidc_providers.put(provider.replace(client_id_list=clients))


@operation("RemoveClientIDFromOpenIDConnectProvider")
def remove_client_id_from_open_id_connect_provider(
    ctx: Ctx, *, open_id_connect_provider_arn: str, client_id: str
) -> None:
    """Take an audience from an OpenID Connect provider; one that it does not have is no error."""
    provider = _provider(ctx, open_id_connect_provider_arn)
    clients = tuple(known for known in provider.client_id_list if known != client_id)
    ctx.state.oidc_providers.put(provider.replace(client_id_list=clients))


@operation("UpdateOpenIDConnectProviderThumbprint")
def update_open_id_connect_provider_thumbprint(
    ctx: Ctx, *, open_id_connect_provider_arn: str, thumbprint_list: Sequence[str]
) -> None:
    """Replace an OpenID Connect provider's thumbprints."""
    provider = _provider(ctx, open_id_connect_provider_arn)
    ctx.state.oidc_providers.put(provider.replace(thumbprint_list=_thumbprints(thumbprint_list)))


@operation("TagOpenIDConnectProvider")
def tag_open_id_connect_provider(ctx: Ctx, *, open_id_connect_provider_arn: str, tags: Tags) -> None:
    """Set tags of an OpenID Connect provider."""
    provider = _provider(ctx, open_id_connect_provider_arn)
    ctx.state.oidc_providers.put(provider.replace(tags=merged(ctx, provider.tags, tags)))


@operation("UntagOpenIDConnectProvider")
def untag_open_id_connect_provider(ctx: Ctx, *, open_id_connect_provider_arn: str, tag_keys: Sequence[str]) -> None:
    """Take tags from an OpenID Connect provider."""
    provider = _provider(ctx, open_id_connect_provider_arn)
    ctx.state.oidc_providers.put(provider.replace(tags=without(provider.tags, tag_keys)))


@operation("ListOpenIDConnectProviderTags")
def list_open_id_connect_provider_tags(
    ctx: Ctx, *, open_id_connect_provider_arn: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List an OpenID Connect provider's tags by key."""
    provider = _provider(ctx, open_id_connect_provider_arn)
    return listed(ctx, "ListOpenIDConnectProviderTags", provider.arn, provider.tags, marker, max_items)


def _issuer(ctx: Ctx, arn: str) -> str:
    prefix = f"arn:{ctx.partition}:iam::{ctx.account}{_KIND}"
    if _KIND not in arn or not arn.startswith("arn:"):
        raise InvalidInput.arn(arn)
    # Another account's provider is one that is not there.
    return arn.removeprefix(prefix) if arn.startswith(prefix) else ""


def _provider(ctx: Ctx, arn: str) -> OpenIDConnectProvider:
    provider = ctx.state.oidc_providers.get(_issuer(ctx, arn))
    if provider is None:
        raise NoSuchEntity.oidc_provider(arn)
    return provider


def _clients(ctx: Ctx, client_ids: Sequence[str]) -> tuple[str, ...]:
    clients = tuple(dict.fromkeys(client_ids))
    check_quota(ctx, Quota.CLIENT_IDS_PER_OIDC_PROVIDER, len(clients))
    return clients


def _thumbprints(thumbprints: Sequence[str]) -> tuple[str, ...]:
    if len(thumbprints) > THUMBPRINTS_PER_PROVIDER:
        raise InvalidInput.oidc_thumbprints(THUMBPRINTS_PER_PROVIDER)
    for thumbprint in thumbprints:
        if not oidc.is_thumbprint(thumbprint):
            raise InvalidInput.oidc_thumbprint(thumbprint)
    return tuple(dict.fromkeys(thumbprint.lower() for thumbprint in thumbprints))
