"""The organization that the settings put an account in.

AWS Organizations is a service of its own; until a plugin provides it, these settings of the IAM plugin say what IAM
needs to know: `organization_id`, `organization_management_account`, `organization_accounts` (separated by commas),
`organization_delegated_administrators`, `organization_trusted_access` and `organization_all_features` (both true by
default).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    from cloudward.api import Config, Transaction
    from cloudward_iam.state import Ctx

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
    """

    organization_id: str
    management_account: str
    delegated_administrators: tuple[str, ...]
    members: tuple[str, ...]
    trusted_access: bool
    all_features: bool


def configured_organization(config: Config) -> Organization | None:
    """Return the organization that the settings describe, None when they describe none.

    Args:
        config: the settings.
    """
    settings = config.plugin("iam")
    organization_id = str(settings.get("organization_id", ""))
    if not organization_id:
        return None
    administrators = _list(settings, "organization_delegated_administrators")
    members = (*administrators, *_list(settings, "organization_accounts"))
    return Organization(
        organization_id=organization_id,
        management_account=str(settings.get("organization_management_account", config.default_account)),
        delegated_administrators=administrators,
        members=tuple(dict.fromkeys(members)),
        trusted_access=_true(settings, "organization_trusted_access"),
        all_features=_true(settings, "organization_all_features"),
    )


def organization_of(config: Config, account: str) -> Organization | None:
    """Return the organization that an account is in, None when it is in none.

    Args:
        config: the settings.
        account: the 12-digit account.
    """
    found = configured_organization(config)
    return found if found is not None and account in (found.management_account, *found.members) else None


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
    found = organization_of(ctx.config, ctx.account)
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


def _list(settings: Mapping[str, str | int | float | bool], name: str) -> tuple[str, ...]:
    return tuple(part for text in str(settings.get(name, "")).split(",") if (part := text.strip()))


def _true(settings: Mapping[str, str | int | float | bool], name: str) -> bool:
    return str(settings.get(name, True)).lower() in {"1", "true", "yes", "on"}
