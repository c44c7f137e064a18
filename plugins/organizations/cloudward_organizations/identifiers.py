"""Ids in the forms that AWS gives them (the patterns of the service model)."""

from __future__ import annotations

from cloudward.api import random_bytes, random_hex

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_DIGITS = "0123456789"


def _random(letters: str, length: int) -> str:
    return "".join(letters[byte % len(letters)] for byte in random_bytes(length))


def organization_id() -> str:
    """Return a new organization's id."""
    return f"o-{_random(_LETTERS, 10)}"


def root_id() -> str:
    """Return a new root's id."""
    return f"r-{_random(_LETTERS, 4)}"


def unit_id(root: str) -> str:
    """Return a new organizational unit's id.

    Args:
        root: the id of the root that it is under.
    """
    return f"ou-{root.removeprefix('r-')}-{_random(_LETTERS, 8)}"


def policy_id() -> str:
    """Return a new policy's id."""
    return f"p-{_random(_LETTERS, 10)}"


def handshake_id() -> str:
    """Return a new handshake's id."""
    return f"h-{random_hex(16)}"


def create_account_request_id() -> str:
    """Return the id of a new request to create an account."""
    return f"car-{random_hex(16)}"


def account_id() -> str:
    """Return a new account's number."""
    return _random("123456789", 1) + _random(_DIGITS, 11)
