"""Step 1: which service and operation a request is for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudward.routing import Unroutable, signing_scope

if TYPE_CHECKING:
    from cloudward.app import App
    from cloudward.handlers.call import Call


class Identify:
    """Sets the call's `signing` and `route`.

    Args:
        app: the app.
    """

    def __init__(self, app: App) -> None:
        self._router = app.router

    def __call__(self, chain: Any, call: Call, response: object) -> None:
        """Identify a call.

        Args:
            chain: the running chain.
            call: the call.
            response: not used.

        Raises:
            ServiceError: no service or operation fits, or the request was refused before.
        """
        if call.route is None:
            try:
                call.signing = signing_scope(call.wire)
                call.route = self._router.route(call.wire, call.signing)
            except Unroutable:
                if call.refusal is None:
                    raise
        if call.refusal is not None:
            raise call.refusal
