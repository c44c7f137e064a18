"""What the decision store, the stream and the log get of an evaluated call: plain values, made when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cloudward_policy import explain, suggest

if TYPE_CHECKING:
    from cloudward_iam.authorization.evaluated import EvaluatedAction, EvaluatedCall
    from cloudward_policy import Decision, StatementRef


class DecisionRecord(Mapping[str, Any]):
    """An evaluated call as a mapping of plain values, with the evaluated call itself under `evaluated`.

    The values are made when one is asked for, so that a call nobody asks about costs nothing.

    Args:
        evaluated: the call.
    """

    __slots__ = ("_evaluated",)

    def __init__(self, evaluated: EvaluatedCall) -> None:
        self._evaluated = evaluated

    def __getitem__(self, name: str) -> Any:
        return _FIELDS[name](self._evaluated)

    def __iter__(self) -> Iterator[str]:
        return iter(_FIELDS)

    def __len__(self) -> int:
        return len(_FIELDS)

    def plain(self) -> dict[str, Any]:
        """Return everything but `evaluated`: what JSON can hold."""
        return {name: make(self._evaluated) for name, make in _FIELDS.items() if name != "evaluated"}


_FIELDS: Mapping[str, Callable[[EvaluatedCall], Any]] = {
    "evaluated": lambda call: call,
    "request_id": lambda call: call.request_id,
    "time": lambda call: call.time,
    "mode": lambda call: call.mode,
    "principal": lambda call: call.caller.arn,
    "service": lambda call: call.service,
    "operation": lambda call: call.operation,
    "allowed": lambda call: call.allowed,
    "unmapped": lambda call: call.unmapped,
    "actions": lambda call: [action_record(action) for action in call.actions],
}


def action_record(action: EvaluatedAction) -> dict[str, Any]:
    """Return an evaluated action as plain values.

    Args:
        action: the action.
    """
    request, decision = action.request, action.decision
    return {
        "action": request.action,
        "resource": request.resource,
        "outcome": decision.outcome.value,
        "kind": decision.kind.value if decision.kind is not None else None,
        "determining": [statement_record(ref) for ref in decision.determining],
        "missing_context": list(decision.missing_context),
        "errors": [f"{error.policy.name}: {error.message}" for error in decision.errors],
        "context": {key: value if isinstance(value, str) else list(value) for key, value in request.context.items()},
    }


def statement_record(ref: StatementRef) -> dict[str, Any]:
    """Return where a statement stands, as plain values.

    Args:
        ref: the statement.
    """
    return {
        "policy": ref.policy.name,
        "policy_arn": ref.policy.arn,
        "kind": ref.kind.value,
        "source": ref.policy.source,
        "sid": ref.sid,
        "index": ref.index,
        "effect": ref.effect,
        "line": ref.start.line,
        "column": ref.start.column,
    }


def explained(action: EvaluatedAction) -> Decision:
    """Return the explaining evaluator's decision about an action.

    Args:
        action: the action.
    """
    return explain(action.request, action.policies)


def report(call: EvaluatedCall, message: str) -> str:
    """Return the block that the log has of a denial.

    Args:
        call: the call.
        message: what the caller reads.
    """
    lines = [message, f"  call       {call.service}.{call.operation} by {call.caller.arn}"]
    denied = call.denied
    if denied is None:
        return "\n".join(lines)
    request, decision = denied.request, denied.decision
    kind = f" ({decision.kind.value})" if decision.kind is not None else ""
    lines += [
        f"  action     {request.action}",
        f"  resource   {request.resource}",
        f"  decision   {decision.outcome.value}{kind}",
    ]
    for ref in decision.determining:
        sid = f" {ref.sid}" if ref.sid else f" number {ref.index + 1}"
        lines.append(
            f"  denied by  statement{sid} of {ref.policy.arn or ref.policy.name} on {ref.policy.source}, "
            f"line {ref.start.line}, column {ref.start.column}"
        )
    if decision.missing_context:
        lines.append(f"  not in the request: {', '.join(decision.missing_context)}")
    lines += [f"  not usable {error.policy.name}: {error.message}" for error in decision.errors]
    if not decision.determining:
        needed = suggest(request, decision)
        if needed:
            lines.append("  would need " + needed.replace("\n", "\n             "))
    return "\n".join(lines)
