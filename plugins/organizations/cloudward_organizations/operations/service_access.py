"""Services that an organization trusts, and accounts that administer them for it."""

from __future__ import annotations

import re
from typing import Any

from cloudward.api import operation
from cloudward_organizations.errors import (
    AccountAlreadyRegistered,
    AccountNotRegistered,
    ConstraintViolation,
    InvalidInput,
)
from cloudward_organizations.lookups import managed_organization, member, readable_organization
from cloudward_organizations.paging import paged, pages_of
from cloudward_organizations.records import Delegation, Organization, ServiceAccess
from cloudward_organizations.shapes import administrator_shape
from cloudward_organizations.state import Ctx

_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com|amazonaws\.com\.cn|amazon\.com|aws\.internal)")


@operation("EnableAWSServiceAccess")
def enable_aws_service_access(ctx: Ctx, *, service_principal: str) -> None:
    """Let a service work throughout the organization; doing so twice is no error."""
    organization = _full_organization(ctx)
    _check_service(service_principal)
    if (organization.id, service_principal) not in ctx.state.service_access:
        ctx.state.service_access.add(
            ServiceAccess(organization_id=organization.id, service_principal=service_principal, date_enabled=ctx.now)
        )


@operation("DisableAWSServiceAccess")
def disable_aws_service_access(ctx: Ctx, *, service_principal: str) -> None:
    """Stop trusting a service; doing so twice is no error."""
    organization = _full_organization(ctx)
    _check_service(service_principal)
    key = (organization.id, service_principal)
    if key in ctx.state.service_access:
        ctx.state.service_access.remove(key)


@operation("ListAWSServiceAccessForOrganization")
def list_aws_service_access_for_organization(
    ctx: Ctx, *, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the services that the organization trusts."""
    organization = readable_organization(ctx)
    access = ctx.state.service_access
    return paged(
        ctx,
        "EnabledServicePrincipals",
        lambda after, count: access.page(after=after, limit=count, prefix=(organization.id,)),
        listing="ListAWSServiceAccessForOrganization",
        next_token=next_token,
        max_results=max_results,
        show=lambda found: {"ServicePrincipal": found.service_principal, "DateEnabled": found.date_enabled},
    )


@operation("RegisterDelegatedAdministrator")
def register_delegated_administrator(ctx: Ctx, *, account_id: str, service_principal: str) -> None:
    """Let a member account administer a service for the organization."""
    organization = _full_organization(ctx)
    _check_service(service_principal)
    account = member(ctx, organization, account_id)
    if account.id == organization.management_account:
        raise ConstraintViolation.because("CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR")
    if account.status != "ACTIVE":
        raise ConstraintViolation.because("CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR")
    if (organization.id, service_principal) not in ctx.state.service_access:
        raise ConstraintViolation.because("SERVICE_ACCESS_NOT_ENABLED")
    if (organization.id, account.id, service_principal) in ctx.state.delegations:
        raise AccountAlreadyRegistered.account()
    ctx.state.delegations.add(
        Delegation(
            organization_id=organization.id,
            account_id=account.id,
            service_principal=service_principal,
            delegation_enabled_date=ctx.now,
        )
    )


@operation("DeregisterDelegatedAdministrator")
def deregister_delegated_administrator(ctx: Ctx, *, account_id: str, service_principal: str) -> None:
    """Take the administration of a service from a member account."""
    organization = managed_organization(ctx)
    _check_service(service_principal)
    account = member(ctx, organization, account_id)
    key = (organization.id, account.id, service_principal)
    if key not in ctx.state.delegations:
        raise AccountNotRegistered.account()
    ctx.state.delegations.remove(key)


@operation("ListDelegatedAdministrators")
def list_delegated_administrators(
    ctx: Ctx, *, service_principal: str | None = None, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the accounts that administer a service, or any service."""
    organization = readable_organization(ctx)
    since: dict[str, Any] = {}
    for found in ctx.state.delegations.range((organization.id,)):
        if service_principal in {None, found.service_principal}:
            before = since.get(found.account_id)
            enabled = found.delegation_enabled_date
            since[found.account_id] = enabled if before is None else min(before, enabled)
    return paged(
        ctx,
        "DelegatedAdministrators",
        pages_of(since, str),
        listing="ListDelegatedAdministrators",
        next_token=next_token,
        max_results=max_results,
        bound_to=(service_principal,),
        show=lambda name: administrator_shape(ctx, organization, ctx.state.accounts[name], since[name]),
    )


@operation("ListDelegatedServicesForAccount")
def list_delegated_services_for_account(
    ctx: Ctx, *, account_id: str, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the services that an account administers."""
    organization = readable_organization(ctx)
    account = member(ctx, organization, account_id)
    prefix = (organization.id, account.id)
    delegations = ctx.state.delegations
    if not delegations.page(limit=1, prefix=prefix).items:
        raise AccountNotRegistered.account()
    return paged(
        ctx,
        "DelegatedServices",
        lambda after, count: delegations.page(after=after, limit=count, prefix=prefix),
        listing="ListDelegatedServicesForAccount",
        next_token=next_token,
        max_results=max_results,
        bound_to=(account_id,),
        show=lambda found: {
            "ServicePrincipal": found.service_principal,
            "DelegationEnabledDate": found.delegation_enabled_date,
        },
    )


def _full_organization(ctx: Ctx) -> Organization:
    organization = managed_organization(ctx)
    if not organization.all_features:
        raise ConstraintViolation.because("ORGANIZATION_NOT_IN_ALL_FEATURES_MODE")
    return organization


def _check_service(service_principal: str) -> None:
    if _SERVICE.fullmatch(service_principal) is None:
        raise InvalidInput.because("UNRECOGNIZED_SERVICE_PRINCIPAL")
