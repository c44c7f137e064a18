"""Signature Version 4A: signatures on the elliptic curve P-256, with a key derived from the secret access key.

Source: "Create a signed AWS API request" (IAM User Guide), "Deriving a signing key for SigV4a".
"""

from __future__ import annotations

import hmac
from binascii import Error as HexError
from binascii import unhexlify

from cryptography.exceptions import InvalidSignature as WrongSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from cloudward.sigv4.signature import ECDSA

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_CURVE = ec.SECP256R1()
_LONGEST_SIGNATURE = 144
"""Hexadecimal digits of the longest DER-encoded P-256 signature."""


def derive_private_key(access_key_id: str, secret_access_key: str) -> ec.EllipticCurvePrivateKey:
    """Derive the key of AWS4-ECDSA-P256-SHA256 (SigV4A).

    It is the first candidate that is in range of those that NIST SP 800-108's key derivation in counter mode gives
    (FIPS 186-4 B.4.2, testing candidates).

    Args:
        access_key_id: The access key id.
        secret_access_key: The secret access key.

    Returns:
        The private key on P-256.

    Raises:
        ValueError: None of the 254 candidates is in range, which no secret is known to cause.
    """
    secret = f"AWS4A{secret_access_key}".encode()
    for counter in range(1, 255):
        fixed = b"".join(
            (
                (1).to_bytes(4),
                ECDSA.encode(),
                b"\0",
                access_key_id.encode(errors="replace"),
                counter.to_bytes(1),
                (256).to_bytes(4),
            )
        )
        candidate = int.from_bytes(hmac.digest(secret, fixed, "sha256"))
        if candidate <= _ORDER - 2:
            return ec.derive_private_key(candidate + 1, _CURVE)
    raise ValueError("no SigV4A key can be derived from this secret access key")


def signs(key: ec.EllipticCurvePublicKey, signature: str, text: bytes) -> bool:
    """Check a signature.

    Args:
        key: The public key.
        signature: The signature in hexadecimal digits.
        text: The string to sign.

    Returns:
        Whether the signature is that of the text.
    """
    if not signature or len(signature) > _LONGEST_SIGNATURE:
        return False
    try:
        key.verify(unhexlify(signature), text, ec.ECDSA(SHA256()))
    except (WrongSignature, HexError, ValueError):
        return False
    return True
