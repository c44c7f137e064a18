"""Calls as events of the stream, and the stream as Server-Sent Events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import msgspec

from cloudward_iam.stream.least import least

if TYPE_CHECKING:
    from cloudward.api import CallRecord
    from cloudward_iam.authorization.evaluated import EvaluatedAction
    from cloudward_iam.stream.hub import PolicyStream

HEARTBEAT_SECONDS = 15.0


def event_of(record: CallRecord) -> dict[str, Any]:
    """Return a call as an event, in plain values.

    Args:
        record: the call.
    """
    evaluated = record.decision.get("evaluated") if record.decision is not None else None
    caller = record.caller
    return {
        "request_id": record.request_id,
        "time": record.time,
        "service": record.service,
        "operation": record.operation,
        "principal": caller.arn if caller is not None else None,
        "principal_kind": caller.kind if caller is not None else None,
        "account": record.scope.account if record.scope is not None else None,
        "region": record.scope.region if record.scope is not None else None,
        "status": record.status,
        "error": record.error_code,
        "mode": evaluated.mode if evaluated is not None else None,
        "allowed": evaluated.allowed if evaluated is not None else None,
        "unmapped": evaluated.unmapped if evaluated is not None else "",
        "actions": [_action(action) for action in evaluated.actions] if evaluated is not None else [],
    }


def _action(action: EvaluatedAction) -> dict[str, Any]:
    request, decision = action.request, action.decision
    return {
        "action": request.action,
        "resource": request.resource,
        "outcome": decision.outcome.value,
        "kind": decision.kind.value if decision.kind is not None else None,
        "context": {key: value if isinstance(value, str) else list(value) for key, value in request.context.items()},
        "least_policy": [
            {"kind": one.kind.value, "attached_to": one.attached_to, "statement": one.statement}
            for one in least(request, action.policies)
        ],
    }


async def server_sent(
    stream: PolicyStream, principal: str | None = None, heartbeat: float = HEARTBEAT_SECONDS
) -> AsyncIterator[bytes]:
    """Iterate over the stream in the form of Server-Sent Events (WHATWG HTML, "Server-sent events").

    Besides the calls, which are messages without a name, there are events `dropped` (how many were, because the reader
    was slow) and `ready` (sent first: calls from now on become events), and comments that keep the connection alive.

    Args:
        stream: the stream.
        principal: the ARN of the only caller of interest: a user, a role session, or a role with all its sessions;
            None for all.
        heartbeat: seconds after which a comment is sent where nothing else was.
    """
    listener = stream.listen()
    try:
        yield _event({"enabled": stream.enabled}, "ready")
        while True:
            records, dropped = await listener.take(heartbeat)
            if dropped:
                yield _event({"dropped": dropped}, "dropped")
            if not records:
                yield b": the stream is quiet\n\n"
            for record in records:
                if principal is None or _is_of(record, principal):
                    yield _event(event_of(record))
    finally:
        stream.leave(listener)


def _is_of(record: CallRecord, principal: str) -> bool:
    caller = record.caller
    if caller is None:
        return False
    return principal in (caller.arn, caller.session.role_arn if caller.session is not None else None)


def _event(data: object, name: str = "") -> bytes:
    lead = f"event: {name}\n".encode() if name else b""
    return lead + b"data: " + msgspec.json.encode(data) + b"\n\n"
