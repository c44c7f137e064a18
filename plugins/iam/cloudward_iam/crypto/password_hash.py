"""Hashes of console passwords: scrypt with a salt of its own each, the cost written into the hash."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cloudward.api import random_bytes

DEFAULT_COST = 2**13
_BLOCK_SIZE = 8
_PARALLEL = 1
_SALT_BYTES = 16
_KEY_BYTES = 32


def hash_password(password: str, cost: int = DEFAULT_COST) -> str:
    """Return the hash of a password, with all that is needed to check it.

    Args:
        password: the password.
        cost: scrypt's N, a power of two above 1; each doubling doubles time and memory (8 MiB at 2**13).
    """
    salt = random_bytes(_SALT_BYTES)
    return "$".join(("scrypt", str(cost), _text(salt), _text(_derive(password, salt, cost))))


def matches(password: str, hashed: str) -> bool:
    """Return whether a password has a hash.

    Args:
        password: the password.
        hashed: a result of `hash_password`.
    """
    _, cost, salt, key = hashed.split("$")
    return hmac.compare_digest(_derive(password, base64.b64decode(salt), int(cost)), base64.b64decode(key))


def _derive(password: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(
        password.encode(),
        salt=salt,
        n=cost,
        r=_BLOCK_SIZE,
        p=_PARALLEL,
        maxmem=256 * cost * _BLOCK_SIZE + 2**20,
        dklen=_KEY_BYTES,
    )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
