"""Accounts of an organization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudward.api import operation
from cloudward_organizations.errors import (
    AccountAlreadyClosed,
    AccountNotFound,
    ConstraintViolation,
    CreateAccountStatusNotFound,
    DestinationParentNotFound,
    DuplicateAccount,
    SourceParentNotFound,
)
from cloudward_organizations.identifiers import account_id as new_account_id
from cloudward_organizations.identifiers import create_account_request_id
from cloudward_organizations.limits import Quota, check_quota
from cloudward_organizations.lookups import (
    check_parent,
    managed_organization,
    member,
    own_organization,
    readable_organization,
)
from cloudward_organizations.membership import join, leave
from cloudward_organizations.paging import paged, pages_of
from cloudward_organizations.records import Account, CreateAccountStatus
from cloudward_organizations.shapes import account_shape, status_shape
from cloudward_organizations.state import Ctx
from cloudward_organizations.tagging import Tags, add_tags, read_tags

ACCESS_ROLE = "OrganizationAccountAccessRole"
"""The role by which the management account gets into an account that it creates."""


@operation("CreateAccount")
def create_account(
    ctx: Ctx,
    *,
    email: str,
    account_name: str,
    role_name: str = ACCESS_ROLE,
    iam_user_access_to_billing: str = "ALLOW",
    tags: Tags = (),
) -> dict[str, Any]:
    """Create an account in the organization's root, with a role that the management account may assume.

    The request is answered while it is in progress, as AWS does; DescribeCreateAccountStatus tells how it ended.
    """
    organization = managed_organization(ctx)
    fresh = read_tags(tags)
    check_quota(ctx, Quota.ACCOUNTS, ctx.state.accounts.count("organization_id", organization.id) + 1)
    status = CreateAccountStatus(
        id=create_account_request_id(),
        organization_id=organization.id,
        account_name=account_name,
        state="FAILED",
        requested_timestamp=ctx.now,
        completed_timestamp=ctx.now,
        failure_reason="EMAIL_ALREADY_EXISTS",
    )
    if ctx.state.accounts.find("email", email) is None:
        account = Account(
            id=_unused_id(ctx),
            email=email,
            name=account_name,
            joined_timestamp=ctx.now,
            billing_access=iam_user_access_to_billing,
        )
        join(ctx, organization, account, "CREATED")
        add_tags(ctx, account.id, fresh)
        ctx.app.plugins.hook.cloudward_account_created(
            app=ctx.app,
            transaction=ctx.transaction,
            partition=ctx.partition,
            account=account.id,
            management_account=organization.management_account,
            role_name=role_name,
            now=ctx.now,
        )
        status = status.replace(state="SUCCEEDED", account_id=account.id, failure_reason=None)
    ctx.state.create_account_statuses.add(status)
    begun = status.replace(state="IN_PROGRESS", completed_timestamp=None, account_id=None, failure_reason=None)
    return {"CreateAccountStatus": status_shape(begun)}


def _unused_id(ctx: Ctx) -> str:
    while (found := new_account_id()) in ctx.state.accounts:
        pass
    return found


@operation("DescribeCreateAccountStatus")
def describe_create_account_status(ctx: Ctx, *, create_account_request_id: str) -> dict[str, Any]:
    """Tell how a request to create an account stands."""
    organization = readable_organization(ctx)
    status = ctx.state.create_account_statuses.get(create_account_request_id)
    if status is None or status.organization_id != organization.id:
        raise CreateAccountStatusNotFound.request()
    return {"CreateAccountStatus": status_shape(status)}


@operation("ListCreateAccountStatus")
def list_create_account_status(
    ctx: Ctx,
    *,
    states: Sequence[str] = (),
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, Any]:
    """List the requests to create accounts, all or those in some states."""
    organization = readable_organization(ctx)
    statuses = ctx.state.create_account_statuses.select("organization_id", organization.id)
    wanted = [status for status in statuses if not states or status.state in states]
    return paged(
        ctx,
        "CreateAccountStatuses",
        pages_of(wanted, lambda status: status.id),
        listing="ListCreateAccountStatus",
        next_token=next_token,
        max_results=max_results,
        bound_to=sorted(states),
        show=status_shape,
    )


@operation("DescribeAccount")
def describe_account(ctx: Ctx, *, account_id: str) -> dict[str, Any]:
    """Return an account of the organization."""
    organization = readable_organization(ctx)
    return {"Account": account_shape(ctx, organization, member(ctx, organization, account_id))}


@operation("ListAccounts")
def list_accounts(ctx: Ctx, *, next_token: str | None = None, max_results: int | None = None) -> dict[str, Any]:
    """List the organization's accounts."""
    organization = readable_organization(ctx)
    accounts = ctx.state.accounts
    return paged(
        ctx,
        "Accounts",
        lambda after, count: accounts.select_page("organization_id", organization.id, after=after, limit=count),
        listing="ListAccounts",
        next_token=next_token,
        max_results=max_results,
        show=lambda account: account_shape(ctx, organization, account),
    )


@operation("ListAccountsForParent")
def list_accounts_for_parent(
    ctx: Ctx, *, parent_id: str, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the accounts right under a root or organizational unit."""
    organization = readable_organization(ctx)
    check_parent(ctx, organization, parent_id)
    accounts = ctx.state.accounts
    return paged(
        ctx,
        "Accounts",
        lambda after, count: accounts.select_page("parent_id", parent_id, after=after, limit=count),
        listing="ListAccountsForParent",
        next_token=next_token,
        max_results=max_results,
        bound_to=(parent_id,),
        show=lambda account: account_shape(ctx, organization, account),
    )


@operation("MoveAccount")
def move_account(ctx: Ctx, *, account_id: str, source_parent_id: str, destination_parent_id: str) -> None:
    """Move an account to another root or organizational unit."""
    organization = managed_organization(ctx)
    account = member(ctx, organization, account_id)
    check_parent(ctx, organization, source_parent_id, SourceParentNotFound)
    check_parent(ctx, organization, destination_parent_id, DestinationParentNotFound)
    if account.parent_id != source_parent_id:
        raise AccountNotFound.account()  # AWS looks for it in the source only
    if source_parent_id == destination_parent_id:
        raise DuplicateAccount.account()
    ctx.state.accounts.put(account.replace(parent_id=destination_parent_id))


@operation("RemoveAccountFromOrganization")
def remove_account_from_organization(ctx: Ctx, *, account_id: str) -> None:
    """Make a member account stand alone."""
    organization = managed_organization(ctx)
    leave(ctx, organization, member(ctx, organization, account_id))


@operation("LeaveOrganization")
def leave_organization(ctx: Ctx) -> None:
    """Make the caller's account stand alone."""
    organization = own_organization(ctx)
    leave(ctx, organization, ctx.state.accounts[ctx.account])


@operation("CloseAccount")
def close_account(ctx: Ctx, *, account_id: str) -> None:
    """Close a member account; it stays in the organization, suspended."""
    organization = managed_organization(ctx)
    account = member(ctx, organization, account_id)
    if account.id == organization.management_account:
        raise ConstraintViolation.because("CANNOT_CLOSE_MANAGEMENT_ACCOUNT")
    if account.status != "ACTIVE":
        raise AccountAlreadyClosed.account()
    ctx.state.accounts.put(account.replace(status="SUSPENDED"))
