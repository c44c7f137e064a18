"""What the plugin keeps of a running gateway beside its state."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

from cloudward.api import OrganizationPolicies, OrganizationPolicy, Scope
from cloudward_organizations.limits import check_settings
from cloudward_organizations.lookups import organization_of, policy
from cloudward_organizations.shapes import policy_arn
from cloudward_organizations.state import OrganizationsState
from cloudward_organizations.tree import levels, path_of

if TYPE_CHECKING:
    from cloudward.api import App
    from cloudward_organizations.records import Organization

LOG = logging.getLogger("cloudward.organizations")

TABLES = (
    OrganizationsState.organizations,
    OrganizationsState.accounts,
    OrganizationsState.units,
    OrganizationsState.policies,
    OrganizationsState.attachments,
)
"""The tables that decide which policies bear on an account."""

_MOST_KEPT = 4096


class _Kept(NamedTuple):
    version: int
    found: OrganizationPolicies | None


class OrganizationsRuntime:
    """Answers for the organization of accounts, from memory as long as nothing changes.

    Args:
        app: the gateway.

    Raises:
        ConfigError: a setting that cannot be used.
    """

    def __init__(self, app: App) -> None:
        for problem in check_settings(app.config.plugin("organizations")):
            LOG.warning(problem)
        self._store = app.store
        self._kept: dict[tuple[str, str], _Kept] = {}

    def policies_of(self, partition: str, account: str) -> OrganizationPolicies | None:
        """Return the organization of an account with the policies that bear on it, None when it is in none.

        Args:
            partition: the partition.
            account: the account.
        """
        # What another call commits between the two is in what is found, and found once more by the next call.
        version = self._store.version(TABLES, Scope(partition))
        key = (partition, account)
        kept = self._kept.get(key)
        if kept is not None and kept.version == version:
            return kept.found
        with self._store.begin() as transaction:
            found = _policies_of(transaction.state(OrganizationsState, Scope(partition)), partition, account)
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[key] = _Kept(version, found)
        return found

    def forget(self) -> None:
        """Drop what is known; state was reset."""
        self._kept.clear()


def _policies_of(state: OrganizationsState, partition: str, account_id: str) -> OrganizationPolicies | None:
    organization = organization_of(state, account_id)
    if organization is None:
        return None
    parent_id = state.accounts[account_id].parent_id
    targets = [*levels(state, organization, parent_id), account_id]

    def of_type(policy_type: str) -> tuple[tuple[OrganizationPolicy, ...], ...]:
        if policy_type not in organization.policy_types:
            return ()
        return tuple(_attached(state, partition, organization, target, policy_type) for target in targets)

    return OrganizationPolicies(
        organization_id=organization.id,
        management_account=organization.management_account,
        path=path_of(state, organization, parent_id),
        service_control=of_type("SERVICE_CONTROL_POLICY"),
        resource_control=of_type("RESOURCE_CONTROL_POLICY"),
    )


def _attached(
    state: OrganizationsState, partition: str, organization: Organization, target_id: str, policy_type: str
) -> tuple[OrganizationPolicy, ...]:
    found = (
        policy(state, organization, attachment.policy_id)
        for attachment in state.attachments.range((target_id, policy_type))
    )
    return tuple(
        OrganizationPolicy(
            name=one.name,
            arn=policy_arn(partition, organization, one),
            document=one.content,
            target=target_id,
        )
        for one in found
    )
