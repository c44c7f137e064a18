"""Whom a session token stands for, and whether that one is still there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudward.api import Caller, InvalidCredential
from cloudward_sts.roles import find_role
from cloudward_sts.sealing import ForgedText

if TYPE_CHECKING:
    from cloudward.api import App, Credential, Session, Transaction
    from cloudward_sts.runtime import StsRuntime


def resolve(
    app: App, runtime: StsRuntime, transaction: Transaction, access_key_id: str, token: str
) -> Credential | None:
    """Return the credential that a session token carries, None for a token that is not one of ours.

    Args:
        app: the gateway.
        runtime: opens tokens.
        transaction: the view of state.
        access_key_id: the key that the request names; it must be the token's.
        token: the token.

    Raises:
        InvalidCredential: the token is for another key, or its user or role was deleted (or made again).
    """
    try:
        credential = runtime.decode_credential(transaction, token)
    except ForgedText:
        return None
    caller = credential.caller
    session = caller.session
    if caller.access_key_id != access_key_id or session is None:
        raise InvalidCredential.token()
    if session.role_arn is not None:
        role = find_role(app, transaction, session.role_arn)
        if role is None or role.role_id != session.role_id:
            raise InvalidCredential.token()
    elif (maker := _maker(caller, session)) is not None and not _exists(app, transaction, maker):
        raise InvalidCredential.token()
    return credential


def _maker(caller: Caller, session: Session) -> Caller | None:
    """Return the user behind a session, None for root."""
    if caller.kind == "user":
        return caller
    if caller.kind == "federated-user" and session.user_id is not None and session.user_id != caller.account:
        return Caller(
            kind="user",
            partition=caller.partition,
            account=caller.account,
            arn=session.user_arn or "",
            user_id=session.user_id,
        )
    return None


def _exists(app: App, transaction: Transaction, user: Caller) -> bool:
    tags = app.plugins.hook.cloudward_principal_tags(app=app, transaction=transaction, caller=user)
    return tags is not None
