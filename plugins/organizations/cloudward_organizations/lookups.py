"""Finding the organization that a caller may look at or change, and what requests name in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudward_organizations.errors import (
    AccountNotFound,
    InvalidInput,
    NotInUse,
    NotPermitted,
    ParentNotFound,
    PolicyNotFound,
    TargetNotFound,
    UnitNotFound,
)
from cloudward_organizations.managed import managed_policy

if TYPE_CHECKING:
    from cloudward.api import ServiceError
    from cloudward_organizations.records import Account, Organization, Policy, Unit
    from cloudward_organizations.state import Ctx, OrganizationsState


def organization_of(state: OrganizationsState, account_id: str) -> Organization | None:
    """Return the organization that an account is in, None when it is in none.

    Args:
        state: the partition's state.
        account_id: the account.
    """
    account = state.accounts.get(account_id)
    if account is None or account.organization_id is None:
        return None
    return state.organizations[account.organization_id]


def own_organization(ctx: Ctx) -> Organization:
    """Return the organization of the caller's account.

    Args:
        ctx: the call.

    Raises:
        NotInUse: the account is in none.
    """
    found = organization_of(ctx.state, ctx.account)
    if found is None:
        raise NotInUse.account()
    return found


def managed_organization(ctx: Ctx) -> Organization:
    """Return the organization that the caller's account manages.

    Args:
        ctx: the call.

    Raises:
        NotInUse: the account is in none.
        NotPermitted: the account is a member.
    """
    found = own_organization(ctx)
    if found.management_account != ctx.account:
        raise NotPermitted.resource()
    return found


def readable_organization(ctx: Ctx) -> Organization:
    """Return the organization that the caller's account may look at: its management account and its delegated
    administrators.

    Args:
        ctx: the call.

    Raises:
        NotInUse: the account is in none.
        NotPermitted: the account is a mere member.
    """
    found = own_organization(ctx)
    delegated = ctx.state.delegations.page(limit=1, prefix=(found.id, ctx.account)).items
    if found.management_account != ctx.account and not delegated:
        raise NotPermitted.resource()
    return found


def member(ctx: Ctx, organization: Organization, account_id: str) -> Account:
    """Return an account of an organization.

    Args:
        ctx: the call.
        organization: the organization.
        account_id: the account.

    Raises:
        AccountNotFound: it is not in the organization.
    """
    account = ctx.state.accounts.get(account_id)
    if account is None or account.organization_id != organization.id:
        raise AccountNotFound.account()
    return account


def unit(ctx: Ctx, organization: Organization, unit_id: str) -> Unit:
    """Return an organizational unit of an organization.

    Args:
        ctx: the call.
        organization: the organization.
        unit_id: the unit's id.

    Raises:
        UnitNotFound: there is none.
    """
    found = ctx.state.units.get(unit_id)
    if found is None or found.organization_id != organization.id:
        raise UnitNotFound.unit()
    return found


def check_parent(
    ctx: Ctx, organization: Organization, parent_id: str, error: type[ServiceError] = ParentNotFound
) -> None:
    """Make sure that an id is of a root or organizational unit of an organization.

    Args:
        ctx: the call.
        organization: the organization.
        parent_id: the id.
        error: the error to raise; it must have a message `parent`.

    Raises:
        ServiceError: there is none.
    """
    found = ctx.state.units.get(parent_id)
    if parent_id != organization.root_id and (found is None or found.organization_id != organization.id):
        raise error.parent()  # type: ignore[attr-defined]  # the three errors for parents have it


def check_target(ctx: Ctx, organization: Organization, target_id: str) -> None:
    """Make sure that an id is of a root, organizational unit or account of an organization.

    Args:
        ctx: the call.
        organization: the organization.
        target_id: the id.

    Raises:
        InvalidInput: it is no such id at all.
        TargetNotFound: there is none.
    """
    found: Account | Unit | None
    if target_id.isdecimal():
        found = ctx.state.accounts.get(target_id)
    elif target_id.startswith("ou-"):
        found = ctx.state.units.get(target_id)
    elif target_id.startswith("r-"):
        if target_id == organization.root_id:
            return
        found = None
    else:
        raise InvalidInput.because("INVALID_PATTERN_TARGET_ID")
    if found is None or found.organization_id != organization.id:
        raise TargetNotFound.target()


def policy(state: OrganizationsState, organization: Organization, policy_id: str) -> Policy:
    """Return a policy of an organization, or one of AWS's own.

    Args:
        state: the partition's state.
        organization: the organization.
        policy_id: the policy's id.

    Raises:
        PolicyNotFound: there is none.
    """
    own = managed_policy(policy_id)
    if own is not None:
        return own
    found = state.policies.get(policy_id)
    if found is None or found.organization_id != organization.id:
        raise PolicyNotFound.policy()
    return found
