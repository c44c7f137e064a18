"""SSH public keys as IAM accepts them: RSA of at least 2048 bits, in the `ssh-rsa` or the PEM encoding.

Source: API reference of UploadSSHPublicKey and GetSSHPublicKey; IAM User Guide, "SSH keys and CodeCommit".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
    load_ssh_public_key,
)

MINIMUM_BITS = 2048


class UnrecognizedEncodingError(ValueError):
    """The text is in no encoding that IAM knows."""


class InvalidKeyError(ValueError):
    """The encoding is right, the key is not: damaged, of another kind, or too short."""


@dataclass(frozen=True, slots=True)
class SshPublicKey:
    """A public key in both encodings.

    Attributes:
        ssh: `ssh-rsa` and base-64 text, with the comment if it had one.
        pem: the X.509 SubjectPublicKeyInfo in PEM.
        fingerprint: the MD5 of the key's SSH wire form, as colon-separated hexadecimal bytes.
    """

    ssh: str
    pem: str
    fingerprint: str

    def encoded(self, encoding: Literal["SSH", "PEM"]) -> str:
        """Return the key in an encoding.

        Args:
            encoding: `SSH` or `PEM`.
        """
        return self.ssh if encoding == "SSH" else self.pem


def parse(text: str) -> SshPublicKey:
    """Return the key behind a text.

    Args:
        text: the key in either encoding.

    Raises:
        UnrecognizedEncodingError: the text is in neither.
        InvalidKeyError: the key cannot be read, is not RSA, or has fewer than 2048 bits.
    """
    text = text.strip()
    if text.startswith("ssh-"):
        key, comment = _load_ssh(text)
    elif text.startswith(("-----BEGIN PUBLIC KEY-----", "-----BEGIN RSA PUBLIC KEY-----")):
        key, comment = _load_pem(text), ""
    else:
        raise UnrecognizedEncodingError(text)
    if key.key_size < MINIMUM_BITS:
        raise InvalidKeyError(text)
    body = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    digest = hashlib.md5(base64.b64decode(body.split()[1]), usedforsecurity=False).hexdigest()
    return SshPublicKey(
        ssh=f"{body} {comment}".strip(),
        pem=key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        fingerprint=":".join(digest[at : at + 2] for at in range(0, len(digest), 2)),
    )


def _load_ssh(text: str) -> tuple[rsa.RSAPublicKey, str]:
    kind, _, rest = text.partition(" ")
    if kind != "ssh-rsa":
        raise InvalidKeyError(text)
    body, _, comment = rest.strip().partition(" ")
    try:
        key = load_ssh_public_key(f"{kind} {body}".encode())
    except (ValueError, UnsupportedAlgorithm, binascii.Error):
        raise InvalidKeyError(text) from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise InvalidKeyError(text)
    return key, comment.strip()


def _load_pem(text: str) -> rsa.RSAPublicKey:
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidKeyError(text) from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise InvalidKeyError(text)
    return key
