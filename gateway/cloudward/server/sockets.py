"""Listening sockets and TLS, with one clear line for each thing that can be wrong."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory

from cloudward.config import Config, parse_address
from cloudward.errors import ConfigError

_BACKLOG = 2048


def listening_sockets(addresses: Iterable[str]) -> list[socket.socket]:
    """Return listening sockets.

    Args:
        addresses: `host:port` texts; port 0 takes a free one.

    Raises:
        ConfigError: an address that is taken, not this machine's, or not an address.
    """
    sockets: list[socket.socket] = []
    for address in addresses:
        host, port = parse_address(address)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            family, kind, protocol, _, where = found[0]
            listener = socket.socket(family, kind, protocol)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(where)
            listener.listen(_BACKLOG)
            listener.setblocking(False)
        except OSError as error:
            for earlier in sockets:
                earlier.close()
            raise ConfigError(f"cannot listen on {address}: {(error.strerror or str(error)).lower()}") from None
        sockets.append(listener)
    return sockets


def tls_context(config: Config, now: datetime | None = None) -> ssl.SSLContext | None:
    """Return the TLS context that the settings ask for, None for plain HTTP.

    Args:
        config: the settings.
        now: the time that a generated certificate starts at.

    Raises:
        ConfigError: the certificate or key cannot be read, or do not fit.
    """
    if not (config.tls or config.tls_cert):
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if config.tls_cert:
        _load(context, Path(config.tls_cert), Path(config.tls_key or config.tls_cert))
        return context
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cloudward.pem"
        path.touch(mode=0o600)
        path.write_bytes(self_signed(now or datetime.now(UTC)))  # noqa: TID251 - TLS peers see the machine's clock
        _load(context, path, path)
    return context


def _load(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else error
        raise ConfigError(f"TLS certificate {certificate} with key {key}: {reason}") from None


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
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)
