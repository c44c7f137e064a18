"""What an account has set that STS must know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudward.api import App, Scope, Transaction
from cloudward_iam.organization import ROOT_SESSIONS, enabled_features, organization_of
from cloudward_iam.state import IamState

DEFAULT_TOKEN_VERSION = "v1Token"


def account_preferences(app: App, transaction: Transaction, partition: str, account: str) -> Mapping[str, Any]:
    """Return an account's settings for tokens and root sessions.

    Args:
        app: the gateway.
        transaction: the view of all state.
        partition: the partition.
        account: the 12-digit account.

    Returns:
        The mapping that the hook `cloudward_account_preferences` describes.
    """
    state = transaction.state(IamState, Scope(partition, account))
    tokens = state.token_preferences.get()
    outbound = state.outbound_federation.get()
    organization = organization_of(app, transaction, partition, account)
    return {
        "global_endpoint_token_version": (
            DEFAULT_TOKEN_VERSION if tokens is None else tokens.global_endpoint_token_version
        ),
        "outbound_issuer": (
            outbound.issuer_identifier if outbound is not None and outbound.jwt_vending_enabled else None
        ),
        "organization_id": None if organization is None else organization.organization_id,
        "organization_members": () if organization is None else organization.members,
        "root_session_administrators": (
            (organization.management_account, *organization.delegated_administrators)
            if organization is not None and ROOT_SESSIONS in enabled_features(transaction, partition, organization)
            else ()
        ),
    }
