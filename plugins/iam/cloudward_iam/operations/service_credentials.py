"""Service-specific credentials: names and passwords for CodeCommit and Keyspaces, long-term API keys for others."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from cloudward.api import Page, operation, random_bytes, unique_id
from cloudward_iam.errors import Invalid, NoSuchEntity
from cloudward_iam.limits import Quota, check_quota
from cloudward_iam.owners import named_owner, owner
from cloudward_iam.paging import paged
from cloudward_iam.records.credentials import ServiceSpecificCredential
from cloudward_iam.state import Ctx

if TYPE_CHECKING:
    from cloudward_iam.owners import Owner


@dataclass(frozen=True, slots=True)
class Kind:
    """What a service's credentials look like.

    Attributes:
        secret_prefix: what its API keys begin with; None for a service with user names and passwords.
    """

    secret_prefix: str | None = None


SERVICES = {
    "bedrock.amazonaws.com": Kind("ABSK"),
    "cassandra.amazonaws.com": Kind(),
    "codecommit.amazonaws.com": Kind(),
    "logs.amazonaws.com": Kind("ACWL"),
}
"""The services that take such credentials (IAM User Guide, "API keys for AWS services", "IAM credentials for
CodeCommit", "IAM with Amazon Keyspaces")."""

_SECRET_BYTES = 32
_API_KEY_BYTES = 33


@operation("CreateServiceSpecificCredential")
def create_service_specific_credential(
    ctx: Ctx, *, user_name: str, service_name: str, credential_age_days: int | None = None
) -> dict[str, Any]:
    """Make credentials of a user for one service."""
    found = named_owner(ctx, user_name)
    kind = _kind(service_name)
    if credential_age_days is not None and kind.secret_prefix is None:
        raise Invalid.credential_age(service_name)
    mine = ctx.state.service_specific_credentials.select("user_service", f"{found.user_id}/{service_name}")
    check_quota(ctx, Quota.SERVICE_SPECIFIC_CREDENTIALS_PER_USER, len(mine) + 1)
    name = _fresh_name(found, ctx.account, {c.service_user_name or c.service_credential_alias for c in mine})
    secret = _new_secret(kind, name)
    credential = ServiceSpecificCredential(
        service_specific_credential_id=unique_id("ACCA"),
        user_id=found.user_id,
        service_name=service_name,
        status="Active",
        create_date=ctx.now.replace(microsecond=0),
        secret_hash=hash_secret(secret),
        service_user_name=name if kind.secret_prefix is None else None,
        service_credential_alias=None if kind.secret_prefix is None else name,
        expiration_date=None
        if credential_age_days is None
        else (ctx.now + timedelta(days=credential_age_days)).replace(microsecond=0),
    )
    ctx.state.service_specific_credentials.add(credential)
    return {"ServiceSpecificCredential": _with_secret(credential, found.user_name, secret)}


@operation("ListServiceSpecificCredentials")
def list_service_specific_credentials(
    ctx: Ctx,
    *,
    user_name: str | None = None,
    service_name: str | None = None,
    all_users: bool = False,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """List the credentials of a user, of the caller, or of all users for one service."""
    if service_name is not None:
        _kind(service_name)
    credentials = ctx.state.service_specific_credentials
    if all_users:
        if user_name is not None:
            raise Invalid.all_users_and_name()
        index, value = "service_name", service_name
    else:
        user_id = owner(ctx, user_name).user_id
        index, value = ("user_id", user_id) if service_name is None else ("user_service", f"{user_id}/{service_name}")

    def fetch(after: Any, limit: int) -> Page[ServiceSpecificCredential]:
        if value is None:
            return credentials.page(after=after, limit=limit)
        return credentials.select_page(index, value, after=after, limit=limit)

    return paged(
        ctx,
        "ServiceSpecificCredentials",
        fetch,
        listing="ListServiceSpecificCredentials",
        marker=marker,
        max_items=max_items,
        bound_to=(index, value),
        show=lambda credential: _shown(credential, _user_name(ctx, credential), ctx),
    )


@operation("UpdateServiceSpecificCredential")
def update_service_specific_credential(
    ctx: Ctx, *, service_specific_credential_id: str, status: str, user_name: str | None = None
) -> None:
    """Switch a service-specific credential on or off."""
    credential = _credential(ctx, service_specific_credential_id, user_name)
    if status == "Expired":
        raise Invalid.status_expired()
    ctx.state.service_specific_credentials.put(credential.replace(status=status))


@operation("ResetServiceSpecificCredential")
def reset_service_specific_credential(
    ctx: Ctx, *, service_specific_credential_id: str, user_name: str | None = None
) -> dict[str, Any]:
    """Give a service-specific credential another secret; the former one is void at once."""
    credential = _credential(ctx, service_specific_credential_id, user_name)
    name = credential.service_user_name or credential.service_credential_alias or ""
    secret = _new_secret(_kind(credential.service_name), name)
    credential = credential.replace(secret_hash=hash_secret(secret))
    ctx.state.service_specific_credentials.put(credential)
    return {"ServiceSpecificCredential": _with_secret(credential, _user_name(ctx, credential), secret)}


@operation("DeleteServiceSpecificCredential")
def delete_service_specific_credential(
    ctx: Ctx, *, service_specific_credential_id: str, user_name: str | None = None
) -> None:
    """Delete a service-specific credential."""
    credential = _credential(ctx, service_specific_credential_id, user_name)
    ctx.state.service_specific_credentials.remove(credential.service_specific_credential_id)


def hash_secret(secret: str) -> str:
    """Return what is kept of a generated secret; it has too much entropy to be guessed, so one SHA-256 will do.

    Args:
        secret: the secret.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def _kind(service_name: str) -> Kind:
    kind = SERVICES.get(service_name)
    if kind is None:
        raise NoSuchEntity.service_for_credentials(service_name)
    return kind


def _fresh_name(found: Owner, account: str, taken: set[str | None]) -> str:
    """Return the first free name: the second credential of a user for a service has `+1` after the user's name."""
    names = (f"{found.user_name}{f'+{number}' if number else ''}-at-{account}" for number in count())
    return next(name for name in names if name not in taken)


def _new_secret(kind: Kind, name: str) -> str:
    if kind.secret_prefix is None:
        return base64.b64encode(random_bytes(_SECRET_BYTES)).decode()
    inner = base64.b64encode(random_bytes(_API_KEY_BYTES)).decode()
    return kind.secret_prefix + base64.b64encode(f"{name}:{inner}".encode()).decode()


def _credential(ctx: Ctx, credential_id: str, user_name: str | None) -> ServiceSpecificCredential:
    found = owner(ctx, user_name)
    credential = ctx.state.service_specific_credentials.get(credential_id)
    # Root may name any credential of the account without naming the user.
    if credential is None or (credential.user_id != found.user_id and found.user_name is not None):
        raise NoSuchEntity.service_credential(credential_id)
    return credential


def _user_name(ctx: Ctx, credential: ServiceSpecificCredential) -> str | None:
    user = ctx.state.users.find("user_id", credential.user_id)
    return None if user is None else user.user_name


def _shown(credential: ServiceSpecificCredential, user_name: str | None, ctx: Ctx | None = None) -> dict[str, Any]:
    status = credential.status
    if ctx is not None and credential.expiration_date is not None and credential.expiration_date <= ctx.now:
        status = "Expired"
    return {
        "UserName": user_name,
        "Status": status,
        "ServiceUserName": credential.service_user_name,
        "ServiceCredentialAlias": credential.service_credential_alias,
        "CreateDate": credential.create_date,
        "ExpirationDate": credential.expiration_date,
        "ServiceSpecificCredentialId": credential.service_specific_credential_id,
        "ServiceName": credential.service_name,
    }


def _with_secret(credential: ServiceSpecificCredential, user_name: str | None, secret: str) -> dict[str, Any]:
    member = "ServicePassword" if credential.service_credential_alias is None else "ServiceCredentialSecret"
    return {**_shown(credential, user_name), member: secret}
