"""The tree of an organization: its root, organizational units and accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudward_organizations.records import Organization
    from cloudward_organizations.state import OrganizationsState


def levels(state: OrganizationsState, organization: Organization, parent_id: str | None) -> list[str]:
    """Return the ids on the way from the root down to a root or organizational unit, itself included.

    Args:
        state: the partition's state.
        organization: the organization.
        parent_id: the root or unit.
    """
    found: list[str] = []
    while parent_id is not None and parent_id != organization.root_id:
        found.append(parent_id)
        parent_id = state.units[parent_id].parent_id
    return [organization.root_id, *reversed(found)]


def path_of(state: OrganizationsState, organization: Organization, parent_id: str | None) -> str:
    """Return the path of a root or organizational unit, `o-…/r-…/ou-…/`.

    Args:
        state: the partition's state.
        organization: the organization.
        parent_id: the root or unit.
    """
    return "/".join((organization.id, *levels(state, organization, parent_id), ""))


def target_type(target_id: str) -> str:
    """Return what an id stands for, as answers call it.

    Args:
        target_id: the id of a root, organizational unit or account.
    """
    if target_id.startswith("r-"):
        return "ROOT"
    return "ORGANIZATIONAL_UNIT" if target_id.startswith("ou-") else "ACCOUNT"
