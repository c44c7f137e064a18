"""The STS provider plugin: what the gateway asks of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from cloudward.api import Provider, hookimpl
from cloudward_sts import authorization, credentials
from cloudward_sts.operations import assume_role, assume_root, delegation, identity, messages, user_sessions
from cloudward_sts.routes import sts_routes
from cloudward_sts.runtime import StsRuntime
from cloudward_sts.sealing import Purpose
from cloudward_sts.state import StsState
from cloudward_sts.steps import ProveMfa, RestrictSessions

if TYPE_CHECKING:
    from cloudward.api import (
        App,
        AuthorizationFacts,
        AuthorizationRequest,
        Credential,
        InternalRoute,
        Transaction,
    )

OPERATIONS = (assume_role, assume_root, delegation, identity, messages, user_sessions)
"""The modules whose operations the provider answers."""


@hookimpl
def cloudward_providers() -> Iterable[Provider]:
    """Bring STS."""
    yield Provider("sts", StsState, runtime=StsRuntime).include(*OPERATIONS)


@hookimpl
def cloudward_resolve_credential(
    app: App, transaction: Transaction, access_key_id: str, session_token: str | None
) -> Credential | None:
    """Answer for temporary credentials: their token carries everything."""
    if session_token is None:
        return None
    runtime = _runtime(app)
    return None if runtime is None else credentials.resolve(app, runtime, transaction, access_key_id, session_token)


@hookimpl
def cloudward_authorization_facts(app: App, request: AuthorizationRequest) -> AuthorizationFacts | None:
    """Tell what a call of STS needs."""
    return authorization.facts_of(app, request) if request.operation.service.name == "sts" else None


@hookimpl
def cloudward_encode_authorization_message(app: App, account: str, document: Mapping[str, Any]) -> str | None:
    """Seal the details of a denial for DecodeAuthorizationMessage."""
    runtime = _runtime(app)
    if runtime is None:
        return None
    content = {"account": account, "document": document}
    now = app.clock.now()
    # Not in the call's own transaction: that one is about to be rolled back, and the key must stay.
    return app.store.run(lambda transaction: runtime.encode(transaction, now, Purpose.AUTHORIZATION_MESSAGE, content))


@hookimpl
def cloudward_encode_trade_in_token(app: App, transaction: Transaction, grant: Mapping[str, Any]) -> str | None:
    """Seal a grant for GetDelegatedAccessToken."""
    runtime = _runtime(app)
    return None if runtime is None else runtime.encode(transaction, app.clock.now(), Purpose.TRADE_IN, grant)


@hookimpl
def cloudward_handlers(app: App, chain: Any) -> None:
    """Put STS's steps into the chain."""
    chain.after("authenticate", RestrictSessions(app))
    chain.before("authorize", ProveMfa(app))


@hookimpl
def cloudward_internal_routes(app: App) -> Iterable[InternalRoute]:
    """Bring the route for context assertions."""
    runtime = _runtime(app)
    return () if runtime is None else sts_routes(app, runtime)


def _runtime(app: App) -> StsRuntime | None:
    """Return what STS keeps beside its state, None when the service is not enabled."""
    runtime = app.runtimes.get("sts")
    return runtime if isinstance(runtime, StsRuntime) else None
