"""The last step: one record a call, for the log, the store of recent calls and the plugins."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cloudward.events import CallRecord
from cloudward.handlers.fault import to_fault

if TYPE_CHECKING:
    from cloudward.app import App
    from cloudward.handlers.call import Call

LOG = logging.getLogger("cloudward.observe")


class Observe:
    """Makes the call's record and hands it on.

    Args:
        app: the app.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._recent = app.recent_calls
        self._observers = app.plugins.each("cloudward_observe")
        self._logs = app.config.log_requests

    def __call__(self, call: Call) -> None:
        """Record a call.

        Args:
            call: the call, answered.
        """
        route = call.route
        answer = call.response
        assert answer is not None
        service = route.service.name if route is not None else ""
        operation = route.operation.name if route is not None else ""
        error = call.error
        code = None
        if error is not None:
            # As the caller reads it: the model may have another name for the error's shape.
            code = to_fault(route.service, error).code if route is not None else error.code
        now = call.now
        record = CallRecord(
            request_id=call.request_id,
            time=now,
            service=service,
            operation=operation,
            caller=call.caller,
            scope=call.scope,
            status=answer.status,
            error_code=code,
            error_message=error.text if error is not None else None,
            duration=self._app.clock.timestamp() - now.timestamp(),
            decision=call.verdict.record if call.verdict is not None else None,
            user_agent=call.wire.headers.get("user-agent", ""),
            source_ip=call.wire.remote_addr,
        )
        self._recent.add(record)
        if self._logs:
            self._app.request_log(record)
        for plugin, observe in self._observers:
            try:
                observe(self._app, record)
            except Exception:
                LOG.exception("plugin %s: cloudward_observe failed", plugin)
