"""SAML 2.0 identity providers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cloudward.api import operation, unique_id
from cloudward_iam import crypto
from cloudward_iam.arns import make_arn, parse_arn
from cloudward_iam.errors import EntityAlreadyExists, InvalidInput, LimitExceeded, NoSuchEntity
from cloudward_iam.limits import Quota, check_quota
from cloudward_iam.records.federation import SAMLPrivateKey, SAMLProvider
from cloudward_iam.state import Ctx
from cloudward_iam.tags import Tags, listed, merged, without

PRIVATE_KEYS_PER_PROVIDER = 2
_ID_LENGTH = 26
_ENDLESS_YEARS = 100
"""How long a provider holds whose metadata names no end."""


@operation("CreateSAMLProvider")
def create_saml_provider(
    ctx: Ctx,
    *,
    saml_metadata_document: str,
    name: str,
    tags: Tags = (),
    assertion_encryption_mode: str | None = None,
    add_private_key: str | None = None,
) -> dict[str, Any]:
    """Make a SAML provider from its metadata."""
    providers = ctx.state.saml_providers
    if name in providers:
        raise EntityAlreadyExists.saml_provider(name)
    check_quota(ctx, Quota.SAML_PROVIDERS_PER_ACCOUNT, len(providers) + 1)
    provider = SAMLProvider(
        name=name,
        arn=make_arn(ctx.scope, "saml-provider", "/", name),
        saml_provider_uuid=unique_id("", _ID_LENGTH),
        saml_metadata_document=saml_metadata_document,
        create_date=ctx.now.replace(microsecond=0),
        valid_until=_valid_until(ctx, saml_metadata_document),
        private_keys=() if add_private_key is None else (_private_key(ctx, add_private_key),),
        tags=merged(ctx, None, tags),
    )
    provider = _with_mode(provider, assertion_encryption_mode)
    providers.add(provider)
    return {"SAMLProviderArn": provider.arn, "Tags": provider.tags}


@operation("GetSAMLProvider")
def get_saml_provider(ctx: Ctx, *, saml_provider_arn: str) -> dict[str, Any]:
    """Return a SAML provider; of its private keys only their ids and dates."""
    provider = _provider(ctx, saml_provider_arn)
    return {
        "SAMLProviderUUID": provider.saml_provider_uuid,
        "SAMLMetadataDocument": provider.saml_metadata_document,
        "CreateDate": provider.create_date,
        "ValidUntil": provider.valid_until,
        "Tags": provider.tags,
        "AssertionEncryptionMode": provider.assertion_encryption_mode,
        "PrivateKeyList": [{"KeyId": key.key_id, "Timestamp": key.timestamp} for key in provider.private_keys] or None,
    }


@operation("UpdateSAMLProvider")
def update_saml_provider(
    ctx: Ctx,
    *,
    saml_provider_arn: str,
    saml_metadata_document: str | None = None,
    assertion_encryption_mode: str | None = None,
    add_private_key: str | None = None,
    remove_private_key: str | None = None,
) -> dict[str, Any]:
    """Change a SAML provider's metadata, encryption mode and private keys."""
    provider = _provider(ctx, saml_provider_arn)
    if saml_metadata_document is not None:
        provider = provider.replace(
            saml_metadata_document=saml_metadata_document, valid_until=_valid_until(ctx, saml_metadata_document)
        )
    keys = provider.private_keys
    if remove_private_key is not None:
        if all(key.key_id != remove_private_key for key in keys):
            raise NoSuchEntity.saml_private_key(remove_private_key)
        keys = tuple(key for key in keys if key.key_id != remove_private_key)
    if add_private_key is not None:
        if len(keys) == PRIVATE_KEYS_PER_PROVIDER:
            raise LimitExceeded.quota("PrivateKeysPerSAMLProvider", PRIVATE_KEYS_PER_PROVIDER)
        keys = (*keys, _private_key(ctx, add_private_key))
    mode = assertion_encryption_mode or provider.assertion_encryption_mode
    ctx.state.saml_providers.put(_with_mode(provider.replace(private_keys=keys), mode))
    return {"SAMLProviderArn": provider.arn}


@operation("DeleteSAMLProvider")
def delete_saml_provider(ctx: Ctx, *, saml_provider_arn: str) -> None:
    """Delete a SAML provider; roles that trust it stay and cannot be assumed through it."""
    ctx.state.saml_providers.remove(_provider(ctx, saml_provider_arn).name)


@operation("ListSAMLProviders")
def list_saml_providers(ctx: Ctx) -> dict[str, Any]:
    """List the account's SAML providers by name."""
    return {
        "SAMLProviderList": [
            {"Arn": provider.arn, "ValidUntil": provider.valid_until, "CreateDate": provider.create_date}
            for provider in ctx.state.saml_providers
        ]
    }


@operation("TagSAMLProvider")
def tag_saml_provider(ctx: Ctx, *, saml_provider_arn: str, tags: Tags) -> None:
    """Set tags of a SAML provider."""
    provider = _provider(ctx, saml_provider_arn)
    ctx.state.saml_providers.put(provider.replace(tags=merged(ctx, provider.tags, tags)))


@operation("UntagSAMLProvider")
def untag_saml_provider(ctx: Ctx, *, saml_provider_arn: str, tag_keys: Sequence[str]) -> None:
    """Take tags from a SAML provider."""
    provider = _provider(ctx, saml_provider_arn)
    ctx.state.saml_providers.put(provider.replace(tags=without(provider.tags, tag_keys)))


@operation("ListSAMLProviderTags")
def list_saml_provider_tags(
    ctx: Ctx, *, saml_provider_arn: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List a SAML provider's tags by key."""
    provider = _provider(ctx, saml_provider_arn)
    return listed(ctx, "ListSAMLProviderTags", provider.saml_provider_uuid, provider.tags, marker, max_items)


def _provider(ctx: Ctx, arn: str) -> SAMLProvider:
    parts = parse_arn(arn)
    if parts is None or parts.kind != "saml-provider":
        raise InvalidInput.saml_arn(arn)
    provider = ctx.state.saml_providers.get(parts.name)
    if provider is None or provider.arn != arn:
        raise NoSuchEntity.saml_provider(arn)
    return provider


def _valid_until(ctx: Ctx, document: str) -> datetime:
    try:
        metadata = crypto.saml_metadata.parse(document)
    except crypto.saml_metadata.MetadataError as error:
        raise InvalidInput.saml_metadata(error) from None
    if metadata.valid_until is not None:
        return metadata.valid_until
    now = ctx.now.replace(microsecond=0)
    # The 29th of February has no counterpart in most years.
    day = 28 if (now.month, now.day) == (2, 29) else now.day
    return now.replace(year=now.year + _ENDLESS_YEARS, day=day)


def _private_key(ctx: Ctx, pem: str) -> SAMLPrivateKey:
    try:
        crypto.certificates.load_private_key(pem)
    except crypto.certificates.CertificateError as error:
        raise InvalidInput.saml_private_key(error.text) from None
    return SAMLPrivateKey(key_id=unique_id("", _ID_LENGTH), timestamp=ctx.now.replace(microsecond=0), pem=pem.strip())


def _with_mode(provider: SAMLProvider, mode: str | None) -> SAMLProvider:
    if mode is not None and not provider.private_keys:
        raise InvalidInput.saml_key_needed(mode)
    return provider.replace(assertion_encryption_mode=mode)
