"""What would allow a denied request: the statements to add, one after the other until nothing is missing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cloudward_iam.explain.words import place, policy_named, statement_named
from cloudward_policy import (
    AttachedPolicy,
    Decision,
    Outcome,
    PolicyKind,
    PolicySet,
    Principal,
    Request,
    compile,  # noqa: A004  # the word of the trade
    evaluate,
    parse,
    suggest,
)

_MOST_STEPS = 8
_VERSION = "2012-10-17"


@dataclass(frozen=True, slots=True)
class Remedy:
    """One change that a denied request needs.

    Attributes:
        sentence: what to do.
        kind: the kind of policy to change.
        statement: the smallest statement to add, as JSON can hold it; None for a deny to lift.
    """

    sentence: str
    kind: PolicyKind
    statement: Mapping[str, Any] | None = None


def remedies(request: Request, policies: PolicySet, decision: Decision) -> list[Remedy]:
    """Return what would have to change for a request to be allowed, all of it together.

    Args:
        request: the request.
        policies: the policies that bear on it.
        decision: what was decided.

    Returns:
        The changes; none when the request is allowed.  Where a deny has to be lifted, whatever else would then be
        missing is not told.
    """
    found: list[Remedy] = []
    for _ in range(_MOST_STEPS):
        if decision.outcome is Outcome.ALLOWED:
            break
        if decision.outcome is Outcome.EXPLICIT_DENY:
            found += [
                Remedy(f"Lift the explicit deny in {statement_named(ref)}.", ref.kind) for ref in decision.determining
            ]
            break
        kind = decision.kind or PolicyKind.IDENTITY
        text = suggest(request, decision)
        if text is None or any(remedy.kind is kind for remedy in found):
            break
        statement: dict[str, Any] = json.loads(text)
        found.append(Remedy(f"Add this statement to {_where(request, policies, kind)}.", kind, statement))
        policies = with_statement(policies, kind, statement)
        decision = evaluate(request, policies)
    return found


def _where(request: Request, policies: PolicySet, kind: PolicyKind) -> str:
    """Where the statement goes, for a sentence."""
    match kind:
        case PolicyKind.IDENTITY:
            return f"an identity-based policy of {owner_named(request.principal)}"
        case PolicyKind.BOUNDARY if policies.boundary is not None:
            return policy_named(policies.boundary, kind)
        case PolicyKind.SESSION:
            return "the session policies, which are given when the session is made"
        case PolicyKind.SCP:
            return "the service control policies of every level of the organization that lacks it"
        case PolicyKind.RCP:
            return "the resource control policies of every level of the organization that lacks it"
        case PolicyKind.VPC_ENDPOINT:
            return "the policy of the VPC endpoint"
        case PolicyKind.TRUST:
            return f"the trust policy of {request.resource}"
        case PolicyKind.KEY:
            return f"the key policy of {request.resource}"
        case _:
            return f"the resource-based policy of {request.resource}"


def owner_named(principal: Principal) -> str:
    """Return whose identity-based policies count, for a sentence.

    Args:
        principal: the caller.
    """
    arn = principal.role_arn or principal.user_arn or principal.arn
    if arn.endswith(":root"):
        return f"the root user of account {principal.account}"
    return place(arn.split(":", 5)[-1]) if arn.count(":") > 4 else arn


def with_statement(policies: PolicySet, kind: PolicyKind, statement: Mapping[str, Any]) -> PolicySet:
    """Return policies with a statement more.

    Args:
        policies: the policies.
        kind: the kind of policy that gets it.
        statement: the statement.
    """
    text = json.dumps({"Version": _VERSION, "Statement": [statement]})
    added = AttachedPolicy(compile(parse(text), kind), "suggested")
    match kind:
        case PolicyKind.IDENTITY:
            return replace(policies, identity=(*policies.identity, added))
        case PolicyKind.BOUNDARY:
            return replace(policies, boundary=_extended(policies.boundary, statement) or added)
        case PolicyKind.SESSION:
            return replace(policies, session=(*(policies.session or ()), added))
        case PolicyKind.SCP:
            return replace(policies, scps=tuple((*level, added) for level in policies.scps))
        case PolicyKind.RCP:
            return replace(policies, rcps=tuple((*level, added) for level in policies.rcps))
        case PolicyKind.VPC_ENDPOINT:
            return replace(policies, vpc_endpoint=(*(policies.vpc_endpoint or ()), added))
        case _:
            return replace(policies, resource=(*policies.resource, added))


def _extended(boundary: AttachedPolicy | None, statement: Mapping[str, Any]) -> AttachedPolicy | None:
    """The permissions boundary, of which there is only one, with a statement more."""
    if boundary is None:
        return None
    document = json.loads(boundary.policy.document.text)
    present = document.get("Statement", [])
    document["Statement"] = [*(present if isinstance(present, list) else [present]), statement]
    return replace(boundary, policy=compile(parse(json.dumps(document)), PolicyKind.BOUNDARY))
