"""The policies that AWS itself brings: they allow everything, so that attaching others is what restricts.

Source: AWS Organizations User Guide, "Service control policies" and "Resource control policies".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

from cloudward_organizations.records import Policy

_ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_ALLOW_ANYONE = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


def _policy(name: str, kind: str, statement: dict[str, str]) -> Policy:
    content = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)
    return Policy(
        id=f"p-{name}",
        organization_id="",
        name=name,
        type=kind,
        description="Allows access to every operation",
        content=content,
        aws_managed=True,
    )


MANAGED: Mapping[str, Policy] = MappingProxyType({
    "SERVICE_CONTROL_POLICY": _policy("FullAWSAccess", "SERVICE_CONTROL_POLICY", _ALLOW),
    "RESOURCE_CONTROL_POLICY": _policy("RCPFullAWSAccess", "RESOURCE_CONTROL_POLICY", _ALLOW_ANYONE),
})  # fmt: skip
"""AWS's policy of each type, attached everywhere when the type is enabled."""

NOT_DETACHABLE = frozenset({"p-RCPFullAWSAccess"})

_BY_ID = MappingProxyType({policy.id: policy for policy in MANAGED.values()})


def managed_policy(policy_id: str) -> Policy | None:
    """Return a policy of AWS's own, None when there is none of that id.

    Args:
        policy_id: the policy's id.
    """
    return _BY_ID.get(policy_id)
