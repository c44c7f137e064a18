"""Finding identity providers for those who check their assertions and tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudward.api import Scope, Transaction
from cloudward_iam import crypto
from cloudward_iam.state import IamState

_PARTS = 6


def find_identity_provider(transaction: Transaction, arn: str) -> Mapping[str, Any] | None:
    """Return what is known of a SAML or OpenID Connect provider, None when there is none.

    Args:
        transaction: the view of all state.
        arn: the provider's ARN.

    Returns:
        The mapping that the hook `cloudward_find_identity_provider` describes.
    """
    parts = arn.split(":", _PARTS - 1)
    if len(parts) != _PARTS or parts[2] != "iam":
        return None
    state = transaction.state(IamState, Scope(parts[1], parts[4]))
    kind, _, name = parts[5].partition("/")
    if kind == "saml-provider":
        found = _saml(state, name)
    elif kind == "oidc-provider":
        found = _oidc(state, name)
    else:
        return None
    return None if found is None or found["arn"] != arn else {"account": parts[4], **found}


def find_outbound_federation(transaction: Transaction, partition: str, account: str) -> Mapping[str, Any] | None:
    """Return what is known of an account's issuer of web identity tokens, None when it never enabled one.

    Args:
        transaction: the view of all state.
        partition: the account's partition.
        account: the account.

    Returns:
        The mapping that the hook `cloudward_outbound_federation` describes.
    """
    found = transaction.state(IamState, Scope(partition, account)).outbound_federation.get()
    return None if found is None else {"issuer": found.issuer_identifier, "enabled": found.jwt_vending_enabled}


def _saml(state: IamState, name: str) -> dict[str, Any] | None:
    provider = state.saml_providers.get(name)
    if provider is None:
        return None
    metadata = crypto.saml_metadata.parse(provider.saml_metadata_document)
    return {
        "kind": "saml",
        "arn": provider.arn,
        "name": provider.name,
        "uuid": provider.saml_provider_uuid,
        "entity_id": metadata.entity_id,
        "signing_certificates": metadata.signing_certificates,
        "valid_until": provider.valid_until,
        "assertion_encryption_mode": provider.assertion_encryption_mode,
        "private_keys": tuple(key.pem for key in provider.private_keys),
        "tags": {tag.key: tag.value for tag in provider.tags or ()},
    }


def _oidc(state: IamState, issuer: str) -> dict[str, Any] | None:
    provider = state.oidc_providers.get(issuer)
    if provider is None:
        return None
    return {
        "kind": "oidc",
        "arn": provider.arn,
        "issuer": provider.url,
        "client_ids": provider.client_id_list,
        "thumbprints": provider.thumbprint_list,
        "tags": {tag.key: tag.value for tag in provider.tags or ()},
    }
