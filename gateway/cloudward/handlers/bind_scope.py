"""Step 3: the partition, account and region that a call works in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudward.scope import Scope

if TYPE_CHECKING:
    from cloudward.app import App
    from cloudward.handlers.call import Call


class BindScope:
    """Sets the call's `scope`: the caller's partition and account, and the region of the signature.

    Args:
        app: the app.
    """

    def __init__(self, app: App) -> None:
        self._default_region = app.config.default_region

    def __call__(self, chain: Any, call: Call, response: object) -> None:
        """Bind a call.

        Args:
            chain: the running chain.
            call: the call.
            response: not used.
        """
        caller = call.caller
        assert caller is not None
        region = (call.signing and call.signing.region) or self._default_region
        call.scope = Scope(caller.partition, caller.account, region)
