"""SSH public keys of users, for CodeCommit."""

from __future__ import annotations

from typing import Any, Literal

from cloudward.api import operation, unique_id
from cloudward_iam import crypto
from cloudward_iam.errors import (
    DuplicateSSHPublicKey,
    InvalidInput,
    InvalidPublicKey,
    NoSuchEntity,
    UnrecognizedPublicKeyEncoding,
)
from cloudward_iam.limits import Quota, check_quota
from cloudward_iam.owners import Owner, named_owner, owner
from cloudward_iam.paging import paged
from cloudward_iam.records.credentials import SSHPublicKey
from cloudward_iam.state import Ctx


@operation("UploadSSHPublicKey")
def upload_ssh_public_key(ctx: Ctx, *, user_name: str, ssh_public_key_body: str) -> dict[str, Any]:
    """Add an SSH public key to a user."""
    found = named_owner(ctx, user_name)
    keys = ctx.state.ssh_public_keys
    check_quota(ctx, Quota.SSH_KEYS_PER_USER, keys.count("user_id", found.user_id) + 1)
    try:
        parsed = crypto.ssh_keys.parse(ssh_public_key_body)
    except crypto.ssh_keys.UnrecognizedEncodingError:
        raise UnrecognizedPublicKeyEncoding.encoding() from None
    except crypto.ssh_keys.InvalidKeyError:
        raise InvalidPublicKey.key() from None
    if any(key.fingerprint == parsed.fingerprint for key in keys.select("user_id", found.user_id)):
        raise DuplicateSSHPublicKey.key()
    key = SSHPublicKey(
        ssh_public_key_id=unique_id("APKA"),
        user_id=found.user_id,
        fingerprint=parsed.fingerprint,
        ssh_encoding=parsed.ssh,
        pem_encoding=parsed.pem,
        status="Active",
        upload_date=ctx.now.replace(microsecond=0),
    )
    keys.add(key)
    return {"SSHPublicKey": _shown(key, found, ssh_public_key_body.strip())}


@operation("GetSSHPublicKey")
def get_ssh_public_key(
    ctx: Ctx, *, user_name: str, ssh_public_key_id: str, encoding: Literal["SSH", "PEM"]
) -> dict[str, Any]:
    """Return an SSH public key in one of its encodings."""
    found = named_owner(ctx, user_name)
    key = _key(ctx, found, ssh_public_key_id)
    return {"SSHPublicKey": _shown(key, found, key.ssh_encoding if encoding == "SSH" else key.pem_encoding)}


@operation("ListSSHPublicKeys")
def list_ssh_public_keys(
    ctx: Ctx, *, user_name: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List a user's or the caller's SSH public keys."""
    found = owner(ctx, user_name)
    keys = ctx.state.ssh_public_keys
    return paged(
        ctx,
        "SSHPublicKeys",
        lambda after, count: keys.select_page("user_id", found.user_id, after=after, limit=count),
        listing="ListSSHPublicKeys",
        marker=marker,
        max_items=max_items,
        bound_to=(found.user_id,),
        show=lambda key: {
            "UserName": found.user_name,
            "SSHPublicKeyId": key.ssh_public_key_id,
            "Status": key.status,
            "UploadDate": key.upload_date,
        },
    )


@operation("UpdateSSHPublicKey")
def update_ssh_public_key(ctx: Ctx, *, user_name: str, ssh_public_key_id: str, status: str) -> None:
    """Switch an SSH public key on or off."""
    key = _key(ctx, named_owner(ctx, user_name), ssh_public_key_id)
    if status == "Expired":
        raise InvalidInput.status_expired()
    ctx.state.ssh_public_keys.put(key.replace(status=status))


@operation("DeleteSSHPublicKey")
def delete_ssh_public_key(ctx: Ctx, *, user_name: str, ssh_public_key_id: str) -> None:
    """Delete an SSH public key."""
    ctx.state.ssh_public_keys.remove(_key(ctx, named_owner(ctx, user_name), ssh_public_key_id).ssh_public_key_id)


def _key(ctx: Ctx, found: Owner, key_id: str) -> SSHPublicKey:
    key = ctx.state.ssh_public_keys.get(key_id)
    if key is None or key.user_id != found.user_id:
        raise NoSuchEntity.ssh_public_key(key_id)
    return key


def _shown(key: SSHPublicKey, found: Owner, body: str) -> dict[str, Any]:
    return {
        "UserName": found.user_name,
        "SSHPublicKeyId": key.ssh_public_key_id,
        "Fingerprint": key.fingerprint,
        "SSHPublicKeyBody": body,
        "Status": key.status,
        "UploadDate": key.upload_date,
    }
