"""The least policy that allows an action: identity-based, resource-based, or both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cloudward_iam.explain.remedies import owner_named, with_statement
from cloudward_policy import Decision, Outcome, PolicyKind, PolicySet, PrincipalKind, Request, evaluate, suggest
from cloudward_policy.logic import UNCONTROLLED_ACTIONS

_PASS_ROLE = "iam:PassRole"
_PASSED_TO = "iam:passedtoservice"


@dataclass(frozen=True, slots=True)
class LeastStatement:
    """A statement that an action needs.

    Attributes:
        kind: the kind of policy that it belongs into.
        attached_to: what that policy hangs on: `user bob` and the like, or the resource's ARN.
        statement: the statement.
    """

    kind: PolicyKind
    attached_to: str
    statement: Mapping[str, Any]


def least(request: Request, policies: PolicySet) -> tuple[LeastStatement, ...]:
    """Return the least statements that allow an action.

    The policies that the caller has are left out of account, those of the resource are not: where they grant by
    themselves, theirs is the statement; where the resource is another account's, or its policy has to agree (trust and
    key policies), there are two.

    Args:
        request: the request.
        policies: the policies that bore on it.

    Returns:
        The statements; none for an action that no policy controls.
    """
    if request.action.lower() in UNCONTROLLED_ACTIONS:
        return ()
    if request.principal.kind is PrincipalKind.ROOT:
        # Root needs no permission; what a user in its place would need is what people want to know.
        request = replace(request, principal=replace(request.principal, kind=PrincipalKind.USER))
    kind = policies.resource_kind
    resource = LeastStatement(kind, request.resource, _statement(request, kind))
    bare = PolicySet(resource=policies.resource, resource_kind=kind)
    if not request.principal.account or (policies.resource and evaluate(request, bare).allowed):
        return (resource,)
    identity = LeastStatement(PolicyKind.IDENTITY, owner_named(request.principal), _identity_statement(request))
    with_identity = with_statement(bare, PolicyKind.IDENTITY, identity.statement)
    if evaluate(request, with_identity).allowed:
        return (identity,)
    if kind is not PolicyKind.RESOURCE and evaluate(request, with_statement(bare, kind, resource.statement)).allowed:
        return (resource,)
    return (identity, resource)


def _identity_statement(request: Request) -> dict[str, Any]:
    statement = _statement(request, PolicyKind.IDENTITY)
    # What gets its id in the call is asked for with a wildcard, and has to be allowed with one.
    if request.resource.endswith("/*"):
        statement["Resource"] = request.resource
    service = request.context.get(_PASSED_TO)
    if request.action == _PASS_ROLE and service is not None:
        statement["Condition"] = {"StringEquals": {"iam:PassedToService": service}}
    return statement


def _statement(request: Request, kind: PolicyKind) -> dict[str, Any]:
    text = suggest(replace(request, context={}), Decision(Outcome.IMPLICIT_DENY, kind))
    assert text is not None
    found: dict[str, Any] = json.loads(text)
    return found
