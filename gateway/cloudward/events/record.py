"""The record of one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from cloudward.identity import Caller
    from cloudward.scope import Scope


class CallRecord:
    """What one call was and how it ended.

    Attributes:
        request_id: the call's id.
        time: when it arrived, in UTC.
        service: the service's name; empty when it could not be told.
        operation: the operation's name; empty when it could not be told.
        caller: who called; None when that could not be told.
        scope: partition, account and region; None when that could not be told.
        status: the HTTP status answered.
        error_code: the error's code; None for a success.
        error_message: the error's message; None for a success.
        duration: seconds from arrival to answer.
        decision: what the authorizer recorded; None when nothing was evaluated.
        user_agent: the client's own description of itself.
        source_ip: the client's address.
    """

    __slots__ = (
        "caller", "decision", "duration", "error_code", "error_message", "operation", "request_id", "scope", "service",
        "source_ip", "status", "time", "user_agent",
    )  # fmt: skip

    def __init__(
        self,
        *,
        request_id: str,
        time: datetime,
        service: str,
        operation: str,
        caller: Caller | None,
        scope: Scope | None,
        status: int,
        error_code: str | None,
        error_message: str | None,
        duration: float,
        decision: Mapping[str, Any] | None,
        user_agent: str,
        source_ip: str,
    ) -> None:
        self.request_id = request_id
        self.time = time
        self.service = service
        self.operation = operation
        self.caller = caller
        self.scope = scope
        self.status = status
        self.error_code = error_code
        self.error_message = error_message
        self.duration = duration
        self.decision = decision
        self.user_agent = user_agent
        self.source_ip = source_ip
