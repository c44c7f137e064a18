"""Step 2: who calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudward.identity import Caller, root_caller
from cloudward.ids import account_of_key
from cloudward.scope import partition_of

if TYPE_CHECKING:
    from cloudward.app import App
    from cloudward.handlers.call import Call
    from cloudward.protocols import WireRequest


class Authenticate:
    """Sets the call's `caller`.

    Args:
        app: the app.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._resolve = app.plugins.hook.cloudward_resolve_credential

    def __call__(self, chain: Any, call: Call, response: object) -> None:
        """Tell who makes a call.

        Args:
            chain: the running chain.
            call: the call.
            response: not used.

        Raises:
            ServiceError: the credential is refused.
        """
        call.caller = self._caller(call)

    def _caller(self, call: Call) -> Caller:
        signing = call.signing
        config = self._app.config
        region = (signing and signing.region) or config.default_region
        partition = partition_of(region)
        if signing is None:
            return root_caller(partition, config.default_account)
        credential = self._resolve(
            app=self._app,
            transaction=call.transaction,
            access_key_id=signing.access_key_id,
            session_token=_session_token(call.wire),
        )
        if credential is not None:
            caller: Caller = credential.caller
            return caller
        account = account_of_key(signing.access_key_id) or config.default_account
        return root_caller(partition, account, signing.access_key_id)


def _session_token(wire: WireRequest) -> str | None:
    token = wire.headers.get("x-amz-security-token")
    if token is None and "X-Amz-Security-Token=" in wire.raw_query:
        token = wire.query["X-Amz-Security-Token"][0]
    return token
