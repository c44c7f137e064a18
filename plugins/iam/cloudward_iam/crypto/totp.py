"""One-time passwords of MFA devices: TOTP (RFC 6238) over HOTP (RFC 4226), SHA-1, 6 digits, 30 seconds.

A device's clock may run ahead or behind.  `pair` finds the drift from two consecutive codes, as EnableMFADevice and
ResyncMFADevice ask for them; `single` checks one code near the known drift.  Both answer the counter of the last code,
and take the last counter ever accepted, so that no code is accepted twice (RFC 6238, section 5.2).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
from urllib.parse import quote

STEP_SECONDS = 30
DIGITS = 6
SEED_BYTES = 40

ENABLE_WINDOW = 10
"""Steps of drift that EnableMFADevice looks for, to either side: five minutes."""

RESYNC_WINDOW = 240
"""Steps of drift that ResyncMFADevice looks for, to either side: two hours, for a token that lay in a drawer."""

VERIFY_WINDOW = 1
"""Steps around the known drift in which a single code is accepted."""


def encode_seed(seed: bytes) -> str:
    """Return a seed as base-32 text, 64 characters for AWS's 40 bytes.

    Args:
        seed: the shared secret.
    """
    return base64.b32encode(seed).decode()


def decode_seed(text: str) -> bytes:
    """Return the seed behind base-32 text, as authenticators read it: blanks, dashes, case and padding do not matter.

    Args:
        text: the text.

    Raises:
        ValueError: it is not base 32, or empty.
    """
    compact = text.replace(" ", "").replace("-", "").rstrip("=").upper()
    try:
        seed = base64.b32decode(compact + "=" * (-len(compact) % 8))
    except ValueError as error:
        raise ValueError(f"not a base-32 seed: {error}") from None
    if not seed:
        raise ValueError("not a base-32 seed: it is empty")
    return seed


def code(seed: bytes, counter: int) -> str:
    """Return the HOTP value of a counter, six digits (RFC 4226, section 5.3).

    Args:
        seed: the shared secret.
        counter: the moving factor; negative ones, from before 1970, have no code and give an empty text.
    """
    if counter < 0:
        return ""
    digest = hmac.digest(seed, counter.to_bytes(8), hashlib.sha1)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def counter_at(timestamp: float) -> int:
    """Return the counter that a device with a true clock shows the code of.

    Args:
        timestamp: seconds since the epoch.
    """
    return int(timestamp // STEP_SECONDS)


def pair(seed: bytes, first: str, second: str, *, counter: int, window: int, after: int | None = None) -> int | None:
    """Find two consecutive codes near a counter.

    Args:
        seed: the shared secret.
        first: the earlier code.
        second: the code right after it.
        counter: where a device without drift stands now.
        window: how many steps to either side the device may be off.
        after: the last counter accepted before; both codes must be newer.

    Returns:
        The counter of the second code, None when there is no such pair.
    """
    for distance in sorted(range(-window, window + 1), key=abs):
        found = counter + distance
        if after is not None and found - 1 <= after:
            continue
        if _same(code(seed, found), second) and _same(code(seed, found - 1), first):
            return found
    return None


def single(
    seed: bytes, given: str, *, counter: int, after: int | None = None, window: int = VERIFY_WINDOW
) -> int | None:
    """Find one code near a counter.

    Args:
        seed: the shared secret.
        given: the code.
        counter: where the device stands now, its known drift included.
        after: the last counter accepted before; the code must be newer.
        window: how many steps to either side of the counter count.

    Returns:
        The counter of the code, None when it is wrong, too old or used.
    """
    for distance in sorted(range(-window, window + 1), key=abs):
        found = counter + distance
        if (after is None or found > after) and _same(code(seed, found), given):
            return found
    return None


def _same(expected: str, given: str) -> bool:
    return bool(expected) and hmac.compare_digest(expected.encode(), given.encode())


def otpauth_uri(device_name: str, account: str, seed: str) -> str:
    """Return the URI that AWS encodes in a virtual device's QR code (API reference, `VirtualMFADevice.QRCodePNG`).

    Args:
        device_name: the virtual MFA device's name.
        account: the account's id or alias.
        seed: the seed as base-32 text.
    """
    return f"otpauth://totp/{quote(device_name, safe='')}@{quote(account, safe='')}?secret={seed}"


def qr_code_png(text: str) -> bytes:
    """Return a PNG image of a QR code.

    Args:
        text: what it encodes.
    """
    import segno  # here, as most gateways never draw a code

    image = io.BytesIO()
    segno.make_qr(text, error="m").save(image, kind="png", scale=4)
    return image.getvalue()
