"""The organization of an account, its policies compiled; asked of whatever plugin knows organizations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloudward_policy import AttachedPolicy, PolicyKind

if TYPE_CHECKING:
    from cloudward.api import App, OrganizationPolicies, OrganizationPolicy, Transaction
    from cloudward_iam.authorization.compiled import CompiledPolicies

Levels = tuple[tuple[AttachedPolicy, ...], ...]

_MOST_KEPT = 1024


@dataclass(frozen=True, slots=True)
class Organization:
    """An account's organization.

    Attributes:
        source: as the plugin gave it.
        management: whether the account is the management account.
        scps: service control policies by level, root first.
        rcps: resource control policies by level, root first.
    """

    source: OrganizationPolicies
    management: bool
    scps: Levels
    rcps: Levels


class Organizations:
    """Looks organizations up by account.

    Args:
        app: the gateway.
        compiled: compiles documents.
    """

    def __init__(self, app: App, compiled: CompiledPolicies) -> None:
        self._app = app
        self._compiled = compiled
        self._ask = app.plugins.direct("cloudward_organization_policies")
        self._kept: dict[tuple[str, str], Organization] = {}

    def of(self, transaction: Transaction, partition: str, account: str) -> Organization | None:
        """Return the organization that an account belongs to, None when it belongs to none.

        Args:
            transaction: the call's view of all state.
            partition: the account's partition.
            account: the account.
        """
        if self._ask is None or not account:
            return None
        source: OrganizationPolicies | None = self._ask(self._app, transaction, partition, account)
        if source is None:
            return None
        key = (partition, account)
        kept = self._kept.get(key)
        if kept is not None and kept.source is source:
            return kept
        organization = Organization(
            source,
            source.management_account == account,
            self._levels(source.service_control, PolicyKind.SCP),
            self._levels(source.resource_control, PolicyKind.RCP),
        )
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[key] = organization
        return organization

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()

    def _levels(self, levels: tuple[tuple[OrganizationPolicy, ...], ...], kind: PolicyKind) -> Levels:
        return tuple(
            tuple(
                AttachedPolicy(self._compiled.get(one.document, kind), one.name, arn=one.arn, source=one.target)
                for one in level
            )
            for level in levels
        )
