"""Step 4: the request's input, decoded and checked against the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cloudward.app import App
    from cloudward.handlers.call import Call


class Decode:
    """Sets the call's `parameters`.

    Args:
        app: the app.
    """

    def __init__(self, app: App) -> None:
        self._codec = app.codec

    def __call__(self, chain: Any, call: Call, response: object) -> None:
        """Decode a call's input.

        Args:
            chain: the running chain.
            call: the call.
            response: not used.

        Raises:
            ServiceError: the input cannot be read, or breaks the model's constraints.
        """
        route = call.route
        assert route is not None
        call.parameters = self._codec(route.service, route.protocol).decode(route.operation, call.wire, route.labels)
