"""What was decided about a call, with all that the explaining evaluator needs to go over it again later."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cloudward.api import Caller, Scope
    from cloudward_policy import Decision, PolicySet, Request


class EvaluatedAction(NamedTuple):
    """One action on one resource, and what was decided about it.

    Attributes:
        request: what the policy engine was asked; its context answers for keys that no policy has asked for yet.
        policies: every policy that bore on it.
        decision: the fast evaluator's decision.
        shown: the resource as AWS's messages name it; empty where they name none.
    """

    request: Request
    policies: PolicySet
    decision: Decision
    shown: str = ""


class EvaluatedCall(NamedTuple):
    """A call and what was decided about it.

    Attributes:
        request_id: the call's id.
        time: when it arrived, in UTC.
        mode: the mode that held for it: `on`, `soft` or `off`.
        caller: who called.
        scope: partition, account and region.
        service: the service's name.
        operation: the operation's name.
        actions: what was decided, in the order of evaluation; empty for a call that needs no permission.
        unmapped: why the call's actions are not known, empty when they are.
        allowed: whether the policies allow the call.
    """

    request_id: str
    time: datetime
    mode: str
    caller: Caller
    scope: Scope
    service: str
    operation: str
    actions: tuple[EvaluatedAction, ...]
    unmapped: str = ""
    allowed: bool = True

    @property
    def denied(self) -> EvaluatedAction | None:
        """The first action that was denied, whose message the caller reads; None when there is none."""
        return next((action for action in self.actions if not action.decision.allowed), None)
