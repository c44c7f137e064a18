"""Which policies are attached to which roots, organizational units and accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudward_organizations.managed import MANAGED
from cloudward_organizations.records import Attachment

if TYPE_CHECKING:
    from cloudward_organizations.records import Organization, Policy
    from cloudward_organizations.state import OrganizationsState


def attach(state: OrganizationsState, organization: Organization, policy: Policy, target_id: str) -> None:
    """Attach a policy.

    Args:
        state: the partition's state.
        organization: the organization.
        policy: the policy.
        target_id: the root, organizational unit or account.
    """
    state.attachments.put(
        Attachment(organization_id=organization.id, target_id=target_id, policy_id=policy.id, policy_type=policy.type)
    )


def attach_defaults(state: OrganizationsState, organization: Organization, target_id: str) -> None:
    """Attach AWS's own policies of the enabled types, as every new target gets them.

    Args:
        state: the partition's state.
        organization: the organization.
        target_id: the new organizational unit or account.
    """
    for policy_type in organization.policy_types:
        attach(state, organization, MANAGED[policy_type], target_id)


def detach_all(state: OrganizationsState, target_id: str) -> None:
    """Detach every policy of a target that goes away.

    Args:
        state: the partition's state.
        target_id: the organizational unit or account.
    """
    for found in list(state.attachments.range((target_id,))):
        state.attachments.remove((found.target_id, found.policy_type, found.policy_id))


def targets_of(state: OrganizationsState, organization: Organization) -> list[str]:
    """Return the ids of everything in an organization that policies can be attached to.

    Args:
        state: the partition's state.
        organization: the organization.
    """
    units = state.units.select("organization_id", organization.id)
    accounts = state.accounts.select("organization_id", organization.id)
    return [organization.root_id, *(unit.id for unit in units), *(account.id for account in accounts)]
