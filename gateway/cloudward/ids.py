"""The one place that makes random ids, and reads accounts back from key ids.

AWS key and unique ids are four letters and base-32 text.  Since 2019 the first 40 bits after the letters tell the
account: its number shifted left by 7 bits under the top bit.
"""

from __future__ import annotations

import base64
import secrets

from cloudward.scope import is_account

_ACCOUNT_MASK = 0x7FFFFFFFFF80
_ACCOUNT_SHIFT = 7


def request_id() -> str:
    """Return a new request id, a random UUID as text."""
    # Formatted by hand: every call needs one, and uuid.UUID takes ten times as long.
    text = secrets.token_hex(16)
    variant = "89ab"[int(text[16], 16) & 3]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"


def unique_id(prefix: str, length: int = 21) -> str:
    """Return a new IAM unique id.

    Args:
        prefix: the four letters for the kind of resource, `AIDA` for a user.
        length: characters in all; AWS's are 21.
    """
    wanted = length - len(prefix)
    # Five random bits a character; one draw of bytes costs a fiftieth of a choice for each character.
    return prefix + base64.b32encode(secrets.token_bytes(wanted)).decode()[:wanted]


def access_key_id(prefix: str, account: str) -> str:
    """Return a new 20-character access key id that encodes the account as AWS's do.

    Args:
        prefix: `AKIA`, `ASIA`, `LKIA` or `LSIA`.
        account: the 12-digit account id.
    """
    number = 1 << 47 | int(account) << _ACCOUNT_SHIFT | secrets.randbits(_ACCOUNT_SHIFT)
    encoded = base64.b32encode(number.to_bytes(6) + secrets.token_bytes(4)).decode()
    return prefix + encoded


def account_of_key(key_id: str) -> str | None:
    """Return the account that an access key id encodes, None for one that encodes none.

    Args:
        key_id: an access key id; a 12-digit one stands for the account itself.
    """
    if is_account(key_id):
        return key_id
    if len(key_id) < 20 or key_id[:4] not in {"AKIA", "ASIA", "LKIA", "LSIA"}:
        return None
    try:
        number = int.from_bytes(base64.b32decode(key_id[4:20])[:6])
    except ValueError:
        return None
    account = (number & _ACCOUNT_MASK) >> _ACCOUNT_SHIFT
    # Keys made before 2019 lack the top bit; what they would decode to is no account.
    return f"{account:012d}" if number >> 47 and account < 10**12 else None


def secret_access_key() -> str:
    """Return a new 40-character secret access key."""
    return secrets.token_urlsafe(30).replace("-", "+").replace("_", "/")


def random_hex(size: int) -> str:
    """Return random hexadecimal text.

    Args:
        size: the number of random bytes; the text is twice as long.
    """
    return secrets.token_hex(size)


def random_bytes(size: int) -> bytes:
    """Return random bytes fit for keys.

    Args:
        size: how many.
    """
    return secrets.token_bytes(size)
