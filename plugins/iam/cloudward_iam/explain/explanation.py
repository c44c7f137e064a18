"""A decision explained: what decided, what else was looked at, and what would have to change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cloudward_iam.explain.remedies import Remedy, owner_named, remedies
from cloudward_iam.explain.words import policy_named, principal_named, statement_named, unmatched
from cloudward_policy import (
    ConditionResult,
    Decision,
    EvaluationError,
    Mismatch,
    Outcome,
    PolicyKind,
    PolicySet,
    PrincipalKind,
    Request,
    StatementRef,
    explain,
)

if TYPE_CHECKING:
    from cloudward.api import CallRecord
    from cloudward_iam.authorization.evaluated import EvaluatedCall

_NOBODY_ALLOWS: Mapping[PolicyKind, str] = {
    PolicyKind.BOUNDARY: "the permissions boundary does not allow it",
    PolicyKind.SESSION: "no session policy allows it",
    PolicyKind.SCP: "not every level of the organization has a service control policy that allows it",
    PolicyKind.RCP: "not every level of the organization has a resource control policy that allows it",
    PolicyKind.VPC_ENDPOINT: "the policy of the VPC endpoint does not allow it",
    PolicyKind.RESOURCE: "no resource-based policy allows it",
    PolicyKind.TRUST: "the role's trust policy does not allow it",
    PolicyKind.KEY: "the key policy does not allow it",
}


@dataclass(frozen=True, slots=True)
class ActionExplanation:
    """One action on one resource explained.

    Attributes:
        request: what was asked.
        decision: the explaining evaluator's decision.
        because: what decided, as a sentence.
        remedies: what would have to change for it to be allowed.
        near: statements that played no part, those first that matched longest.
    """

    request: Request
    decision: Decision
    because: str
    remedies: tuple[Remedy, ...]
    near: tuple[Mismatch, ...]


@dataclass(frozen=True, slots=True)
class CallExplanation:
    """A call explained.

    Attributes:
        request_id: the call's id.
        time: when it arrived.
        service: the service's name.
        operation: the operation's name.
        principal: who called, by ARN.
        caller: who called, in words.
        mode: the mode of enforcement that held.
        allowed: whether the policies allow the call; None when nothing was evaluated.
        conclusion: the outcome in one sentence.
        status: the HTTP status that was answered; None when it is not known.
        error: the error that was answered.
        actions: the actions that were evaluated.
    """

    request_id: str
    time: datetime | None
    service: str
    operation: str
    principal: str
    caller: str
    mode: str
    allowed: bool | None
    conclusion: str
    status: int | None = None
    error: str | None = None
    actions: tuple[ActionExplanation, ...] = field(default=())


def explain_action(request: Request, policies: PolicySet) -> ActionExplanation:
    """Explain the decision about one action.

    Args:
        request: the request.
        policies: the policies that bear on it.
    """
    decision = explain(request, policies)
    return ActionExplanation(
        request,
        decision,
        _because(request, policies, decision),
        tuple(remedies(request, policies, decision)),
        tuple(sorted(decision.mismatches, key=_distance)),
    )


_ORDER = ("Condition", "Resource", "NotResource", "Principal", "NotPrincipal", "Action", "NotAction")


def _distance(mismatch: Mismatch) -> int:
    """Statements whose later elements failed come first: they were meant for requests like this one."""
    return _ORDER.index(mismatch.element) if mismatch.element in _ORDER else 0


def _because(request: Request, policies: PolicySet, decision: Decision) -> str:
    named = [statement_named(ref) for ref in decision.determining]
    if decision.outcome is Outcome.ALLOWED:
        if named:
            return f"Allowed by {_joined(named)}."
        if request.principal.kind is PrincipalKind.ROOT:
            return "Allowed: the root user needs no policy that allows it."
        return f"Allowed: no policy controls {request.action}."
    if decision.outcome is Outcome.EXPLICIT_DENY:
        return f"Denied by {_joined(named)}: an explicit deny outweighs every allow."
    if decision.kind in (None, PolicyKind.IDENTITY):
        owner = owner_named(request.principal)
        if not policies.identity:
            return f"Denied: {owner} has no identity-based policies, so nothing allows it."
        return f"Denied: no identity-based policy of {owner} allows it."
    assert decision.kind is not None
    return f"Denied: {_NOBODY_ALLOWS.get(decision.kind, f'no {decision.kind.value} allows it')}."


def _joined(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", and by ".join(parts)


def explain_call(call: EvaluatedCall, record: CallRecord | None = None) -> CallExplanation:
    """Explain an evaluated call.

    Args:
        call: the call.
        record: how it ended; None while that is not known.
    """
    actions = tuple(explain_action(action.request, action.policies) for action in call.actions)
    caller = principal_named(actions[0].request.principal) if actions else call.caller.arn
    return CallExplanation(
        request_id=call.request_id,
        time=call.time,
        service=call.service,
        operation=call.operation,
        principal=call.caller.arn,
        caller=caller,
        mode=call.mode,
        allowed=call.allowed,
        conclusion=_conclusion(call),
        status=record.status if record is not None else None,
        error=_error(record),
        actions=actions,
    )


def explain_record(record: CallRecord) -> CallExplanation:
    """Explain a call of the store, whether it was evaluated or not.

    Args:
        record: the call.
    """
    evaluated = record.decision.get("evaluated") if record.decision is not None else None
    if evaluated is not None:
        return explain_call(evaluated, record)
    caller = record.caller.arn if record.caller is not None else ""
    if record.error_code is not None:
        why = f"The call ended with {record.error_code} before policies were looked at."
    else:
        why = "Policies were not looked at: enforcement was off for this call."
    return CallExplanation(
        request_id=record.request_id,
        time=record.time,
        service=record.service,
        operation=record.operation,
        principal=caller,
        caller=caller or "an unknown caller",
        mode="off",
        allowed=None,
        conclusion=why,
        status=record.status,
        error=_error(record),
    )


def _error(record: CallRecord | None) -> str | None:
    if record is None or record.error_code is None:
        return None
    return f"{record.error_code}: {record.error_message}"


def _conclusion(call: EvaluatedCall) -> str:
    if call.unmapped:
        verb = "Allowed" if call.allowed else "Denied"
        return f"{verb}: {call.unmapped}, so no policy could be asked."
    if call.allowed:
        return "Allowed." if call.actions else "Allowed: the call needs no permission."
    if call.mode == "on":
        return "Denied."
    return f"The policies deny it, but it went ahead: enforcement is {call.mode}."


def plain_call(explanation: CallExplanation) -> dict[str, Any]:
    """Return an explanation as JSON can hold it.

    Args:
        explanation: the explanation.
    """
    return {
        "request_id": explanation.request_id,
        "time": explanation.time.isoformat().replace("+00:00", "Z") if explanation.time is not None else None,
        "service": explanation.service,
        "operation": explanation.operation,
        "principal": explanation.principal,
        "caller": explanation.caller,
        "mode": explanation.mode,
        "allowed": explanation.allowed,
        "conclusion": explanation.conclusion,
        "status": explanation.status,
        "error": explanation.error,
        "actions": [plain_action(action) for action in explanation.actions],
    }


def plain_action(explanation: ActionExplanation) -> dict[str, Any]:
    """Return the explanation of an action as JSON can hold it.

    Args:
        explanation: the explanation.
    """
    request, decision = explanation.request, explanation.decision
    return {
        "action": request.action,
        "resource": request.resource,
        "outcome": decision.outcome.value,
        "kind": decision.kind.value if decision.kind is not None else None,
        "because": explanation.because,
        "determining": [_statement(ref) for ref in decision.determining],
        "conditions": [_condition(result) for result in decision.conditions],
        "remedies": [
            {
                "sentence": remedy.sentence,
                "kind": remedy.kind.value,
                "statement": remedy.statement,
            }
            for remedy in explanation.remedies
        ],
        "others": [
            {
                **_statement(mismatch.statement),
                "element": mismatch.element,
                "expected": list(mismatch.expected),
                "actual": mismatch.actual,
                "element_line": mismatch.position.line,
                "element_column": mismatch.position.column,
                "conditions": [_condition(result) for result in mismatch.conditions],
                "because": unmatched(mismatch),
            }
            for mismatch in explanation.near
        ],
        "missing_context": list(decision.missing_context),
        "errors": [_trouble(error) for error in decision.errors],
        "context": {key: value if isinstance(value, str) else list(value) for key, value in request.context.items()},
    }


def _statement(ref: StatementRef) -> dict[str, Any]:
    return {
        "policy": ref.policy.name,
        "policy_arn": ref.policy.arn,
        "attached_to": ref.policy.source,
        "kind": ref.kind.value,
        "sid": ref.sid,
        "index": ref.index,
        "effect": ref.effect,
        "line": ref.start.line,
        "column": ref.start.column,
        "named": statement_named(ref),
        "text": statement_text(ref),
    }


def statement_text(ref: StatementRef) -> str:
    """Return a statement as it stands in its document, less the indentation that it has there.

    Args:
        ref: the statement.
    """
    lines = ref.policy.policy.document.text.split("\n")
    if ref.end.line > len(lines):
        return ""
    chosen = lines[ref.start.line - 1 : ref.end.line]
    chosen[-1] = chosen[-1][: ref.end.column]
    indent = len(chosen[0]) - len(chosen[0].lstrip(" "))
    chosen[0] = chosen[0][ref.start.column - 1 :]
    return "\n".join([chosen[0], *(line.removeprefix(" " * indent) for line in chosen[1:])])


def _condition(result: ConditionResult) -> dict[str, Any]:
    return {
        "operator": result.operator,
        "key": result.key,
        "expected": list(result.expected),
        "actual": result.actual,
        "matched": result.matched,
    }


def _trouble(error: EvaluationError) -> dict[str, Any]:
    position = error.position
    return {
        "policy": error.policy.name,
        "policy_arn": error.policy.arn,
        "attached_to": error.policy.source,
        "message": error.message,
        "line": position.line if position is not None else None,
        "column": position.column if position is not None else None,
        "named": policy_named(error.policy, error.policy.policy.kind),
    }
