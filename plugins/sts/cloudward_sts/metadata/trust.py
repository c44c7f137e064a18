"""Whether a role trusts the service that hands its credentials out.

EC2 and ECS assume a role as any principal does: its trust policy must name them.  The gateway stands in for them
without a call of STS that an authorizer would decide, so it asks the role's policy itself.
Source: IAM User Guide, "Troubleshoot IAM and Amazon EC2", `AssumeRoleUnauthorizedAccess`; ECS Developer Guide, "Task
IAM role"; EKS User Guide, "EKS Pod Identity".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudward_policy import (
    AttachedPolicy,
    PolicyKind,
    PolicySet,
    PolicySyntaxError,
    Principal,
    PrincipalKind,
    Request,
    evaluate,
    parse,
)
from cloudward_policy import compile as compile_policy
from cloudward_sts.metadata.ways import CONTAINER, IMDS

if TYPE_CHECKING:
    from cloudward.api import App
    from cloudward_sts.metadata.records import RoleBinding
    from cloudward_sts.roles import Role

_SERVICES = {
    IMDS: ("ec2.amazonaws.com",),
    CONTAINER: ("ecs-tasks.amazonaws.com", "pods.eks.amazonaws.com"),
}
"""Who hands out credentials, any of whom a role may trust, by way."""


def is_trusted(app: App, role: Role, binding: RoleBinding) -> bool:
    """Tell whether a role trusts a service that would hand its credentials out this way, where policies are enforced.

    Args:
        app: the gateway, which knows whether policies are enforced.
        role: the role.
        binding: the instance or container.
    """
    if app.enforcement.mode_for(role.account, "sts") != "on":
        return True
    try:
        policy = compile_policy(parse(role.trust_policy), PolicyKind.TRUST)
    except PolicySyntaxError:
        return False
    policies = PolicySet(
        resource=(AttachedPolicy(policy, "trust policy", source=f"role/{role.name}"),), resource_kind=PolicyKind.TRUST
    )
    return any(evaluate(_request(service, role, binding), policies).allowed for service in _SERVICES[binding.source])


def _request(service: str, role: Role, binding: RoleBinding) -> Request:
    return Request(
        principal=Principal(PrincipalKind.SERVICE, service, ""),
        action="sts:AssumeRole",
        resource=role.arn,
        context={
            "aws:principalisawsservice": "true",
            "aws:principalservicename": service,
            "aws:requestedregion": binding.region,
            "aws:sourceaccount": role.account,
            "aws:sourcearn": _source(service, role, binding),
            "sts:rolesessionname": binding.identity,
        },
        resource_account=role.account,
    )


def _source(service: str, role: Role, binding: RoleBinding) -> str:
    place = f"{binding.region}:{role.account}"
    if service.startswith("ec2."):
        return f"arn:{role.partition}:ec2:{place}:instance/{binding.identity}"
    if service.startswith("pods."):
        return f"arn:{role.partition}:eks:{place}:cluster/default"
    return f"arn:{role.partition}:ecs:{place}:task/default/{binding.identity}"
