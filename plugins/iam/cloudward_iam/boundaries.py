"""Permissions boundaries of users and roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudward_iam.errors import NoSuchEntity, PolicyNotAttachable
from cloudward_iam.managed_policies import find_policy, is_for_services
from cloudward_iam.records.principals import AttachedPermissionsBoundary

if TYPE_CHECKING:
    from cloudward_iam.state import Ctx


def boundary(ctx: Ctx, policy_arn: str | None) -> AttachedPermissionsBoundary | None:
    """Return the permissions boundary that a request names, for the record of the user or role.

    Args:
        ctx: the call.
        policy_arn: the managed policy's ARN; None for no boundary.

    Raises:
        NoSuchEntity: there is no such policy.
        PolicyNotAttachable: it is one for service-linked roles.
        Invalid: the text is no ARN.
    """
    if policy_arn is None:
        return None
    policy = find_policy(ctx, policy_arn, missing=NoSuchEntity.boundary)
    if is_for_services(policy):
        raise PolicyNotAttachable.not_attachable(policy.arn)
    return AttachedPermissionsBoundary(permissions_boundary_arn=policy.arn)
