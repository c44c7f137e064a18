"""Organizations themselves: CreateOrganization to DeleteOrganization, and their roots."""

from __future__ import annotations

from typing import Any

from cloudward.api import operation
from cloudward_organizations.errors import AlreadyInOrganization, OrganizationNotEmpty
from cloudward_organizations.identifiers import organization_id, root_id
from cloudward_organizations.lookups import (
    managed_organization,
    organization_of,
    own_organization,
    readable_organization,
)
from cloudward_organizations.membership import join, known_account, release
from cloudward_organizations.paging import paged, pages_of
from cloudward_organizations.records import Organization
from cloudward_organizations.shapes import organization_shape, root_shape
from cloudward_organizations.state import Ctx
from cloudward_organizations.tagging import forget_tags


@operation("CreateOrganization")
def create_organization(ctx: Ctx, *, feature_set: str = "ALL") -> dict[str, Any]:
    """Make an organization; the caller's account manages it."""
    if organization_of(ctx.state, ctx.account) is not None:
        raise AlreadyInOrganization.account()
    organization = Organization(
        id=organization_id(), feature_set=feature_set, management_account=ctx.account, root_id=root_id()
    )
    ctx.state.organizations.add(organization)
    join(ctx, organization, known_account(ctx, ctx.account), "INVITED")
    return {"Organization": organization_shape(ctx, organization)}


@operation("DescribeOrganization")
def describe_organization(ctx: Ctx) -> dict[str, Any]:
    """Return the organization that the caller's account is in."""
    return {"Organization": organization_shape(ctx, own_organization(ctx))}


@operation("DeleteOrganization")
def delete_organization(ctx: Ctx) -> None:
    """Delete an organization without member accounts, and all that is left in it."""
    organization = managed_organization(ctx)
    state = ctx.state
    if state.accounts.count("organization_id", organization.id) > 1:
        raise OrganizationNotEmpty.accounts()
    release(ctx, state.accounts[organization.management_account])
    for view in (state.units, state.policies):
        for found in view.select("organization_id", organization.id):
            forget_tags(ctx, found.id)
    forget_tags(ctx, organization.root_id)
    for policy_type in organization.policy_types:
        for attachment in state.attachments.select("type", (organization.id, policy_type)):
            state.attachments.remove((attachment.target_id, attachment.policy_type, attachment.policy_id))
    for unit in state.units.select("organization_id", organization.id):
        state.units.remove(unit.id)
    for policy in state.policies.select("organization_id", organization.id):
        state.policies.remove(policy.id)
    for handshake in state.handshakes.select("organization_id", organization.id):
        state.handshakes.remove(handshake.id)
    for status in state.create_account_statuses.select("organization_id", organization.id):
        state.create_account_statuses.remove(status.id)
    for access in list(state.service_access.range((organization.id,))):
        state.service_access.remove((access.organization_id, access.service_principal))
    state.organizations.remove(organization.id)


@operation("ListRoots")
def list_roots(ctx: Ctx, *, next_token: str | None = None, max_results: int | None = None) -> dict[str, Any]:
    """List the organization's roots, of which there is one."""
    organization = readable_organization(ctx)
    return paged(
        ctx,
        "Roots",
        pages_of([organization], lambda found: found.root_id),
        listing="ListRoots",
        next_token=next_token,
        max_results=max_results,
        show=lambda found: root_shape(ctx, found),
    )
