"""Whom a Principal or NotPrincipal element means, and how directly it grants.

Source: IAM User Guide, "AWS JSON policy elements: Principal", "NotPrincipal" and "Policy evaluation logic".
"""

from __future__ import annotations

from enum import IntEnum

from cloudward_policy.arns import ACCOUNT_ID, split_arn
from cloudward_policy.document import PrincipalElement, PrincipalEntry
from cloudward_policy.types import Principal, PrincipalKind


class Strength(IntEnum):
    """How directly a resource-based policy's Principal means the caller; a higher one grants past more."""

    NONE = 0
    ACCOUNT = 1
    """The caller's account: the account's own policies must allow as well."""
    INDIRECT = 2
    """The role of a session, or the user behind a federated user: past implicit denies of identity-based policies,
    not past those of a permissions boundary or a session policy."""
    DIRECT = 3
    """The very caller: past every implicit deny of the caller's own policies."""


# Members bound once and kept in tuples: looking an enum's member up, or hashing it, runs Python code.
_ROOT, _SERVICE = PrincipalKind.ROOT, PrincipalKind.SERVICE
_EXTERNAL = (PrincipalKind.WEB_IDENTITY, PrincipalKind.SAML)
_WITHOUT_ACCOUNT = (_SERVICE, PrincipalKind.ANONYMOUS, *_EXTERNAL)
_NONE, _ACCOUNT, _INDIRECT, _DIRECT = Strength.NONE, Strength.ACCOUNT, Strength.INDIRECT, Strength.DIRECT


def _aws(value: str, principal: Principal) -> Strength:
    if value == "*":
        return _DIRECT
    if principal.kind in _WITHOUT_ACCOUNT:
        return _NONE
    if value == principal.arn:
        return _DIRECT
    if value == principal.unique_id:
        return _DIRECT if principal.role_arn is None and principal.user_arn is None else _INDIRECT
    if value in (principal.role_arn, principal.user_arn):
        return _INDIRECT
    account = value if ACCOUNT_ID.fullmatch(value) else _root_account(value, principal)
    if account and account == principal.account:
        return _DIRECT if principal.kind is _ROOT else _ACCOUNT
    return _NONE


def _root_account(value: str, principal: Principal) -> str:
    """The account of a root ARN in the caller's partition."""
    arn = split_arn(value)
    if arn is None or arn.service != "iam" or arn.resource != "root":
        return ""
    own = split_arn(principal.arn)
    return arn.account if own is None or own.partition == arn.partition else ""


def entry_strength(entry: PrincipalEntry, principal: Principal) -> Strength:
    """Return how directly one entry of a Principal element means the caller."""
    value = entry.value.value
    match entry.type:
        case "*":
            return _DIRECT
        case "AWS":
            return _aws(value, principal)
        case "Service":
            named = principal.kind is _SERVICE and value in ("*", principal.arn)
        case "Federated":
            named = principal.kind in _EXTERNAL and value in ("*", principal.arn)
        case "CanonicalUser":
            if principal.canonical_id is None or value != principal.canonical_id:
                return _NONE
            return _DIRECT if principal.kind is _ROOT else _ACCOUNT
        case _:
            return _NONE
    return _DIRECT if named else _NONE


def _names_account(element: PrincipalElement, principal: Principal) -> bool:
    account = {"AWS": (principal.account,), "CanonicalUser": (principal.canonical_id,)}
    return any(
        entry.value.value in account.get(entry.type, ())
        or (
            entry.type == "AWS"
            and bool(principal.account)
            and _root_account(entry.value.value, principal) == principal.account
        )
        for entry in element.entries
    )


def _spared(element: PrincipalElement, principal: Principal) -> bool:
    """Whether the NotPrincipal of a Deny spares the caller.

    Every layer of the caller has to be listed: a user's account and the user; a session's account, role and session.
    """
    values = {entry.value.value for entry in element.entries if entry.type == "AWS"}
    if "*" in values or any(entry.type == "*" for entry in element.entries):
        return True
    if principal.kind in _WITHOUT_ACCOUNT:
        return any(entry_strength(entry, principal) for entry in element.entries)
    if not _names_account(element, principal):
        return False
    if principal.kind is _ROOT:
        return True
    layers = {arn for arn in (principal.role_arn, principal.user_arn, principal.arn) if arn}
    return layers <= values


def strength(element: PrincipalElement, principal: Principal, *, deny: bool, has_boundary: bool) -> Strength:
    """Return how directly a statement's Principal or NotPrincipal element means the caller.

    Args:
        element: the element.
        principal: the caller.
        deny: whether the statement denies.
        has_boundary: whether the caller has a permissions boundary: a Deny with NotPrincipal always hits those.

    Returns:
        NONE when the statement does not concern the caller.
    """
    if not element.negated:
        return max((entry_strength(entry, principal) for entry in element.entries), default=_NONE)
    if deny:
        return _NONE if not has_boundary and _spared(element, principal) else _DIRECT
    if any(entry_strength(entry, principal) for entry in element.entries):
        return _NONE
    return _DIRECT
