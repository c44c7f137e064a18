"""How the answers of the single policies combine into one decision.

Source: IAM User Guide, "Policy evaluation logic", "Cross-account policy evaluation logic", "Permissions boundaries",
"Session policies"; Organizations User Guide, "SCP evaluation" and "RCP evaluation".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from cloudward_policy.principals import Strength
from cloudward_policy.types import (
    AttachedPolicy,
    Decision,
    EvaluationError,
    Outcome,
    PolicyKind,
    PolicySet,
    PrincipalKind,
    Request,
    StatementRef,
)

UNCONTROLLED_ACTIONS = frozenset({"sts:getcalleridentity", "sts:getsessiontoken"})
"""Actions that need no permission and that no policy can deny (STS API Reference, GetCallerIdentity; IAM User Guide,
"Permissions for GetSessionToken")."""

ACTIONS_WITHOUT_RCPS = frozenset({"kms:retiregrant"})
"""Actions that resource control policies do not restrict (Organizations User Guide, "Resources and entities not
restricted by RCPs")."""

KINDS_WITH_PRINCIPAL = (
    PolicyKind.RESOURCE,
    PolicyKind.TRUST,
    PolicyKind.KEY,
    PolicyKind.VPC_ENDPOINT,
    PolicyKind.RCP,
)
_DELEGATING = (PolicyKind.TRUST, PolicyKind.KEY)
# A tuple: membership compares by identity first, while an enum's hash is computed in Python.
_WITH_ACCOUNT = (PrincipalKind.USER, PrincipalKind.ROLE_SESSION, PrincipalKind.ROOT, PrincipalKind.FEDERATED_USER)


# Enum members are looked up in Python code on every access; bound once, they cost nothing.
_FEDERATED_USER = PrincipalKind.FEDERATED_USER
_ROOT = PrincipalKind.ROOT
_BOUNDARY = PolicyKind.BOUNDARY
_IDENTITY = PolicyKind.IDENTITY
_RCP = PolicyKind.RCP
_SCP = PolicyKind.SCP
_SESSION = PolicyKind.SESSION
_VPC_ENDPOINT = PolicyKind.VPC_ENDPOINT
_ALLOWED = Outcome.ALLOWED
_EXPLICIT_DENY = Outcome.EXPLICIT_DENY
_IMPLICIT_DENY = Outcome.IMPLICIT_DENY
_ACCOUNT = Strength.ACCOUNT
_DIRECT = Strength.DIRECT
_INDIRECT = Strength.INDIRECT
_NONE = Strength.NONE


class Verdict:
    """What one group of policies says, boundaries between its policies left aside.

    Attributes:
        denies: statements that deny.
        allows: statements that allow.
        strength: how directly the most direct of `allows` means the caller.
    """

    __slots__ = ("allows", "denies", "strength")

    def __init__(self, denies: list[StatementRef], allows: list[StatementRef], strength: Strength) -> None:
        self.denies = denies
        self.allows = allows
        self.strength = strength


_SILENT = Verdict([], [], Strength.NONE)


class Gather(Protocol):
    """How an evaluator asks a group of policies, and what it noticed in doing so."""

    def ask(self, policies: Iterable[AttachedPolicy], kind: PolicyKind) -> Verdict:
        """Return what a group of policies says about the request."""

    def errors(self) -> tuple[EvaluationError, ...]:
        """Return what could not be evaluated in the policies asked so far."""

    def missing(self) -> tuple[str, ...]:
        """Return the condition keys that the policies asked for and the context did not have."""


def effective_boundary(request: Request, policies: PolicySet) -> AttachedPolicy | None:
    """The permissions boundary, for the sorts of principal that it limits."""
    if request.principal.kind in _WITH_ACCOUNT and request.principal.kind is not _ROOT:
        return policies.boundary
    return None


def _missing_level(levels: list[Verdict]) -> bool:
    return any(not level.allows for level in levels)


def decide(request: Request, policies: PolicySet, gather: Gather) -> Decision:
    """Combine what the policies say.

    Args:
        request: the request.
        policies: the policies that bear on it.
        gather: the evaluator's way of asking a group of policies.

    Returns:
        The decision, without the explaining evaluator's details.
    """
    action = request.action.lower()
    if action in UNCONTROLLED_ACTIONS:
        return Decision(_ALLOWED)
    principal = request.principal
    caller = principal.kind
    ask = gather.ask
    has_account = caller in _WITH_ACCOUNT
    exempt = principal.service_linked
    resource_kind = policies.resource_kind

    # In the order in which AWS names them.
    groups: list[Verdict] = []
    rcps: list[Verdict] = []
    scps: list[Verdict] = []
    if policies.rcps and not (exempt or request.resource_management_account or action in ACTIONS_WITHOUT_RCPS):
        rcps = [ask(level, _RCP) for level in policies.rcps]
        groups += rcps
    if policies.scps and has_account and not exempt and not request.management_account:
        scps = [ask(level, _SCP) for level in policies.scps]
        groups += scps
    endpoint = boundary = session = identity = None
    if policies.vpc_endpoint is not None:
        endpoint = ask(policies.vpc_endpoint, _VPC_ENDPOINT)
        groups.append(endpoint)
    resource = _SILENT
    if policies.resource:
        resource = ask(policies.resource, resource_kind)
        groups.append(resource)
    if has_account:
        identity = ask(policies.identity, _IDENTITY)
        groups.append(identity)
        if policies.boundary is not None:
            boundary = ask((policies.boundary,), _BOUNDARY)
            groups.append(boundary)
        if caller is _ROOT:
            # The root user has neither and needs no allow; should someone give one all the same, its denies count.
            identity = boundary = None
        sessions = policies.session
        if sessions is None and caller is _FEDERATED_USER:
            # A federated user without session policies has what resource-based policies grant to it, and no more.
            sessions = ()
        if sessions is not None:
            session = ask(sessions, _SESSION)
            groups.append(session)

    outcome = _IMPLICIT_DENY
    kind: PolicyKind | None
    determining: list[StatementRef] = []
    for group in groups:
        if group.denies:
            determining += group.denies
    if determining:
        outcome = _EXPLICIT_DENY
        kind = determining[0].kind
    elif _missing_level(rcps):
        kind = _RCP
    elif _missing_level(scps):
        kind = _SCP
    elif endpoint is not None and not endpoint.allows:
        kind = _VPC_ENDPOINT
    elif not has_account:
        kind = resource_kind
        if resource.allows:
            outcome, determining = _ALLOWED, resource.allows
    else:
        same_account = request.resource_account is None or request.resource_account == principal.account
        strength = resource.strength if same_account else min(resource.strength, _ACCOUNT)
        missing = None
        if same_account and resource_kind in _DELEGATING and strength is _NONE:
            missing = resource_kind
        elif strength < _INDIRECT and identity is not None and not identity.allows:
            missing = _IDENTITY
        elif strength < _DIRECT and boundary is not None and not boundary.allows:
            missing = _BOUNDARY
        elif strength < _DIRECT and session is not None and not session.allows:
            missing = _SESSION
        elif not same_account and strength is _NONE:
            missing = resource_kind
        kind = missing
        if missing is None:
            outcome = _ALLOWED
            own: list[StatementRef] = []
            if identity is not None and identity.allows:
                limited = (boundary is not None and not boundary.allows) or (session is not None and not session.allows)
                own = [] if limited else identity.allows
            determining = [*own, *resource.allows]
            if own and not (resource_kind in _DELEGATING and strength >= _INDIRECT):
                kind = _IDENTITY
            elif resource.allows:
                kind = resource_kind

    return Decision(
        outcome,
        kind,
        tuple(determining),
        (),
        (),
        gather.missing(),
        gather.errors(),
        None if boundary is None else bool(boundary.allows) and not boundary.denies,
        None if not scps else not _missing_level(scps) and not any(level.denies for level in scps),
    )
