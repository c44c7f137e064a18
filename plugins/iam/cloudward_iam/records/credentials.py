"""Passwords, SSH keys and service-specific credentials."""

from datetime import datetime

from cloudward.api import Record


class LoginProfile(Record):
    """A user's console password; the root user's under the account's number."""

    user_id: str
    create_date: datetime
    password_reset_required: bool = False
    password_hash: str = ""
    """Empty where the password is still to be set: an account's root user after its recovery was allowed."""
    changed_at: datetime
    former_hashes: tuple[str, ...] = ()
    """Hashes of the passwords before, newest first, as many as a policy can ask for."""


class PasswordPolicy(Record):
    """An account's password policy, with UpdateAccountPasswordPolicy's defaults for what a call leaves out."""

    minimum_password_length: int = 6
    require_symbols: bool = False
    require_numbers: bool = False
    require_uppercase_characters: bool = False
    require_lowercase_characters: bool = False
    allow_users_to_change_password: bool = False
    expire_passwords: bool = False
    max_password_age: int | None = None
    password_reuse_prevention: int | None = None
    hard_expiry: bool | None = None


class SSHPublicKey(Record):
    """An SSH public key of a user, in both of its encodings."""

    ssh_public_key_id: str
    user_id: str
    fingerprint: str
    ssh_encoding: str
    pem_encoding: str
    status: str
    upload_date: datetime


class ServiceSpecificCredential(Record):
    """A user's name and password, or alias and secret, for one service; the secret is kept as its SHA-256."""

    service_specific_credential_id: str
    user_id: str
    service_name: str
    status: str
    create_date: datetime
    secret_hash: str
    service_user_name: str | None = None
    service_credential_alias: str | None = None
    expiration_date: datetime | None = None
