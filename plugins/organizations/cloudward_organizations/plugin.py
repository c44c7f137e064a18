"""The Organizations provider plugin: what the gateway asks of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from cloudward.api import Provider, Scope, hookimpl
from cloudward_organizations.lookups import organization_of
from cloudward_organizations.operations import (
    accounts,
    handshakes,
    organization,
    policies,
    policy_types,
    service_access,
    tags,
    units,
)
from cloudward_organizations.runtime import OrganizationsRuntime
from cloudward_organizations.state import OrganizationsState
from cloudward_organizations.tree import path_of

if TYPE_CHECKING:
    from cloudward.api import App, OrganizationPolicies, Transaction

OPERATIONS = (accounts, handshakes, organization, policies, policy_types, service_access, tags, units)
"""The modules whose operations the provider answers."""


@hookimpl
def cloudward_providers() -> Iterable[Provider]:
    """Bring Organizations."""
    yield Provider("organizations", OrganizationsState, runtime=OrganizationsRuntime).include(*OPERATIONS)


@hookimpl
def cloudward_organization_policies(
    app: App, transaction: Transaction, partition: str, account: str
) -> OrganizationPolicies | None:
    """Answer for the policies that bear on accounts of organizations."""
    runtime = app.runtimes.get("organizations")
    return runtime.policies_of(partition, account) if isinstance(runtime, OrganizationsRuntime) else None


@hookimpl
def cloudward_organization(
    app: App, transaction: Transaction, partition: str, account: str
) -> Mapping[str, Any] | None:
    """Tell about the organization of an account."""
    if "organizations" not in app.providers:
        return None
    state = transaction.state(OrganizationsState, Scope(partition))
    found = organization_of(state, account)
    if found is None:
        return None
    administrators: dict[str, list[str]] = {}
    for delegation in state.delegations.range((found.id,)):
        administrators.setdefault(delegation.service_principal, []).append(delegation.account_id)
    return {
        "organization_id": found.id,
        "management_account": found.management_account,
        "accounts": {
            one.id: path_of(state, found, one.parent_id) for one in state.accounts.select("organization_id", found.id)
        },
        "all_features": found.all_features,
        "trusted_services": tuple(one.service_principal for one in state.service_access.range((found.id,))),
        "delegated_administrators": {service: tuple(names) for service, names in administrators.items()},
    }


@hookimpl
def cloudward_reset(app: App, account: str | None, service: str | None) -> None:
    """Forget what was known of organizations."""
    runtime = app.runtimes.get("organizations")
    if isinstance(runtime, OrganizationsRuntime):
        runtime.forget()
