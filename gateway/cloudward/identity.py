"""Who calls: callers, credentials and what a session carries."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

CallerKind = Literal["root", "user", "assumed-role", "federated-user", "web-identity", "saml", "service", "anonymous"]


class Session(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a temporary credential carries beyond its identity; STS seals it into the session token.

    Attributes:
        issued_at: when the credential was issued (`aws:TokenIssueTime`).
        expires_at: when it ends.
        role_arn: the role's ARN, for role sessions.
        role_id: the role's unique id, so that a role deleted and made again does not revive old sessions.
        user_arn: for federated users, the ARN of the user (or root) who made the session and whose policies bound it.
        user_id: that user's unique id.
        name: the role session name or federated user name.
        chained: whether the role was assumed with temporary credentials of another role.
        policies: inline session policies, as JSON text.
        policy_arns: managed policies given as session policies.
        tags: session tags (`aws:PrincipalTag/…`), in the order given.
        transitive_tag_keys: keys of the tags that pass on to further sessions.
        source_identity: the source identity, once set it stays through chaining.
        mfa_authenticated_at: when the caller proved MFA; None if it did not.
        context: further condition keys that the session carries (web identity and SAML claims, provided contexts).
        issuer: what made the session: `AssumeRole`, `GetSessionToken`, …
    """

    issued_at: datetime
    expires_at: datetime
    issuer: str
    role_arn: str | None = None
    role_id: str | None = None
    user_arn: str | None = None
    user_id: str | None = None
    name: str | None = None
    chained: bool = False
    policies: tuple[str, ...] = ()
    policy_arns: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str | None = None
    mfa_authenticated_at: datetime | None = None
    context: dict[str, str | list[str]] = {}


class Caller(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The authenticated identity behind a request.

    Attributes:
        kind: the sort of identity.
        partition: the partition it lives in.
        account: its 12-digit account.
        arn: its ARN, as GetCallerIdentity answers it.
        user_id: its unique id, as GetCallerIdentity answers it (`AIDA…`, `AROA…:session`).
        access_key_id: the key that signed the request; None when anonymous.
        user_name: for users, the friendly name.
        session: what the temporary credential carries; None for long-term ones.
        verified: whether the request's signature was checked.
        mfa_authenticated_at: when this very request proved MFA with a code; the time of an earlier proof is in the
            session.
    """

    kind: CallerKind
    partition: str
    account: str
    arn: str
    user_id: str
    access_key_id: str | None = None
    user_name: str | None = None
    session: Session | None = None
    verified: bool = False
    mfa_authenticated_at: datetime | None = None


class Credential(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the owner of an access key id tells about it.

    Attributes:
        caller: whom it stands for.
        secret_access_key: the secret that signatures are checked with.
        active: False for a key set to Inactive.
        expires_at: when it ends; None for long-term keys.
    """

    caller: Caller
    secret_access_key: str
    active: bool = True
    expires_at: datetime | None = None


ROOT_USER_ID = "AKIAIOSFODNN7EXAMPLE"
"""GetCallerIdentity's UserId for root of the default account, as LocalStack's users know it."""


def root_caller(partition: str, account: str, access_key_id: str | None = None) -> Caller:
    """Return the root user of an account.

    Args:
        partition: the partition.
        account: the 12-digit account id.
        access_key_id: the key that the request named.
    """
    return Caller(
        kind="root",
        partition=partition,
        account=account,
        arn=f"arn:{partition}:iam::{account}:root",
        user_id=ROOT_USER_ID,
        access_key_id=access_key_id,
    )
