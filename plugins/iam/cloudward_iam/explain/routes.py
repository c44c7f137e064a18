"""`/_cloudward/decisions`: the decisions about the last calls, explained when asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from cloudward.api import InternalRoute, json_response
from cloudward_iam.explain.explanation import explain_record, plain_call
from cloudward_iam.explain.terminal import as_text, call_lines

if TYPE_CHECKING:
    from cloudward.api import App, CallRecord

PATH = "/_cloudward/decisions"
MOST_LISTED = 1000
_TRUE = frozenset({"1", "true", "yes"})


def routes(app: App) -> Iterable[InternalRoute]:
    """Return the routes.

    Args:
        app: the gateway.
    """

    def one(request: Any, request_id: str) -> Any:
        record = app.recent_calls.get(request_id)
        if record is None:
            return _absent(f"no call {request_id} is among the last {app.recent_calls.size}")
        return _explained(record)

    def several(request: Any) -> Any:
        denied = request.args.get("denied", "").lower() in _TRUE
        limit = request.args.get("limit", "100")
        if not limit.isdigit() or not 0 < int(limit) <= MOST_LISTED:
            return json_response({"error": f"limit must be a number from 1 to {MOST_LISTED}"}, 400)
        found = islice(_calls(app, denied=denied, principal=request.args.get("principal")), int(limit))
        return {"decisions": [summary(record) for record in found]}

    def last_denied(request: Any) -> Any:
        record = next(_calls(app, denied=True, principal=request.args.get("principal")), None)
        if record is None:
            return _absent(
                f"nothing was denied among the last {app.recent_calls.size} calls; "
                f"enforcement {app.enforcement.mode}: {app.enforcement.in_words}"
            )
        return _explained(record)

    return [
        InternalRoute(PATH, several),
        InternalRoute(f"{PATH}/last-denied", last_denied),
        InternalRoute(f"{PATH}/<request_id>", one),
    ]


def _calls(app: App, *, denied: bool, principal: str | None) -> Iterator[CallRecord]:
    """The last calls that were evaluated, the newest first."""
    for record in app.recent_calls:
        decision = record.decision
        if decision is None or (denied and decision.get("allowed")):
            continue
        if principal is None or decision.get("principal") == principal:
            yield record


def summary(record: CallRecord) -> dict[str, Any]:
    """Return a decision in a line's worth of plain values.

    Args:
        record: the call.
    """
    decision = record.decision or {}
    evaluated = decision.get("evaluated")
    return {
        "request_id": record.request_id,
        "time": record.time,
        "service": record.service,
        "operation": record.operation,
        "principal": decision.get("principal"),
        "mode": decision.get("mode"),
        "allowed": decision.get("allowed"),
        "status": record.status,
        "actions": [
            {
                "action": action.request.action,
                "resource": action.request.resource,
                "outcome": action.decision.outcome.value,
            }
            for action in (evaluated.actions if evaluated is not None else ())
        ],
    }


def _explained(record: CallRecord) -> dict[str, Any]:
    plain = plain_call(explain_record(record))
    return {**plain, "text": as_text(call_lines(plain))}


def _absent(reason: str) -> Any:
    return json_response({"error": reason}, 404)
