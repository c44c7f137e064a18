"""What STS adds to the request chain: the proof of an MFA code, and what temporary credentials cannot call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from cloudward.api import InvalidCredential
from cloudward_sts.errors import NotAuthorized

if TYPE_CHECKING:
    from cloudward.api import App

_WITH_MFA = frozenset({"AssumeRole", "GetSessionToken"})

_STS_OPERATIONS: Mapping[str, frozenset[str]] = {
    "GetSessionToken": frozenset({"AssumeRole", "GetCallerIdentity"}),
    "GetFederationToken": frozenset({"GetCallerIdentity"}),
}
"""By the operation that issued a session, the operations of STS that it may call (STS API Reference)."""


class RestrictSessions:
    """Refuses what sessions of users cannot call, whatever policies say.

    Those of GetFederationToken cannot call IAM, those of GetSessionToken only with MFA; few of STS's operations take
    either.

    Args:
        app: the gateway.
    """

    def __init__(self, app: App) -> None:
        self._off = app.config.auth == "off"

    def __call__(self, chain: Any, call: Any, response: object) -> None:
        """Check a call.

        Args:
            chain: the running chain.
            call: the call.
            response: not used.

        Raises:
            InvalidCredential: a session that IAM does not take.
            NotAuthorized: a session that the operation of STS does not take.
        """
        session = call.caller.session
        if session is None or self._off:
            return
        allowed = _STS_OPERATIONS.get(session.issuer)
        if allowed is None:
            return
        service = call.route.service.name
        if service == "iam" and (session.issuer != "GetSessionToken" or session.mfa_authenticated_at is None):
            raise InvalidCredential.token()
        if service == "sts" and call.route.operation.name not in allowed:
            raise NotAuthorized.session_credentials(call.route.operation.name)


class ProveMfa:
    """Checks the MFA code that AssumeRole and GetSessionToken may carry, before policies ask whether there was one.

    Args:
        app: the gateway.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    def __call__(self, chain: Any, call: Any, response: object) -> None:
        """Check a call's code and mark the caller.

        Args:
            chain: the running chain.
            call: the call.
            response: not used.

        Raises:
            NotAuthorized: the code is wrong or used, the device is not the caller's, or half of both is missing.
        """
        route = call.route
        if route.service.name != "sts" or route.operation.name not in _WITH_MFA:
            return
        serial_number = call.parameters.get("serial_number")
        code = call.parameters.get("token_code")
        if serial_number is None and code is None:
            return
        if serial_number is None or code is None:
            raise NotAuthorized.half_mfa()
        caller = call.caller
        if caller.kind not in ("user", "root") or caller.session is not None:
            # A device belongs to a user, and proves nothing of a session's bearer.
            raise NotAuthorized.unknown_mfa_device()
        # In a transaction of its own: a code is used up at once, so that of two calls with it only one can go on.
        right = self._app.store.run(
            lambda transaction: self._app.plugins.hook.cloudward_verify_mfa(
                app=self._app,
                transaction=transaction,
                caller=caller,
                serial_number=serial_number,
                code=code,
                now=call.now,
            )
        )
        if right is None:
            raise NotAuthorized.unknown_mfa_device()
        if not right:
            raise NotAuthorized.wrong_mfa_code()
        call.caller = replace(caller, mfa_authenticated_at=call.now.replace(microsecond=0))
