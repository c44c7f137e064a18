"""The STS provider plugin: what the gateway asks of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from cloudward.api import Provider, hookimpl
from cloudward_sts import authorization, credentials, federation
from cloudward_sts.metadata.routes import credential_routes
from cloudward_sts.oidc.routes import oidc_routes
from cloudward_sts.operations import (
    assume_role,
    assume_root,
    delegation,
    identity,
    identity_token,
    messages,
    saml,
    user_sessions,
    web_identity,
)
from cloudward_sts.routes import sts_routes
from cloudward_sts.runtime import StsRuntime
from cloudward_sts.saml.routes import saml_routes
from cloudward_sts.sealing import Purpose
from cloudward_sts.state import StsState
from cloudward_sts.steps import ProveMfa, RestrictSessions

if TYPE_CHECKING:
    import click

    from cloudward.api import (
        App,
        AuthorizationFacts,
        AuthorizationRequest,
        Credential,
        InternalRoute,
        Transaction,
    )

OPERATIONS = (
    assume_role,
    assume_root,
    delegation,
    identity,
    identity_token,
    messages,
    saml,
    user_sessions,
    web_identity,
)
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
    if request.operation.service.name != "sts":
        return None
    return authorization.facts_of(app, request) or federation.facts_of(app, request)


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
    runtime = _runtime(app)
    if runtime is not None:
        chain.before("authorize", federation.ProveExternalIdentity(app, runtime))


@hookimpl
def cloudward_internal_routes(app: App) -> Iterable[InternalRoute]:
    """Bring the routes of issuers and identity provider, and those that hand out tokens and credentials."""
    runtime = _runtime(app)
    if runtime is None:
        return
    yield from sts_routes(app, runtime)
    hands_out = runtime.settings["hand_out"]
    yield from oidc_routes(app, minting=hands_out)
    if hands_out:
        yield from saml_routes(app)
        yield from credential_routes(app, runtime)


@hookimpl
def cloudward_cli_commands() -> Iterable[click.Command]:
    """Bring the commands that make tokens, SAML responses and credentials."""
    from cloudward_sts.commands import COMMANDS

    return COMMANDS


def _runtime(app: App) -> StsRuntime | None:
    """Return what STS keeps beside its state, None when the service is not enabled."""
    runtime = app.runtimes.get("sts")
    return runtime if isinstance(runtime, StsRuntime) else None
