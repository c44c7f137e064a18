"""Switching types of policy on and off."""

from __future__ import annotations

from typing import Any

from cloudward.api import operation
from cloudward_organizations.attachments import attach, targets_of
from cloudward_organizations.errors import (
    PolicyTypeAlreadyEnabled,
    PolicyTypeNotAvailable,
    PolicyTypeNotEnabled,
    RootNotFound,
)
from cloudward_organizations.lookups import managed_organization
from cloudward_organizations.managed import MANAGED
from cloudward_organizations.records import Organization
from cloudward_organizations.shapes import root_shape
from cloudward_organizations.state import Ctx


@operation("EnablePolicyType")
def enable_policy_type(ctx: Ctx, *, root_id: str, policy_type: str) -> dict[str, Any]:
    """Switch a type of policy on: AWS's policy of the type, which allows everything, is attached everywhere."""
    organization = _organization(ctx, root_id)
    check_available(organization, policy_type)
    if policy_type in organization.policy_types:
        raise PolicyTypeAlreadyEnabled.policy_type()
    organization = organization.replace(policy_types=(*organization.policy_types, policy_type))
    ctx.state.organizations.put(organization)
    for target_id in targets_of(ctx.state, organization):
        attach(ctx.state, organization, MANAGED[policy_type], target_id)
    return {"Root": root_shape(ctx, organization)}


@operation("DisablePolicyType")
def disable_policy_type(ctx: Ctx, *, root_id: str, policy_type: str) -> dict[str, Any]:
    """Switch a type of policy off: all policies of the type are detached."""
    organization = _organization(ctx, root_id)
    if policy_type not in organization.policy_types:
        raise PolicyTypeNotEnabled.operation()
    for found in ctx.state.attachments.select("type", (organization.id, policy_type)):
        ctx.state.attachments.remove((found.target_id, found.policy_type, found.policy_id))
    left = tuple(name for name in organization.policy_types if name != policy_type)
    organization = ctx.state.organizations.put(organization.replace(policy_types=left))
    return {"Root": root_shape(ctx, organization)}


def check_available(organization: Organization, policy_type: str) -> None:
    """Refuse a type of policy that the organization cannot have.

    Args:
        organization: the organization.
        policy_type: the type.

    Raises:
        PolicyTypeNotAvailable: it cannot have policies of the type.
    """
    if policy_type not in MANAGED:
        raise PolicyTypeNotAvailable.unknown(policy_type)
    if not organization.all_features:
        raise PolicyTypeNotAvailable.features()


def _organization(ctx: Ctx, root_id: str) -> Organization:
    organization = managed_organization(ctx)
    if root_id != organization.root_id:
        raise RootNotFound.root()
    return organization
