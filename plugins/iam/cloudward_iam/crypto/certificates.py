"""X.509 certificates and private keys as IAM accepts them: PEM, one certificate, its key, its chain in order.

Source: IAM User Guide, "Manage server certificates in IAM"; the messages are those that AWS answers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes, PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

MINIMUM_RSA_BITS = 1024
CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})

_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----\s+[A-Za-z0-9+/=\s]+?-----END CERTIFICATE-----")
_BETWEEN_BLOCKS = re.compile(r"\s*")

Kind = Literal["malformed", "mismatch", "invalid"]


class CertificateError(ValueError):
    """A certificate or key that IAM refuses.

    Attributes:
        kind: `malformed` for what cannot be read or does not verify, `mismatch` for a key that does not belong to the
            certificate, `invalid` for a certificate that can be read but not be used.
        text: AWS's message.
    """

    def __init__(self, kind: Kind, text: str) -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text


@dataclass(frozen=True, slots=True)
class Certificate:
    """What IAM needs to know of a certificate.

    Attributes:
        pem: its PEM text, as it was given, without white space around it.
        not_before: when it begins to be valid.
        not_after: when it ends.
        parsed: the certificate itself.
    """

    pem: str
    not_before: datetime
    not_after: datetime
    parsed: x509.Certificate


def parse_certificate(pem: str) -> Certificate:
    """Return the certificate behind PEM text with exactly one.

    Args:
        pem: the text.

    Raises:
        CertificateError: the text is not one PEM certificate, or its key is of a kind that IAM does not take.
    """
    found = _parse_all(pem)
    if len(found) != 1:
        raise CertificateError("malformed", _UNREADABLE)
    return found[0]


def _parse_all(pem: str) -> list[Certificate]:
    found: list[Certificate] = []
    end = 0
    for block in _BLOCK.finditer(pem):
        if not _BETWEEN_BLOCKS.fullmatch(pem, end, block.start()):
            return []
        end = block.end()
        try:
            parsed = x509.load_pem_x509_certificate(block.group().encode())
            key = parsed.public_key()
        except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion):
            return []
        _check_key_kind(key)
        found.append(Certificate(block.group(), parsed.not_valid_before_utc, parsed.not_valid_after_utc, parsed))
    return found if _BETWEEN_BLOCKS.fullmatch(pem, end) else []


_UNREADABLE = "Unable to parse certificate. Please ensure the certificate is in PEM format."


def _check_key_kind(key: CertificatePublicKeyTypes) -> None:
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= MINIMUM_RSA_BITS:
        return
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in CURVES:
        return
    raise CertificateError(
        "malformed", "The certificate's public key is not supported. Only RSA and ECDSA (P-256, P-384, P-521) keys are."
    )


def fingerprint(certificate: Certificate) -> str:
    """Return the SHA-256 fingerprint of a certificate, in hexadecimal.

    Args:
        certificate: the certificate.
    """
    return certificate.parsed.fingerprint(SHA256()).hex()


def check_dates(certificate: Certificate, now: datetime, kind: Kind = "malformed") -> None:
    """Refuse a certificate that is not valid at a time.

    Args:
        certificate: the certificate.
        now: the time.
        kind: which fault to raise.

    Raises:
        CertificateError: the certificate is expired or not valid yet.
    """
    if now > certificate.not_after:
        raise CertificateError(
            kind, "Certificate is no longer valid. The 'Not After' date restriction on the certificate has passed."
        )
    if now < certificate.not_before:
        raise CertificateError(
            kind, "Certificate is not yet valid. The 'Not Before' date restriction on the certificate has not passed."
        )


def check_private_key(certificate: Certificate, pem: str) -> None:
    """Refuse a private key that cannot be read or is not the certificate's.

    Args:
        certificate: the certificate.
        pem: the key's PEM text, not encrypted.

    Raises:
        CertificateError: the key is no PEM private key, is encrypted, or belongs to another certificate.
    """
    if _spki(load_private_key(pem)) != certificate.parsed.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    ):
        raise CertificateError("mismatch", "The private key does not match the public key of the certificate.")


def load_private_key(pem: str) -> PrivateKeyTypes:
    """Return the private key behind PEM text.

    Args:
        pem: the text.

    Raises:
        CertificateError: it is no private key, or an encrypted one.
    """
    try:
        return load_pem_private_key(pem.strip().encode(), password=None)
    except TypeError:
        raise CertificateError("malformed", "Private key should not be encrypted.") from None
    except (ValueError, UnsupportedAlgorithm):
        raise CertificateError("malformed", "Invalid Private Key.") from None


def _spki(key: PrivateKeyTypes) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def check_chain(certificate: Certificate, pem: str) -> None:
    """Refuse a chain that does not lead on from a certificate: each must have signed the one before.

    Args:
        certificate: the certificate.
        pem: PEM text of its issuer and the further intermediates, in order; the root may be left out.

    Raises:
        CertificateError: the chain cannot be read or is out of order.
    """
    chain = _parse_all(pem)
    if not chain:
        raise CertificateError(
            "malformed", "Unable to parse certificate chain. Please ensure the certificates are in PEM format."
        )
    subject = certificate
    for index, issuer in enumerate(chain):
        if not _issued(subject.parsed, issuer.parsed):
            # AWS counts from the certificate itself: -1 says that the chain's first one did not sign it.
            raise CertificateError(
                "malformed",
                "Unable to validate certificate chain. The certificate chain must start with the immediate signing "
                "certificate, followed by any intermediaries in order. The index within the chain of the invalid "
                f"certificate is: {index - 1}",
            )
        subject = issuer


def _issued(subject: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        subject.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
