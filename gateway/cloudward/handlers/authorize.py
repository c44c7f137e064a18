"""Step 5: whether the caller may do this."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from cloudward.authorization import AuthorizationRequest
from cloudward.errors import AccessDenied

if TYPE_CHECKING:
    from cloudward.app import App
    from cloudward.authorization import Verdict
    from cloudward.handlers.call import Call

LOG = logging.getLogger("cloudward.authorize")


class Authorize:
    """Asks the plugins' authorizers, and refuses what they deny or, in soft mode, only tells of it.

    Args:
        app: the app.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._enforcement = app.enforcement
        self._ask = app.plugins.direct("cloudward_authorize")

    def __call__(self, chain: Any, call: Call, response: object) -> None:
        """Authorize a call.

        Args:
            chain: the running chain.
            call: the call.
            response: not used.

        Raises:
            AccessDenied: an authorizer denied the call, or none decided it.
        """
        enforcement = self._enforcement
        if not enforcement.evaluates:
            return
        assert call.caller is not None
        assert call.scope is not None
        assert call.route is not None
        operation = call.route.operation
        mode = enforcement.mode_for(call.scope.account, operation.service.name)
        if mode == "off" and not enforcement.watched:
            return
        verdict: Verdict | None = None
        if self._ask is not None:
            request = AuthorizationRequest(
                call.request_id,
                call.caller,
                call.scope,
                operation,
                call.parameters,
                call.transaction,
                call.now,
                call.wire,
                mode,
            )
            verdict = self._ask(self._app, request)
        call.verdict = verdict
        if verdict is None:
            if mode == "on":
                name = f"{operation.service.name}.{operation.name}"
                raise AccessDenied(f"Policies are enforced, but no plugin decides whether {name} is allowed.")
        elif not verdict.allowed and mode != "off":
            what = "denied" if mode == "on" else "would be denied"
            LOG.warning("request %s %s: %s", call.request_id, what, verdict.report or verdict.message)
            if mode == "on":
                raise AccessDenied(verdict.message)
