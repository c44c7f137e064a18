"""Resource handling options: which resources a simulation of an EC2 scenario must name.

Source: IAM API Reference, SimulateCustomPolicy, ResourceHandlingOption.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_ALWAYS = ("instance", "image", "security-group")
_VPC = (*_ALWAYS, "network-interface")

SCENARIOS: Mapping[str, tuple[str, ...]] = {
    "EC2-Classic-InstanceStore": _ALWAYS,
    "EC2-Classic-EBS": (*_ALWAYS, "volume"),
    "EC2-VPC-InstanceStore": _VPC,
    "EC2-VPC-InstanceStore-Subnet": (*_VPC, "subnet"),
    "EC2-VPC-EBS": (*_VPC, "volume"),
    "EC2-VPC-EBS-Subnet": (*_VPC, "subnet", "volume"),
}
"""The types of EC2 resource that each scenario needs."""

_EC2_RESOURCE = re.compile(r"arn:[^:]*:ec2:[^:]*:[^:]*:([a-z-]+)/.*", re.DOTALL)


class InvalidScenario(ValueError):
    """An unknown scenario, or one whose resources are not all given."""


def check_scenario(option: str, resources: Iterable[str]) -> None:
    """Check that the resources of a scenario are given.

    Args:
        option: the resource handling option.
        resources: the ARNs of the simulation.

    Raises:
        InvalidScenario: the option is unknown, or a type of resource is missing.
    """
    needed = SCENARIOS.get(option)
    if needed is None:
        raise InvalidScenario(f"Invalid resource handling option: {option}. Valid ones are {', '.join(SCENARIOS)}")
    given = {match[1] for resource in resources if (match := _EC2_RESOURCE.fullmatch(resource))}
    missing = [kind for kind in needed if kind not in given]
    if missing:
        raise InvalidScenario(
            f"Resource handling option {option} requires resources of the types {', '.join(needed)}; "
            f"missing: {', '.join(missing)}"
        )
