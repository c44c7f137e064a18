"""Policy documents on their way into state: checked, measured, and percent-encoded as IAM answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from cloudward_iam.arns import parse_arn
from cloudward_iam.errors import LimitExceeded, MalformedPolicyDocument
from cloudward_iam.limits import Quota, check_quota, limit
from cloudward_policy import (
    MalformedPolicy,
    PolicyDocument,
    PolicyKind,
    check_document,
    invalid_principal,
    size_without_whitespace,
)

if TYPE_CHECKING:
    from cloudward_iam.state import Ctx

_INLINE_QUOTAS = {
    "user": Quota.USER_POLICY_SIZE,
    "group": Quota.GROUP_POLICY_SIZE,
    "role": Quota.ROLE_POLICY_SIZE,
}
_ID_TABLES = {"AIDA": ("users", "user_id"), "AROA": ("roles", "role_id")}


def encode(text: str) -> str:
    """Return a document percent-encoded after RFC 3986, every reserved character.

    Args:
        text: the document's JSON text.
    """
    return quote(text, safe="")


def managed_document(ctx: Ctx, text: str) -> str:
    """Check the document of a managed policy.

    Args:
        ctx: the call.
        text: the document.

    Returns:
        The document, percent-encoded.

    Raises:
        MalformedPolicyDocument: AWS refuses it.
        LimitExceeded: it is too long.
    """
    _checked(text, PolicyKind.IDENTITY, managed=True)
    check_quota(ctx, Quota.MANAGED_POLICY_SIZE, size_without_whitespace(text))
    return encode(text)


def inline_document(ctx: Ctx, kind: str, name: str, text: str, others: int) -> str:
    """Check the document of an inline policy.

    Args:
        ctx: the call.
        kind: `user`, `group` or `role`.
        name: the name of the entity that takes it.
        text: the document.
        others: the size of the entity's other inline policies together, in characters that are not white space.

    Returns:
        The document, percent-encoded.

    Raises:
        MalformedPolicyDocument: AWS refuses it.
        LimitExceeded: the entity's inline policies would be too long together.
    """
    _checked(text, PolicyKind.IDENTITY, managed=False)
    allowed = limit(ctx, _INLINE_QUOTAS[kind])
    if others + size_without_whitespace(text) > allowed:
        raise LimitExceeded.inline_size(allowed, kind, name)
    return encode(text)


def trust_document(ctx: Ctx, text: str) -> tuple[str, tuple[str, ...]]:
    """Check a role's trust policy.

    Principals of the account itself must exist; what exists in other accounts the gateway cannot know.

    Args:
        ctx: the call.
        text: the document.

    Returns:
        The document, percent-encoded, and the ARNs of the account's own users and roles in it.

    Raises:
        MalformedPolicyDocument: AWS refuses it, or it names a principal that does not exist.
        LimitExceeded: it is too long.
    """
    document = _checked(text, PolicyKind.TRUST, managed=False)
    check_quota(ctx, Quota.TRUST_POLICY_SIZE, size_without_whitespace(text))
    return encode(text), _own_principals(ctx, document)


def _checked(text: str, kind: PolicyKind, *, managed: bool) -> PolicyDocument:
    try:
        return check_document(text, kind, managed=managed)
    except MalformedPolicy as error:
        raise MalformedPolicyDocument(error.message) from None


def _own_principals(ctx: Ctx, document: PolicyDocument) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for statement in document.statements:
        for entry in statement.principal.entries if statement.principal is not None else ():
            value = entry.value.value
            if entry.type != "AWS" or value == "*":
                continue
            if not _exists(ctx, value):
                raise MalformedPolicyDocument(invalid_principal("AWS", value))
            parts = parse_arn(value)
            if parts is not None and parts.account == ctx.account and parts.kind in {"user", "role"}:
                found[value] = None
    return tuple(found)


def _exists(ctx: Ctx, principal: str) -> bool:
    table = _ID_TABLES.get(principal[:4])
    if table is not None and principal.isalnum():
        return getattr(ctx.state, table[0]).find(table[1], principal) is not None
    parts = parse_arn(principal)
    if parts is None or parts.account != ctx.account or parts.kind not in {"user", "role"}:
        return True
    if parts.kind == "user":
        user = ctx.state.users.get(parts.name)
        return user is not None and user.arn == principal
    role = ctx.state.roles.get(parts.name)
    return role is not None and role.arn == principal
