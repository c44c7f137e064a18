"""Every hook that a plugin can implement.

A plugin is a module (or object) behind an entry point of group `cloudward`; its functions marked with `hookimpl` and
named like a hook below are called at the times told here.  Hooks marked *first result* stop at the first plugin that
answers anything but None.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import click

    from cloudward.app import App
    from cloudward.authorization import AuthorizationFacts, AuthorizationRequest, OrganizationPolicies, Verdict
    from cloudward.events import CallRecord
    from cloudward.handlers import Chain
    from cloudward.identity import Caller, Credential
    from cloudward.provider import Provider
    from cloudward.server.internal import InternalRoute
    from cloudward.state import Transaction

hookspec = pluggy.HookspecMarker("cloudward")
hookimpl = pluggy.HookimplMarker("cloudward")


@hookspec
def cloudward_providers() -> Iterable[Provider]:  # type: ignore[empty-body]
    """Return the service providers that the plugin brings.  Called once, while an app is made."""


@hookspec
def cloudward_spec_overlays() -> Iterable[Path]:  # type: ignore[empty-body]
    """Return folders of model overlays and of service models that botocore does not have.

    A file `NAME.overlay.json` changes service NAME's model, `NAME.service-2.json` is a whole model.
    Called once, while an app is made, before the providers.
    """


@hookspec(firstresult=True)
def cloudward_resolve_credential(
    app: App, transaction: Transaction, partition: str, access_key_id: str, session_token: str | None
) -> Credential | None:
    """Tell whom an access key id stands for (first result).

    Args:
        app: the gateway.
        transaction: the call's view of all state.
        partition: the partition that the request is for; credentials are valid in one partition only.
        access_key_id: the key that the request names.
        session_token: the session token that it carries, if any.

    Returns:
        The credential, or None when the plugin does not know the key.

    Raises:
        InvalidCredential: the key or token was made here, but stands for nobody (any more): a forged token, a role
            that was deleted.  Expiry is no reason; the gateway compares `expires_at` itself.
    """


@hookspec(firstresult=True)
def cloudward_authorize(app: App, request: AuthorizationRequest) -> Verdict | None:
    """Decide whether a call may go ahead (first result).

    Called before every handler of an account and service that enforcement is on or soft for, and before all handlers
    while decisions are watched.  Under enforcement, a call that no plugin decides is refused.

    Args:
        app: the gateway.
        request: the call.

    Returns:
        The verdict, or None to leave it to the next plugin.
    """


@hookspec(firstresult=True)
def cloudward_authorization_facts(app: App, request: AuthorizationRequest) -> AuthorizationFacts | None:
    """Tell exactly which actions and resources a call of the plugin's own service needs (first result).

    Args:
        app: the gateway.
        request: the call.

    Returns:
        The facts, or None to have them derived from the service model.
    """


@hookspec(firstresult=True)
def cloudward_organization_policies(
    app: App, transaction: Transaction, partition: str, account: str
) -> OrganizationPolicies | None:
    """Return the organization of an account with the policies that bear on the account (first result).

    Called for every call that is evaluated: return the same object as long as nothing has changed.

    Args:
        app: the gateway.
        transaction: the call's view of all state.
        partition: the account's partition.
        account: the account.

    Returns:
        The organization, or None when the account belongs to none.
    """


@hookspec(firstresult=True)
def cloudward_organization(
    app: App, transaction: Transaction, partition: str, account: str
) -> Mapping[str, Any] | None:
    """Tell about the organization that an account is in (first result).

    Args:
        app: the gateway.
        transaction: the call's view of all state.
        partition: the account's partition.
        account: the account.

    Returns:
        `organization_id`, `management_account`, `accounts` (all accounts, the management account included, with their
        places: `o-…/r-…/ou-…/`), `all_features` (bool), `trusted_services` (service principals) and
        `delegated_administrators` (accounts by service principal); None when the account belongs to none.
    """


@hookspec
def cloudward_account_created(
    app: App,
    transaction: Transaction,
    partition: str,
    account: str,
    management_account: str,
    role_name: str,
    now: datetime,
) -> None:
    """Called when an organization has created an account, inside the call's transaction.

    Args:
        app: the gateway.
        transaction: the call's view of all state.
        partition: the account's partition.
        account: the new account.
        management_account: the organization's management account.
        role_name: the name of the role by which the management account is to get full access to the new one.
        now: the time of the call.
    """


@hookspec(firstresult=True)
def cloudward_find_role(app: App, transaction: Transaction, role_arn: str) -> Mapping[str, Any] | None:
    """Look a role up by its ARN in whatever account it lives in (first result).

    Args:
        app: the gateway.
        transaction: the call's view of all state.
        role_arn: the role's ARN.

    Returns:
        `arn`, `role_name`, `role_id`, `account`, `max_session_duration` (seconds), `trust_policy` (JSON text),
        `tags` (dict), `service_linked` (bool); None when there is no such role.
    """


@hookspec(firstresult=True)
def cloudward_principal_tags(app: App, transaction: Transaction, caller: Caller) -> Mapping[str, str] | None:
    """Return the tags of the caller's user or role, session tags not counted (first result).

    Args:
        app: the gateway.
        transaction: the call's view of all state.
        caller: who calls.
    """


@hookspec(firstresult=True)
def cloudward_verify_mfa(
    app: App, transaction: Transaction, caller: Caller, serial_number: str, code: str, now: datetime
) -> bool | None:
    """Check a code of the caller's MFA device and use it up, so that it is not accepted again (first result).

    Args:
        app: the gateway.
        transaction: the call's view of all state; that the code was used is written in it.
        caller: the user or root user whose device it must be.
        serial_number: the device's serial number, for virtual devices the ARN.
        code: the six digits.
        now: the time of the call.

    Returns:
        Whether the code is right; None when the plugin knows no such device of the caller.
    """


@hookspec(firstresult=True)
def cloudward_find_identity_provider(app: App, transaction: Transaction, arn: str) -> Mapping[str, Any] | None:
    """Look a SAML or OpenID Connect identity provider up by its ARN in whatever account it lives in (first result).

    Args:
        app: the gateway.
        transaction: the call's view of all state.
        arn: the provider's ARN.

    Returns:
        `arn`, `account`, `kind` (`saml` or `oidc`), `tags` (dict).  For SAML also `name`, `uuid`, `entity_id`,
        `signing_certificates` (DER bytes), `valid_until`, `assertion_encryption_mode` (text or None), `private_keys`
        (PEM texts, newest last).  For OpenID Connect also `issuer` (without scheme), `client_ids`, `thumbprints`.
        None when there is no such provider.
    """


@hookspec(firstresult=True)
def cloudward_outbound_federation(
    app: App, transaction: Transaction, partition: str, account: str
) -> Mapping[str, Any] | None:
    """Tell whether an account's principals may get web identity tokens, and who issues them (first result).

    Args:
        app: the gateway.
        transaction: the call's view of all state.
        partition: the account's partition.
        account: the account.

    Returns:
        `issuer` (the URL of the account's own issuer) and `enabled` (bool); None when the account never enabled it.
    """


@hookspec(firstresult=True)
def cloudward_encode_authorization_message(app: App, account: str, document: Mapping[str, Any]) -> str | None:
    """Encode the details of a denial so that only DecodeAuthorizationMessage can read them (first result).

    Args:
        app: the gateway.
        account: the account whose callers may decode the message.
        document: the details, anything that JSON can hold.

    Returns:
        The encoded message; None when no plugin can encode one.
    """


@hookspec(firstresult=True)
def cloudward_encode_trade_in_token(app: App, transaction: Transaction, grant: Mapping[str, Any]) -> str | None:
    """Make the token that GetDelegatedAccessToken takes for credentials (first result).

    Args:
        app: the gateway.
        transaction: the call's view of all state.
        grant: `principal_arn` (a user or role), `principal_id` (its unique id), `policies` (session policies as JSON
            text), `policy_arns`, `duration` (seconds that the credentials last), `expires_at` (the token's end, UTC).

    Returns:
        The token; None when no plugin can make one.
    """


@hookspec(firstresult=True)
def cloudward_account_preferences(
    app: App, transaction: Transaction, partition: str, account: str
) -> Mapping[str, Any] | None:
    """Tell what an account has set for tokens and root sessions (first result).

    Args:
        app: the gateway.
        transaction: the call's view of all state.
        partition: the partition.
        account: the 12-digit account.

    Returns:
        `global_endpoint_token_version` (`v1Token` or `v2Token`), `outbound_issuer` (the issuer of the account's web
        identity tokens, None while outbound federation is off), `organization_id` (None outside an organization),
        `organization_members` (accounts other than the management account), `root_session_administrators` (accounts
        that may AssumeRoot into members, none while root sessions are off).
    """


@hookspec
def cloudward_role_usage(  # type: ignore[empty-body]
    app: App, transaction: Transaction, role_arn: str
) -> Iterable[tuple[str, str]]:
    """Name the resources that still use a service-linked role, which is then not deleted.

    Args:
        app: the gateway.
        transaction: the call's view of all state.
        role_arn: the role's ARN.

    Returns:
        Regions and ARNs of the resources.
    """


@hookspec
def cloudward_handlers(app: App, chain: Chain) -> None:
    """Add handlers to the request chain.  Called once, when the app is complete.

    Args:
        app: the gateway.
        chain: the chain; its `before(step, handler)` and `after(step, handler)` place a handler.
    """


@hookspec
def cloudward_internal_routes(app: App) -> Iterable[InternalRoute]:  # type: ignore[empty-body]
    """Return HTTP routes outside the AWS protocols (`/_cloudward/…`).  Called once, when the app is complete.

    Args:
        app: the gateway.
    """


@hookspec
def cloudward_cli_commands() -> Iterable[click.Command]:  # type: ignore[empty-body]
    """Return commands to add to `cloudward`; one named `explain NAME` goes to the group `cloudward explain`.

    Called when the command line looks for a command that is not the gateway's own, and for its help.
    """


@hookspec
def cloudward_startup(app: App) -> None:
    """Called when the app is complete, before the first request.

    Args:
        app: the gateway.
    """


@hookspec
def cloudward_shutdown(app: App) -> None:
    """Called after the last request.

    Args:
        app: the gateway.
    """


@hookspec
def cloudward_reset(app: App, account: str | None, service: str | None) -> None:
    """Called after state was reset or replaced, also by another worker process, so that plugins drop what they cached.

    Args:
        app: the gateway.
        account: the account that was reset, None for all.
        service: the service that was reset, None for all.
    """


@hookspec
def cloudward_observe(app: App, record: CallRecord) -> None:
    """Called after every AWS call with its record; must be quick and must not fail.

    Args:
        app: the gateway.
        record: the call.
    """
