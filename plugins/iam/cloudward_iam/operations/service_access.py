"""Which policies of an identity let it call a service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudward.api import operation
from cloudward_iam.attachments import Entity
from cloudward_iam.errors import InvalidInput
from cloudward_iam.granted import grants_service, is_namespace
from cloudward_iam.identities import identity
from cloudward_iam.paging import paged, pages_of
from cloudward_iam.simulation.attached import identity_policies
from cloudward_iam.state import Ctx
from cloudward_policy import AttachedPolicy


@operation("ListPoliciesGrantingServiceAccess")
def list_policies_granting_service_access(
    ctx: Ctx, *, arn: str, service_namespaces: Sequence[str], marker: str | None = None
) -> dict[str, Any]:
    """List the permissions policies by which a user, group or role can call each of some services."""
    entity = identity(ctx, arn)
    unknown = next((name for name in service_namespaces if not is_namespace(name)), None)
    if unknown is not None:
        raise InvalidInput.service_namespace(unknown)
    wanted = list(dict.fromkeys(service_namespaces))
    return paged(
        ctx,
        "PoliciesGrantingServiceAccess",
        pages_of(enumerate(wanted), lambda numbered: numbered[0]),
        listing="ListPoliciesGrantingServiceAccess",
        marker=marker,
        max_items=None,
        bound_to=(arn, *wanted),
        show=lambda numbered: _granting(ctx, entity, numbered[1]),
    )


def _granting(ctx: Ctx, entity: Entity, namespace: str) -> dict[str, Any]:
    policies = identity_policies(ctx.state, entity)
    return {
        "ServiceNamespace": namespace,
        "Policies": [_shown(policy) for policy in policies if grants_service(policy.policy, namespace)],
    }


def _shown(policy: AttachedPolicy) -> dict[str, str]:
    if policy.arn is not None:
        return {"PolicyName": policy.name, "PolicyType": "MANAGED", "PolicyArn": policy.arn}
    kind, _, name = (policy.source or "").partition("/")
    return {"PolicyName": policy.name, "PolicyType": "INLINE", "EntityType": kind.upper(), "EntityName": name}
