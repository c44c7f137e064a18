"""Settings of an account: token version of STS's global endpoint, outbound web identity federation, properties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudward.api import operation
from cloudward_iam.errors import FeatureDisabled, FeatureEnabled, InvalidInput
from cloudward_iam.identifiers import new_uuid
from cloudward_iam.records.preferences import AccountProperty, OutboundFederation, TokenPreferences
from cloudward_iam.state import Ctx

_ISSUER = "https://{}.tokens.sts.global.api.aws"


@operation("SetSecurityTokenServicePreferences")
def set_security_token_service_preferences(ctx: Ctx, *, global_endpoint_token_version: str) -> None:
    """Choose the version of the session tokens that STS's global endpoint gives out."""
    ctx.state.token_preferences.set(TokenPreferences(global_endpoint_token_version=global_endpoint_token_version))


@operation("EnableOutboundWebIdentityFederation")
def enable_outbound_web_identity_federation(ctx: Ctx) -> dict[str, str]:
    """Let the account's principals get web identity tokens; the account gets an issuer of its own, once for good."""
    present = ctx.state.outbound_federation.get()
    if present is not None and present.jwt_vending_enabled:
        raise FeatureEnabled.outbound()
    issuer = _ISSUER.format(new_uuid()) if present is None else present.issuer_identifier
    ctx.state.outbound_federation.set(OutboundFederation(issuer_identifier=issuer, jwt_vending_enabled=True))
    return {"IssuerIdentifier": issuer}


@operation("DisableOutboundWebIdentityFederation")
def disable_outbound_web_identity_federation(ctx: Ctx) -> None:
    """Stop giving out web identity tokens; those given out stay good."""
    ctx.state.outbound_federation.set(_enabled(ctx).replace(jwt_vending_enabled=False))


@operation("GetOutboundWebIdentityFederationInfo")
def get_outbound_web_identity_federation_info(ctx: Ctx) -> dict[str, Any]:
    """Return the account's issuer of web identity tokens."""
    found = _enabled(ctx)
    return {"IssuerIdentifier": found.issuer_identifier, "JwtVendingEnabled": found.jwt_vending_enabled}


def _enabled(ctx: Ctx) -> OutboundFederation:
    present = ctx.state.outbound_federation.get()
    if present is None or not present.jwt_vending_enabled:
        raise FeatureDisabled.outbound()
    return present


@operation("PutAccountProperties")
def put_account_properties(ctx: Ctx, *, properties: Mapping[str, str]) -> dict[str, Any]:
    """Set properties of the account, all of one namespace."""
    namespaces = set()
    for name in properties:
        namespace, slash, rest = name.partition("/")
        if not slash or not rest or "/" in rest:
            raise InvalidInput.account_property(name)
        namespaces.add(namespace)
    if len(namespaces) != 1:
        raise InvalidInput.account_properties_namespace()
    for name, value in properties.items():
        ctx.state.properties.put(AccountProperty(name=name, value=value))
    return {}


@operation("GetAccountProperties")
def get_account_properties(ctx: Ctx) -> dict[str, dict[str, str]]:
    """Return the account's properties."""
    return {"Properties": {found.name: found.value for found in ctx.state.properties}}
