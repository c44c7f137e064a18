"""Simulated decisions: every action on every resource, and what each kind of policy contributes.

Sources: IAM API Reference, EvaluationResult and ResourceSpecificResult; the names of policies and of their types are
those that IAM answers (`PolicyInputList.1`, `user_bob_MyPolicy`; `IAM Policy`, `Resource Policy`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cloudward_iam.simulation.documents import compiled
from cloudward_iam.simulation.resource_types import template_of
from cloudward_policy import (
    AttachedPolicy,
    ContextValue,
    Decision,
    Outcome,
    PolicyKind,
    PolicySet,
    Principal,
    Request,
    StatementRef,
    evaluate,
)

ANY_RESOURCE = "*"
IDENTITY_POLICIES = "IAM Policy"
RESOURCE_POLICIES = "Resource Policy"
BOUNDARY_POLICIES = "Permissions Boundary Policy"
RESOURCE_POLICY_NAME = "ResourcePolicy"

_SHOWN_TYPES: Mapping[PolicyKind, str] = {
    PolicyKind.IDENTITY: IDENTITY_POLICIES,
    PolicyKind.RESOURCE: RESOURCE_POLICIES,
    PolicyKind.TRUST: RESOURCE_POLICIES,
    PolicyKind.KEY: RESOURCE_POLICIES,
}
"""The kinds whose statements an answer lists, by what it calls them."""

_SEVERITY: Mapping[str, int] = {
    Outcome.ALLOWED.value: 0,
    Outcome.IMPLICIT_DENY.value: 1,
    Outcome.EXPLICIT_DENY.value: 2,
}
_ALLOW_ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'


@dataclass(frozen=True, slots=True)
class Simulation:
    """What is simulated.

    Attributes:
        principal: the simulated caller.
        policies: the policies that bear on it, those of resources left out.
        resources: the ARNs to try each action on, or `*` alone.
        context: the request context by lower-case key.
        resource_policy: the JSON text of the policy that each resource is taken to have.
        resource_owner: the account of resources whose ARNs name none; None for the caller's.
        across_accounts: whether resources of other accounts need a policy there; without a resource policy nobody
            can say, and the simulator does not ask.
        management_account: whether the caller's account manages its organization, which SCPs do not restrict.
    """

    principal: Principal
    policies: PolicySet
    resources: tuple[str, ...] = (ANY_RESOURCE,)
    context: Mapping[str, ContextValue] | None = None
    resource_policy: str | None = None
    resource_owner: str | None = None
    across_accounts: bool = False
    management_account: bool = False


@dataclass(frozen=True, slots=True)
class _Setting:
    """What is the same for every action on one resource."""

    resource: str
    policies: PolicySet
    account: str | None
    crosses: bool


def results(simulation: Simulation, actions: Iterable[str]) -> list[dict[str, Any]]:
    """Simulate actions.

    Args:
        simulation: the simulation.
        actions: the actions.

    Returns:
        One `EvaluationResult` an action, by member names.

    Raises:
        UnusableDocument: the resource policy cannot be simulated.
    """
    settings = [_setting(simulation, resource) for resource in simulation.resources]
    return [_result(simulation, settings, action) for action in actions]


def decisions(simulation: Simulation, action: str) -> list[tuple[Request, PolicySet, Decision]]:
    """Return each decision on an action with what it was made from, for explanations.

    Args:
        simulation: the simulation.
        action: the action.
    """
    found = []
    for resource in simulation.resources:
        setting = _setting(simulation, resource)
        request = _request(simulation, setting, action)
        found.append((request, setting.policies, evaluate(request, setting.policies)))
    return found


def resource_kind(resource: str) -> PolicyKind:
    """Return what the policy of a resource is: roles have trust policies, KMS keys key policies.

    Args:
        resource: the resource's ARN.
    """
    parts = resource.split(":", 5)
    if len(parts) == 6:
        if parts[2] == "iam" and parts[5].startswith("role/"):
            return PolicyKind.TRUST
        if parts[2] == "kms" and parts[5].startswith("key/"):
            return PolicyKind.KEY
    return PolicyKind.RESOURCE


def _setting(simulation: Simulation, resource: str) -> _Setting:
    parts = resource.split(":", 5)
    named = parts[4] if len(parts) == 6 and parts[4].isdigit() else ""
    account = named or simulation.resource_owner or simulation.principal.account
    crosses = simulation.across_accounts and account != simulation.principal.account
    policies = simulation.policies
    if simulation.resource_policy is not None:
        kind = resource_kind(resource)
        given = AttachedPolicy(compiled(simulation.resource_policy, kind), RESOURCE_POLICY_NAME)
        policies = replace(policies, resource=(given,), resource_kind=kind)
    return _Setting(resource, policies, account if crosses else None, crosses)


def _request(simulation: Simulation, setting: _Setting, action: str) -> Request:
    return Request(
        simulation.principal,
        action,
        setting.resource,
        simulation.context or {},
        setting.account,
        simulation.management_account,
    )


def _result(simulation: Simulation, settings: Sequence[_Setting], action: str) -> dict[str, Any]:
    each = [_on_resource(simulation, setting, action) for setting in settings]
    outcome = max((found["EvalResourceDecision"] for found in each), key=_SEVERITY.__getitem__)
    missing: dict[str, None] = {}
    matched: dict[tuple[str, int, int], dict[str, Any]] = {}
    for found in each:
        missing.update(dict.fromkeys(found["MissingContextValues"]))
        if found["EvalResourceDecision"] == outcome:
            for statement in found["MatchedStatements"]:
                start = statement["StartPosition"]
                matched.setdefault((statement["SourcePolicyId"], start["Line"], start["Column"]), statement)
    result: dict[str, Any] = {
        "EvalActionName": action,
        "EvalResourceName": template_of(action, simulation.resources),
        "EvalDecision": outcome,
        "MatchedStatements": list(matched.values()),
        "MissingContextValues": list(missing),
    }
    organizations = [found.pop("organizations") for found in each]
    if organizations[0] is not None:
        result["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": all(organizations)}
    bounded = [found["PermissionsBoundaryDecisionDetail"] for found in each if _BOUNDED in found]
    if bounded:
        allowed = all(detail["AllowedByPermissionsBoundary"] for detail in bounded)
        result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
    if simulation.resources == (ANY_RESOURCE,):
        if each[0].get("EvalDecisionDetails"):
            result["EvalDecisionDetails"] = each[0]["EvalDecisionDetails"]
        return result
    details = [found["EvalDecisionDetails"] for found in each if "EvalDecisionDetails" in found]
    if details:
        result["EvalDecisionDetails"] = _most_restrictive(details)
    result["ResourceSpecificResults"] = each
    return result


_BOUNDED = "PermissionsBoundaryDecisionDetail"


def _most_restrictive(details: Iterable[Mapping[str, str]]) -> dict[str, str]:
    combined: dict[str, str] = {}
    for detail in details:
        for kind, outcome in detail.items():
            combined[kind] = max(combined.get(kind, outcome), outcome, key=_SEVERITY.__getitem__)
    return combined


def _on_resource(simulation: Simulation, setting: _Setting, action: str) -> dict[str, Any]:
    policies = setting.policies
    request = _request(simulation, setting, action)
    decision = evaluate(request, policies)
    found: dict[str, Any] = {
        "EvalResourceName": setting.resource,
        "EvalResourceDecision": decision.outcome.value,
        "MatchedStatements": [_matched(ref) for ref in decision.determining if ref.kind in _SHOWN_TYPES],
        "MissingContextValues": _missing(request, policies, decision),
        "organizations": decision.scp_allows,
    }
    if decision.boundary_allows is not None:
        found[_BOUNDED] = {"AllowedByPermissionsBoundary": decision.boundary_allows}
    if decision.scp_allows is not False:
        found["EvalDecisionDetails"] = _details(request, policies, decision) if setting.crosses else {}
    return found


def _missing(request: Request, policies: PolicySet, decision: Decision) -> list[str]:
    """The keys that were asked for and not there; those that only SCPs and RCPs asked for are not told."""
    if decision.missing_context and (policies.scps or policies.rcps):
        decision = evaluate(request, replace(policies, scps=(), rcps=()))
    return list(decision.missing_context)


def _details(request: Request, policies: PolicySet, decision: Decision) -> dict[str, str]:
    """What each kind of policy says on its own, where caller and resource are of different accounts."""
    willing = (AttachedPolicy(compiled(_ALLOW_ALL, PolicyKind.IDENTITY), "all"),)
    at_home = replace(request, resource_account=None)
    details = {
        IDENTITY_POLICIES: evaluate(at_home, PolicySet(identity=policies.identity)).outcome.value,
        RESOURCE_POLICIES: Outcome.IMPLICIT_DENY.value,
    }
    if policies.resource:
        alone = PolicySet(identity=willing, resource=policies.resource, resource_kind=policies.resource_kind)
        details[RESOURCE_POLICIES] = evaluate(request, alone).outcome.value
    if policies.boundary is not None and decision.boundary_allows is not None:
        alone = PolicySet(identity=willing, boundary=policies.boundary)
        details[BOUNDARY_POLICIES] = evaluate(at_home, alone).outcome.value
    return details


def _matched(ref: StatementRef) -> dict[str, Any]:
    """A statement as answers list it: from its opening brace to the column after its closing one."""
    return {
        "SourcePolicyId": policy_id(ref.policy),
        "SourcePolicyType": _SHOWN_TYPES[ref.kind],
        "StartPosition": {"Line": ref.start.line, "Column": ref.start.column},
        "EndPosition": {"Line": ref.end.line, "Column": ref.end.column + 1},
    }


def policy_id(policy: AttachedPolicy) -> str:
    """Return what the simulator calls a policy: a managed one by its name, `user_bob_Name` for an inline one.

    Args:
        policy: the policy.
    """
    if policy.arn is not None or not policy.source:
        return policy.name
    kind, _, name = policy.source.partition("/")
    return f"{kind}_{name}_{policy.name}" if name else policy.name
