"""Organizational units, and what is under what."""

from __future__ import annotations

from typing import Any

from cloudward.api import operation
from cloudward_organizations.attachments import attach_defaults, detach_all
from cloudward_organizations.errors import ChildNotFound, DuplicateUnit, UnitNotEmpty
from cloudward_organizations.identifiers import unit_id
from cloudward_organizations.limits import Quota, check_quota
from cloudward_organizations.lookups import check_parent, managed_organization, readable_organization
from cloudward_organizations.lookups import unit as find_unit
from cloudward_organizations.paging import paged, pages_of
from cloudward_organizations.records import Unit
from cloudward_organizations.shapes import unit_shape
from cloudward_organizations.state import Ctx
from cloudward_organizations.tagging import Tags, add_tags, forget_tags, read_tags
from cloudward_organizations.tree import levels, target_type


@operation("CreateOrganizationalUnit")
def create_organizational_unit(ctx: Ctx, *, parent_id: str, name: str, tags: Tags = ()) -> dict[str, Any]:
    """Make an organizational unit under the root or another unit."""
    organization = managed_organization(ctx)
    check_parent(ctx, organization, parent_id)
    fresh = read_tags(tags)
    _check_name(ctx, parent_id, name)
    check_quota(ctx, Quota.UNITS, ctx.state.units.count("organization_id", organization.id) + 1)
    check_quota(ctx, Quota.UNIT_DEPTH, len(levels(ctx.state, organization, parent_id)))
    unit = Unit(id=unit_id(organization.root_id), name=name, organization_id=organization.id, parent_id=parent_id)
    ctx.state.units.add(unit)
    attach_defaults(ctx.state, organization, unit.id)
    add_tags(ctx, unit.id, fresh)
    return {"OrganizationalUnit": unit_shape(ctx, organization, unit)}


def _check_name(ctx: Ctx, parent_id: str, name: str) -> None:
    if ctx.state.units.count("name", (parent_id, name)):
        raise DuplicateUnit.unit()


@operation("DescribeOrganizationalUnit")
def describe_organizational_unit(ctx: Ctx, *, organizational_unit_id: str) -> dict[str, Any]:
    """Return an organizational unit."""
    organization = readable_organization(ctx)
    return {"OrganizationalUnit": unit_shape(ctx, organization, find_unit(ctx, organization, organizational_unit_id))}


@operation("UpdateOrganizationalUnit")
def update_organizational_unit(ctx: Ctx, *, organizational_unit_id: str, name: str | None = None) -> dict[str, Any]:
    """Rename an organizational unit."""
    organization = managed_organization(ctx)
    unit = find_unit(ctx, organization, organizational_unit_id)
    if name is not None and name != unit.name:
        _check_name(ctx, unit.parent_id, name)
        unit = ctx.state.units.put(unit.replace(name=name))
    return {"OrganizationalUnit": unit_shape(ctx, organization, unit)}


@operation("DeleteOrganizationalUnit")
def delete_organizational_unit(ctx: Ctx, *, organizational_unit_id: str) -> None:
    """Delete an organizational unit with nothing in it."""
    organization = managed_organization(ctx)
    unit = find_unit(ctx, organization, organizational_unit_id)
    if ctx.state.units.count("parent_id", unit.id) or ctx.state.accounts.count("parent_id", unit.id):
        raise UnitNotEmpty.unit()
    detach_all(ctx.state, unit.id)
    forget_tags(ctx, unit.id)
    ctx.state.units.remove(unit.id)


@operation("ListOrganizationalUnitsForParent")
def list_organizational_units_for_parent(
    ctx: Ctx, *, parent_id: str, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the organizational units right under a root or another unit."""
    organization = readable_organization(ctx)
    check_parent(ctx, organization, parent_id)
    units = ctx.state.units
    return paged(
        ctx,
        "OrganizationalUnits",
        lambda after, count: units.select_page("parent_id", parent_id, after=after, limit=count),
        listing="ListOrganizationalUnitsForParent",
        next_token=next_token,
        max_results=max_results,
        bound_to=(parent_id,),
        show=lambda unit: unit_shape(ctx, organization, unit),
    )


@operation("ListChildren")
def list_children(
    ctx: Ctx, *, parent_id: str, child_type: str, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the ids of the accounts or organizational units right under a root or unit."""
    organization = readable_organization(ctx)
    check_parent(ctx, organization, parent_id)
    view: Any = ctx.state.accounts if child_type == "ACCOUNT" else ctx.state.units
    return paged(
        ctx,
        "Children",
        lambda after, count: view.select_page("parent_id", parent_id, after=after, limit=count),
        listing="ListChildren",
        next_token=next_token,
        max_results=max_results,
        bound_to=(parent_id, child_type),
        show=lambda child: {"Id": child.id, "Type": child_type},
    )


@operation("ListParents")
def list_parents(
    ctx: Ctx, *, child_id: str, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the parents of an account or organizational unit, of which there is one."""
    organization = readable_organization(ctx)
    child: Any = ctx.state.accounts.get(child_id) or ctx.state.units.get(child_id)
    if child is None or child.organization_id != organization.id:
        raise ChildNotFound.child()
    return paged(
        ctx,
        "Parents",
        pages_of([child.parent_id], str),
        listing="ListParents",
        next_token=next_token,
        max_results=max_results,
        bound_to=(child_id,),
        show=lambda parent_id: {"Id": parent_id, "Type": target_type(parent_id)},
    )
