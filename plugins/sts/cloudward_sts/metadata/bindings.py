"""Roles bound to an instance or a container, and their credentials.

The gateway plays EC2, ECS or EKS: each of them assumes the role for what runs there, and hands the credentials out.
Sources: EC2 User Guide, "Retrieve security credentials from instance metadata"; ECS Developer Guide, "Task IAM role";
IAM User Guide, "Available keys for EC2" (`ec2:RoleDelivery`, `ec2:SourceInstanceArn`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from cloudward.api import random_hex
from cloudward_sts.metadata.records import RoleBinding
from cloudward_sts.metadata.trust import is_trusted
from cloudward_sts.metadata.ways import ENVIRONMENT, IMDS
from cloudward_sts.roles import Role, find_role
from cloudward_sts.session_policies import SessionPolicies, SessionTags
from cloudward_sts.sessions import ONE_HOUR, Bounds, issue_role_session, whole_seconds
from cloudward_sts.state import HOME, StsState

if TYPE_CHECKING:
    from cloudward.api import App, Config, Transaction
    from cloudward_sts.runtime import StsRuntime

DEFAULT_INSTANCE = "default"
"""The instance whose metadata is at `/latest`, where applications look without being told."""

_BOUND_LASTS = 6 * ONE_HOUR
"""What EC2 and ECS give, whatever the role's longest session is."""


class UnknownRoleError(ValueError):
    """A role that is not there."""


class UntrustedServiceError(ValueError):
    """A role that does not trust the service that would hand its credentials out."""


class CredentialsRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Credentials that an application is to find.

    Attributes:
        role_arn: the role.
        way: how it finds them, `imds`, `container`, `env` or `process`.
        name: the instance's or container's name, so that several can run side by side.
        session_name: the role session's name, where the way does not set it.
        lasts: seconds, where the way does not set it.
        region: the region that the application runs in.
    """

    role_arn: str
    way: str = ENVIRONMENT
    name: str = DEFAULT_INSTANCE
    session_name: str = "cloudward"
    lasts: int = ONE_HOUR
    region: str = "us-east-1"


class RoleCredentials(msgspec.Struct, kw_only=True):
    """Credentials of a role session.

    Attributes:
        access_key_id: the key's id.
        secret_access_key: the secret.
        session_token: the token.
        expiration: when they end, in UTC.
        issued_at: when they were issued, in UTC.
    """

    access_key_id: str
    secret_access_key: str
    session_token: str
    expiration: datetime
    issued_at: datetime


@dataclass(frozen=True)
class _Issuer:
    """Stands in for a call of STS."""

    runtime: StsRuntime
    region: str
    config: Config
    transaction: Transaction
    now: datetime


def bind(app: App, transaction: Transaction, wanted: CredentialsRequest, now: datetime) -> RoleBinding:
    """Bind a role to an instance or container; one of the same name is bound anew.

    Args:
        app: the gateway.
        transaction: writes the binding.
        wanted: what is wanted.
        now: the time.

    Raises:
        UnknownRoleError: there is no such role.
    """
    role = existing_role(app, transaction, wanted.role_arn)
    bindings = transaction.state(StsState, HOME).role_bindings
    key = binding_key(wanted.way, wanted.name)
    kept = bindings.get(key)
    # The same instance keeps its id, whatever role it runs as.
    identity = kept.identity if kept is not None else _new_identity(wanted.way)
    return bindings.put(
        RoleBinding(
            name=key,
            source=wanted.way,
            role_arn=role.arn,
            region=wanted.region,
            identity=identity,
            secret=random_hex(32),
            created_at=now,
        )
    )


def find_binding(transaction: Transaction, way: str, name: str) -> RoleBinding | None:
    """Return a binding, None when there is none.

    Args:
        transaction: the view of state.
        way: `imds` or `container`.
        name: the instance's or container's name.
    """
    return transaction.state(StsState, HOME).role_bindings.get(binding_key(way, name))


def binding_key(way: str, name: str) -> str:
    """Return what a binding is kept under.

    Args:
        way: `imds` or `container`.
        name: the instance's or container's name.
    """
    return f"{way}/{name}"


def existing_role(app: App, transaction: Transaction, role_arn: str) -> Role:
    """Return a role.

    Args:
        app: the gateway.
        transaction: the view of state.
        role_arn: its ARN.

    Raises:
        UnknownRoleError: there is no such role.
    """
    role = find_role(app, transaction, role_arn)
    if role is None:
        hint = "" if role_arn.startswith("arn:") else "; a role is named by its ARN, arn:aws:iam::ACCOUNT:role/NAME"
        raise UnknownRoleError(f"there is no role {role_arn}{hint}")
    return role


def bound_credentials(
    app: App, runtime: StsRuntime, transaction: Transaction, binding: RoleBinding, now: datetime
) -> RoleCredentials:
    """Return new credentials of a binding's role; each answer's last to the full, so that none is near its end.

    Args:
        app: the gateway.
        runtime: makes tokens.
        transaction: the view of state.
        binding: the binding.
        now: the time.

    Raises:
        UnknownRoleError: the role was deleted.
        UntrustedServiceError: policies are enforced, and the role's trusts nobody who could do this.
    """
    role = existing_role(app, transaction, binding.role_arn)
    if not is_trusted(app, role, binding):
        raise UntrustedServiceError(f"the trust policy of the role {role.arn} lets no such service assume it")
    context: dict[str, str | list[str]] = {}
    if binding.source == IMDS:
        context = {
            "ec2:RoleDelivery": "2.0",
            "ec2:SourceInstanceArn": (
                f"arn:{role.partition}:ec2:{binding.region}:{role.account}:instance/{binding.identity}"
            ),
        }
    return role_credentials(
        app,
        runtime,
        transaction,
        role,
        session_name=binding.identity,
        lasts=_BOUND_LASTS,
        region=binding.region,
        now=now,
        context=context,
    )


def role_credentials(
    app: App,
    runtime: StsRuntime,
    transaction: Transaction,
    role: Role,
    *,
    session_name: str,
    lasts: int,
    region: str,
    now: datetime,
    context: dict[str, str | list[str]] | None = None,
) -> RoleCredentials:
    """Return new credentials of a role.

    Args:
        app: the gateway.
        runtime: makes tokens.
        transaction: the view of state.
        role: the role.
        session_name: the session's name.
        lasts: seconds.
        region: the region that they are issued in.
        now: the time.
        context: condition keys that the session carries.
    """
    issued: dict[str, Any] = issue_role_session(
        _Issuer(runtime, region, app.config, transaction, now),
        role,
        issuer="AssumeRole",
        session_name=session_name,
        duration=lasts,
        bounds=Bounds(SessionPolicies(), SessionTags(), None),
        context=context,
    )["Credentials"]
    return RoleCredentials(
        access_key_id=issued["AccessKeyId"],
        secret_access_key=issued["SecretAccessKey"],
        session_token=issued["SessionToken"],
        expiration=issued["Expiration"],
        issued_at=whole_seconds(issued["Expiration"] - timedelta(seconds=lasts)),
    )


def _new_identity(way: str) -> str:
    return f"i-0{random_hex(8)}" if way == IMDS else random_hex(16)
