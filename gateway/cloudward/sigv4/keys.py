"""Signing keys derived from secret access keys, and the check of one signature with one.

Source: "Create a signed AWS API request" (IAM User Guide), step 4, and there "Deriving a signing key for SigV4a".
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias, Union

from cloudward.sigv4.signature import ECDSA, TERMINATOR, Signature

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

SigningKey: TypeAlias = Union[bytes, "ec.EllipticCurvePublicKey"]


def derive_signing_key(secret_access_key: str, date: str, region: str, service: str) -> bytes:
    """Derive the key of AWS4-HMAC-SHA256.

    Args:
        secret_access_key: The secret access key.
        date: The scope's date, YYYYMMDD.
        region: The scope's region.
        service: The scope's service.

    Returns:
        The signing key, 32 bytes.
    """
    key = f"AWS4{secret_access_key}".encode()
    for part in (date, region, service, TERMINATOR):
        key = hmac.digest(key, part.encode(errors="replace"), "sha256")
    return key


class SigningKeyCache:
    """The signing keys used last, so that each is derived once. Safe to share between threads.

    Args:
        size: How many keys to keep.
    """

    __slots__ = ("_keys", "_lock", "_size")

    def __init__(self, size: int = 1024) -> None:
        if size < 1:
            raise ValueError("a signing key cache holds at least one key")
        self._size = size
        self._keys: OrderedDict[tuple[str, ...], SigningKey] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._keys)

    def key(self, signature: Signature, secret_access_key: str) -> SigningKey:
        """Give the key to verify a signature with.

        Args:
            signature: The signature, for its algorithm and scope.
            secret_access_key: The secret access key of its access key id.

        Returns:
            The HMAC key, or the public key for SigV4A.
        """
        if signature.algorithm == ECDSA:
            name: tuple[str, ...] = (secret_access_key, signature.access_key_id)
        else:
            name = (secret_access_key, signature.date, signature.region, signature.service)
        with self._lock:
            key = self._keys.get(name)
            if key is not None:
                self._keys.move_to_end(name)
                return key
        key = verification_key(signature, secret_access_key)
        with self._lock:
            self._keys[name] = key
            if len(self._keys) > self._size:
                self._keys.popitem(last=False)
        return key

    def clear(self) -> None:
        """Forget all keys."""
        with self._lock:
            self._keys.clear()


def verification_key(signature: Signature, secret_access_key: str) -> SigningKey:
    """Derive the key to verify a signature with.

    Args:
        signature: The signature, for its algorithm and scope.
        secret_access_key: The secret access key of its access key id.

    Returns:
        The HMAC key, or the public key for SigV4A.
    """
    if signature.algorithm == ECDSA:
        # SigV4A is rare, and the library behind it weighs a tenth of an idle gateway.
        from cloudward.sigv4.elliptic import derive_private_key

        return derive_private_key(signature.access_key_id, secret_access_key).public_key()
    return derive_signing_key(secret_access_key, signature.date, signature.region, signature.service)


def signs(key: SigningKey, signature: str, text: bytes) -> bool:
    """Check a signature. The comparison of an HMAC takes the same time whatever differs.

    Args:
        key: The key, of verification_key.
        signature: The signature in hexadecimal digits.
        text: The string to sign.

    Returns:
        Whether the signature is that of the text.
    """
    if isinstance(key, bytes):
        expected = hmac.digest(key, text, "sha256").hex().encode()
        return hmac.compare_digest(expected, signature.encode(errors="replace"))
    from cloudward.sigv4.elliptic import signs as signs_elliptic

    return signs_elliptic(key, signature, text)
