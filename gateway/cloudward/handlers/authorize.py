"""Step 5: whether the caller may do this."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudward.authorization import AuthorizationRequest
from cloudward.errors import AccessDenied

if TYPE_CHECKING:
    from cloudward.app import App
    from cloudward.handlers.call import Call


class Authorize:
    """Asks the plugins' authorizers and refuses what they deny.

    Args:
        app: the app.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._hook = app.plugins.hook.cloudward_authorize
        self._asked = bool(self._hook.get_hookimpls())

    def __call__(self, chain: Any, call: Call, response: object) -> None:
        """Authorize a call.

        Args:
            chain: the running chain.
            call: the call.
            response: not used.

        Raises:
            AccessDenied: an authorizer denied the call.
        """
        if not self._asked:
            return
        assert call.caller is not None
        assert call.scope is not None
        assert call.route is not None
        verdict = self._hook(
            app=self._app,
            request=AuthorizationRequest(
                call.request_id,
                call.caller,
                call.scope,
                call.route.operation,
                call.parameters,
                call.transaction,
                call.now,
                call.wire,
            ),
        )
        call.verdict = verdict
        if verdict is not None and not verdict.allowed:
            raise AccessDenied(verdict.message)
