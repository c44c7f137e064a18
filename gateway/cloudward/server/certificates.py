"""The gateway's own TLS certificate: made once, kept, and so worth trusting."""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cloudward.model.cache import default_cache_dir

_LIFETIME = timedelta(days=365)
_LEFT = timedelta(days=30)
"""A kept certificate that has less than this left is replaced."""


def certificate_file() -> Path:
    """Return the file that clients trust, which has the certificate without its key."""
    return default_cache_dir(os.environ) / "tls" / "certificate.pem"


def load_own(context: ssl.SSLContext, now: datetime) -> None:
    """Give a TLS context the gateway's own certificate; make and keep one if there is none to go on with.

    Args:
        context: the server's context.
        now: the time that a new certificate starts at.

    Raises:
        OSError: the folder cannot be written.
    """
    trusted = certificate_file()
    both = trusted.with_name("certificate-and-key.pem")
    if not _lasts(both, now):
        trusted.parent.mkdir(parents=True, exist_ok=True)
        _write(both, self_signed(now))
    context.load_cert_chain(both)
    text = both.read_text("ascii")
    certificate = text[text.index("-----BEGIN CERTIFICATE-----") :]
    if not trusted.exists() or trusted.read_text("ascii") != certificate:
        _write(trusted, certificate.encode())


def _lasts(path: Path, now: datetime) -> bool:
    from cryptography import x509

    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return False
    return certificate.not_valid_before_utc <= now and now + _LEFT <= certificate.not_valid_after_utc


def _write(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read, so that others see the old one or the new one, never half."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    unfinished.replace(path)


def self_signed(now: datetime) -> bytes:
    """Return a new self-signed certificate for this machine's names, with its key, as PEM.

    Args:
        now: the time that it starts at.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cloudward")])
    names: list[x509.GeneralName] = [
        x509.DNSName("localhost"),
        x509.DNSName("*.localhost.localstack.cloud"),
        x509.DNSName("localhost.localstack.cloud"),
        x509.IPAddress(ip_address("127.0.0.1")),
        x509.IPAddress(ip_address("::1")),
    ]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def now() -> datetime:
    """Return the machine's time: TLS peers see no other."""
    return datetime.now(UTC)  # noqa: TID251 - see above
