"""Accounts that join and leave an organization."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudward_organizations.attachments import attach_defaults, detach_all
from cloudward_organizations.errors import ConstraintViolation, MasterCannotLeave
from cloudward_organizations.records import Account
from cloudward_organizations.tagging import forget_tags

if TYPE_CHECKING:
    from cloudward_organizations.records import Organization
    from cloudward_organizations.state import Ctx

_UNKNOWN_EMAIL = "account-{}@example.com"
_UNKNOWN_NAME = "account-{}"


def known_account(ctx: Ctx, account_id: str) -> Account:
    """Return an account, on record or not: every account number is an account of the gateway's.

    Those that Organizations did not create have no address and name of their own, so they get made-up ones.

    Args:
        ctx: the call.
        account_id: the account.
    """
    found = ctx.state.accounts.get(account_id)
    if found is not None:
        return found
    return Account(
        id=account_id,
        email=_UNKNOWN_EMAIL.format(account_id),
        name=_UNKNOWN_NAME.format(account_id),
        joined_method="INVITED",
        joined_timestamp=ctx.now,
    )


def join(ctx: Ctx, organization: Organization, account: Account, method: str) -> Account:
    """Put an account into the root of an organization.

    Args:
        ctx: the call.
        organization: the organization.
        account: the account, in no organization.
        method: `CREATED` or `INVITED`.

    Returns:
        The account as it is then.
    """
    joined = account.replace(
        organization_id=organization.id,
        parent_id=organization.root_id,
        joined_method=method,
        joined_timestamp=ctx.now,
    )
    ctx.state.accounts.put(joined)
    attach_defaults(ctx.state, organization, joined.id)
    return joined


def leave(ctx: Ctx, organization: Organization, account: Account) -> None:
    """Take a member account out of its organization.

    Args:
        ctx: the call.
        organization: the organization.
        account: the account.

    Raises:
        MasterCannotLeave: it is the management account.
        ConstraintViolation: it administers a service for the organization.
    """
    if account.id == organization.management_account:
        raise MasterCannotLeave.account()
    if ctx.state.delegations.page(limit=1, prefix=(organization.id, account.id)).items:
        raise ConstraintViolation.because("CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG")
    release(ctx, account)


def release(ctx: Ctx, account: Account) -> None:
    """Let an account go, with whatever the organization put on it.

    Args:
        ctx: the call.
        account: the account.
    """
    detach_all(ctx.state, account.id)
    forget_tags(ctx, account.id)
    ctx.state.accounts.put(account.replace(organization_id=None, parent_id=None))
