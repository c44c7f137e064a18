from __future__ import annotations

from typing import Any

import pytest

from cloudward.testing import Gateway
from tests.contract.iam.credentials.expect import refused


def preferences(shared: Gateway, account: str) -> Any:
    with shared.app.store.begin() as transaction:
        return shared.app.plugins.hook.cloudward_account_preferences(
            app=shared.app, transaction=transaction, partition="aws", account=account
        )


def test_the_token_version_is_set(iam: Any, shared: Gateway, account: str) -> None:
    assert preferences(shared, account)["global_endpoint_token_version"] == "v1Token"
    iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v2Token")
    assert preferences(shared, account)["global_endpoint_token_version"] == "v2Token"
    with refused("ValidationError"):
        iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v3Token")


def test_outbound_federation_is_switched_on_and_off(iam: Any, shared: Gateway, account: str) -> None:
    for call in (iam.get_outbound_web_identity_federation_info, iam.disable_outbound_web_identity_federation):
        with refused("FeatureDisabled", status=404):
            call()
    issuer = iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    assert issuer.startswith("https://")
    info = iam.get_outbound_web_identity_federation_info()
    assert (info["IssuerIdentifier"], info["JwtVendingEnabled"]) == (issuer, True)
    assert preferences(shared, account)["outbound_issuer"] == issuer
    with refused("FeatureEnabled", status=409):
        iam.enable_outbound_web_identity_federation()
    iam.disable_outbound_web_identity_federation()
    assert preferences(shared, account)["outbound_issuer"] is None
    assert iam.enable_outbound_web_identity_federation()["IssuerIdentifier"] == issuer


def test_properties_are_set_by_namespace(iam: Any) -> None:
    assert iam.get_account_properties()["Properties"] == {}
    iam.put_account_properties(Properties={"RoleManager/Enabled": "true", "RoleManager/Other": "1"})
    iam.put_account_properties(Properties={"RoleManager/Enabled": "false"})
    assert iam.get_account_properties()["Properties"] == {"RoleManager/Enabled": "false", "RoleManager/Other": "1"}


@pytest.mark.parametrize("properties", [{"NoNamespace": "1"}, {"A/": "1"}, {"A/B/C": "1"}, {"A/B": "1", "C/D": "2"}])
def test_other_properties_are_refused(iam: Any, properties: dict[str, str]) -> None:
    with refused("InvalidInput", status=400):
        iam.put_account_properties(Properties=properties)
    assert iam.get_account_properties()["Properties"] == {}
