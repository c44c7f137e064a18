"""The IAM provider plugin: what the gateway asks of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cloudward.api import (
    App,
    AuthorizationRequest,
    Caller,
    CallRecord,
    Credential,
    InternalRoute,
    InvalidCredential,
    Provider,
    Scope,
    Transaction,
    Verdict,
    hookimpl,
    root_caller,
)
from cloudward_iam.arns import parse_arn
from cloudward_iam.browser import routes as browser_routes
from cloudward_iam.consistency import ComeBack, LookBack
from cloudward_iam.delegation_routes import delegation_routes
from cloudward_iam.explain import routes as explain_routes
from cloudward_iam.federation import find_identity_provider, find_outbound_federation
from cloudward_iam.mfa import verify_code
from cloudward_iam.new_accounts import add_access_role
from cloudward_iam.operations import (
    access_keys,
    account_alias,
    account_settings,
    account_summary,
    attachments,
    authorization_details,
    credential_reports,
    delegation,
    groups,
    inline_policies,
    instance_profiles,
    last_accessed,
    managed_policies,
    mfa,
    oidc_providers,
    organizations,
    passwords,
    policy_versions,
    role_templates,
    roles,
    saml_providers,
    server_certificates,
    service_access,
    service_credentials,
    service_linked_roles,
    signing_certificates,
    simulation,
    ssh_keys,
    summaries,
    users,
)
from cloudward_iam.preferences import account_preferences
from cloudward_iam.records.principals import Role, User
from cloudward_iam.runtime import IamRuntime
from cloudward_iam.simulation import routes as simulation_routes
from cloudward_iam.state import IamState
from cloudward_iam.stream import routes as stream_routes

if TYPE_CHECKING:
    import click

OPERATIONS = (
    access_keys,
    account_alias,
    account_settings,
    account_summary,
    attachments,
    authorization_details,
    credential_reports,
    delegation,
    groups,
    inline_policies,
    instance_profiles,
    last_accessed,
    managed_policies,
    mfa,
    oidc_providers,
    organizations,
    passwords,
    policy_versions,
    role_templates,
    roles,
    saml_providers,
    server_certificates,
    service_access,
    service_credentials,
    service_linked_roles,
    signing_certificates,
    simulation,
    ssh_keys,
    summaries,
    users,
)
"""The modules whose operations the provider answers."""


@hookimpl
def cloudward_providers() -> Iterable[Provider]:
    """Bring IAM."""
    yield Provider("iam", IamState, runtime=IamRuntime).include(*OPERATIONS)


@hookimpl
def cloudward_resolve_credential(
    app: App, transaction: Transaction, partition: str, access_key_id: str, session_token: str | None
) -> Credential | None:
    """Answer for long-term keys of users and of root."""
    if session_token is not None:
        return None
    located = transaction.across(IamState.access_keys, partition).find(access_key_id)
    if located is None:
        if _is_on_its_way(app, partition, access_key_id):
            raise InvalidCredential.token()
        return None
    scope, key = located.scope, located.record
    if key.user_id == scope.account:
        caller = root_caller(scope.partition, scope.account, key.access_key_id)
    else:
        user = transaction.state(IamState, scope).users.find("user_id", key.user_id)
        if user is None:
            return None
        caller = Caller(
            kind="user",
            partition=scope.partition,
            account=scope.account,
            arn=user.arn,
            user_id=user.user_id,
            access_key_id=key.access_key_id,
            user_name=user.user_name,
        )
    return Credential(caller=caller, secret_access_key=key.secret_access_key, active=key.status == "Active")


@hookimpl
def cloudward_authorize(app: App, request: AuthorizationRequest) -> Verdict | None:
    """Decide calls by the policies of users, groups, roles, resources and organizations."""
    runtime = app.runtimes.get("iam")
    return runtime.authorizer.authorize(request) if isinstance(runtime, IamRuntime) else None


@hookimpl
def cloudward_find_role(app: App, transaction: Transaction, role_arn: str) -> Mapping[str, Any] | None:
    """Find a role of any account by its ARN."""
    parts = parse_arn(role_arn)
    if parts is None or parts.kind != "role":
        return None
    role = transaction.state(IamState, Scope(parts.partition, parts.account)).roles.get(parts.name)
    if role is None or role.arn != role_arn:
        return None
    return {
        "arn": role.arn,
        "role_name": role.role_name,
        "role_id": role.role_id,
        "account": parts.account,
        "max_session_duration": role.max_session_duration,
        "trust_policy": role.trust_policy,
        "tags": {tag.key: tag.value for tag in role.tags or ()},
        "service_linked": role.service_linked,
    }


@hookimpl
def cloudward_account_created(
    app: App,
    transaction: Transaction,
    partition: str,
    account: str,
    management_account: str,
    role_name: str,
    now: datetime,
) -> None:
    """Let the management account into a new account of its organization."""
    if "iam" in app.providers:
        add_access_role(transaction, Scope(partition, account), management_account, role_name, now)


@hookimpl
def cloudward_principal_tags(app: App, transaction: Transaction, caller: Caller) -> Mapping[str, str] | None:
    """Return the tags of the user or role behind a caller."""
    state = transaction.state(IamState, Scope(caller.partition, caller.account))
    owner: User | Role | None
    if caller.kind == "user":
        owner = state.users.find("user_id", caller.user_id)
    elif caller.session is not None and caller.session.role_id is not None:
        owner = state.roles.find("role_id", caller.session.role_id)
    else:
        return None
    return None if owner is None else {tag.key: tag.value for tag in owner.tags or ()}


@hookimpl
def cloudward_verify_mfa(
    app: App, transaction: Transaction, caller: Caller, serial_number: str, code: str, now: datetime
) -> bool | None:
    """Check a code of a user's or root's MFA device, and use it up."""
    return verify_code(transaction, caller, serial_number, code, now)


@hookimpl
def cloudward_find_identity_provider(app: App, transaction: Transaction, arn: str) -> Mapping[str, Any] | None:
    """Find a SAML or OpenID Connect provider of any account by its ARN."""
    return find_identity_provider(transaction, arn)


@hookimpl
def cloudward_account_preferences(
    app: App, transaction: Transaction, partition: str, account: str
) -> Mapping[str, Any]:
    """Tell what an account has set for tokens and root sessions."""
    return account_preferences(app, transaction, partition, account)


@hookimpl
def cloudward_internal_routes(app: App) -> Iterable[InternalRoute]:
    """Bring decisions, simulation, the stream, the browser, and the place where delegation tokens wait."""
    runtime = app.runtimes.get("iam")
    if not isinstance(runtime, IamRuntime):
        return []
    return [
        *delegation_routes(app),
        *explain_routes.routes(app),
        *simulation_routes.routes(app),
        *stream_routes.routes(runtime.stream),
        *browser_routes.routes(app),
    ]


@hookimpl
def cloudward_cli_commands() -> Iterable[click.Command]:
    """Add the commands about policies."""
    from cloudward_iam.commands import COMMANDS

    return COMMANDS


@hookimpl
def cloudward_outbound_federation(
    app: App, transaction: Transaction, partition: str, account: str
) -> Mapping[str, Any] | None:
    """Tell about the account's issuer of web identity tokens."""
    return find_outbound_federation(transaction, partition, account)


@hookimpl
def cloudward_shutdown(app: App) -> None:
    """Keep what is known of last accesses."""
    runtime = app.runtimes.get("iam")
    if isinstance(runtime, IamRuntime):
        runtime.last_access.write(app.clock.now())


@hookimpl
def cloudward_handlers(app: App, chain: Any) -> None:
    """Delay what is seen of IAM's changes, if that is asked for."""
    runtime = app.runtimes.get("iam")
    if isinstance(runtime, IamRuntime) and runtime.past is not None:
        chain.before("authenticate", LookBack(runtime.past))
        chain.before("dispatch", ComeBack(app))


def _is_on_its_way(app: App, partition: str, access_key_id: str) -> bool:
    """Tell whether a key exists that nobody is to know of yet: it must not pass for an unknown one, which is root."""
    runtime = app.runtimes.get("iam")
    if not isinstance(runtime, IamRuntime) or runtime.past is None:
        return False
    with app.store.begin() as transaction:
        return transaction.across(IamState.access_keys, partition).find(access_key_id) is not None


@hookimpl
def cloudward_reset(app: App, account: str | None, service: str | None) -> None:
    """Forget last uses."""
    runtime = app.runtimes.get("iam")
    if isinstance(runtime, IamRuntime):
        runtime.forget()


@hookimpl
def cloudward_observe(app: App, record: CallRecord) -> None:
    """Note when keys and roles are used, and what the policy stream wants to know."""
    runtime = app.runtimes.get("iam")
    if isinstance(runtime, IamRuntime):
        runtime.observe(record)
