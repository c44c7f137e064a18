"""The organization that an account is in.

AWS Organizations is a service of its own: a plugin that provides it answers the hook `cloudward_organization`.  For
accounts that it puts into none, the settings `organization_…` of the IAM plugin describe one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloudward.api import Scope
from cloudward_iam.errors import (
    CallerIsNotManagementAccount,
    NotManagementOrDelegatedAdministrator,
    OrganizationNotFound,
    OrganizationNotInAllFeaturesMode,
    ServiceAccessNotEnabled,
)
from cloudward_iam.records.organizations import OrganizationsFeatures
from cloudward_iam.state import IamState

if TYPE_CHECKING:
    from cloudward.api import App, Transaction
    from cloudward_iam.state import Ctx

SERVICE_PRINCIPAL = "iam.amazonaws.com"
"""IAM as a service that organizations trust."""

ROOT_CREDENTIALS_MANAGEMENT = "RootCredentialsManagement"
ROOT_SESSIONS = "RootSessions"


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization.

    Attributes:
        organization_id: its id, `o-…`.
        management_account: the account that manages it.
        delegated_administrators: accounts that administer IAM for it.
        members: its other accounts, delegated administrators among them.
        trusted_access: whether it trusts IAM.
        all_features: whether it is more than consolidated billing.
        places: where each account is, `o-…/r-…/ou-…/`; empty where the settings describe the organization.
    """

    organization_id: str
    management_account: str
    delegated_administrators: tuple[str, ...]
    members: tuple[str, ...]
    trusted_access: bool
    all_features: bool
    places: Mapping[str, str]


def organization_of(app: App, transaction: Transaction, partition: str, account: str) -> Organization | None:
    """Return the organization that an account is in, None when it is in none.

    Args:
        app: the gateway.
        transaction: the view of all state.
        partition: the partition.
        account: the 12-digit account.
    """
    known = app.plugins.hook.cloudward_organization(
        app=app, transaction=transaction, partition=partition, account=account
    )
    return _configured(app, account) if known is None else _known(known)


def _known(known: Mapping[str, Any]) -> Organization:
    """Return an organization as the plugin that provides it tells of it."""
    management = known["management_account"]
    return Organization(
        organization_id=known["organization_id"],
        management_account=management,
        delegated_administrators=tuple(known["delegated_administrators"].get(SERVICE_PRINCIPAL, ())),
        members=tuple(account for account in known["accounts"] if account != management),
        trusted_access=SERVICE_PRINCIPAL in known["trusted_services"],
        all_features=known["all_features"],
        places=known["accounts"],
    )


def _configured(app: App, account: str) -> Organization | None:
    """Return the organization that the settings describe, if the account is in it."""
    settings = app.runtimes["iam"].settings  # type: ignore[attr-defined]  # the plugin's own runtime
    management = settings["organization_management_account"] or app.config.default_account
    administrators = settings["organization_delegated_administrators"]
    members = (*administrators, *settings["organization_accounts"])
    if not settings["organization_id"] or account not in (management, *members):
        return None
    return Organization(
        organization_id=settings["organization_id"],
        management_account=management,
        delegated_administrators=administrators,
        members=tuple(dict.fromkeys(member for member in members if member != management)),
        trusted_access=settings["organization_trusted_access"],
        all_features=settings["organization_all_features"],
        places={},
    )


def administered_organization(ctx: Ctx, *, management_only: bool = False) -> Organization:
    """Return the organization that the caller's account administers IAM for.

    Args:
        ctx: the call.
        management_only: whether a delegated administrator is not enough.

    Raises:
        OrganizationNotFound: the account is in no organization.
        NotManagementOrDelegatedAdministrator: the account is a mere member.
        CallerIsNotManagementAccount: the account is a delegated administrator, and that is not enough.
        OrganizationNotInAllFeaturesMode: the organization has consolidated billing only.
        ServiceAccessNotEnabled: the organization does not trust IAM.
    """
    found = organization_of(ctx.app, ctx.transaction, ctx.partition, ctx.account)
    if found is None:
        raise OrganizationNotFound.account(ctx.account)
    if ctx.account != found.management_account:
        if ctx.account not in found.delegated_administrators:
            raise NotManagementOrDelegatedAdministrator.account(ctx.account)
        if management_only:
            raise CallerIsNotManagementAccount.account(ctx.account)
    if not found.all_features:
        raise OrganizationNotInAllFeaturesMode.organization(found.organization_id)
    if not found.trusted_access:
        raise ServiceAccessNotEnabled.iam()
    return found


def enabled_features(transaction: Transaction, partition: str, organization: Organization) -> tuple[str, ...]:
    """Return the features of centralized root access that an organization has switched on.

    Args:
        transaction: the view of all state.
        partition: the partition.
        organization: the organization.
    """
    state = transaction.state(IamState, Scope(partition, organization.management_account))
    features = state.organizations_features.get()
    return () if features is None else features.enabled_features


def set_feature(ctx: Ctx, organization: Organization, feature: str, *, on: bool) -> tuple[str, ...]:
    """Switch a feature of centralized root access on or off for an organization.

    Args:
        ctx: the call.
        organization: the organization.
        feature: the feature.
        on: whether to switch it on.

    Returns:
        The features that are on then.
    """
    others = {found for found in enabled_features(ctx.transaction, ctx.partition, organization) if found != feature}
    features = tuple(sorted(others | {feature} if on else others))
    state = ctx.transaction.state(IamState, Scope(ctx.partition, organization.management_account))
    state.organizations_features.set(OrganizationsFeatures(enabled_features=features))
    return features
