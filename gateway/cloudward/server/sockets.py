"""Listening sockets and TLS, with one clear line for each thing that can be wrong."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterable
from pathlib import Path

from cloudward.config import Config, parse_address
from cloudward.errors import ConfigError
from cloudward.server.certificates import certificate_file, load_own, now

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
        try:
            sockets += _listeners(*parse_address(address))
        except OSError as error:
            for earlier in sockets:
                earlier.close()
            raise ConfigError(f"cannot listen on {address}: {(error.strerror or str(error)).lower()}") from None
    return sockets


def _listeners(host: str, port: int) -> list[socket.socket]:
    """Return a socket for each address that a host has: `localhost` usually has one of IPv4 and one of IPv6."""
    sockets: list[socket.socket] = []
    absent: OSError | None = None
    try:
        for family, kind, protocol, _, where in dict.fromkeys(
            socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        ):
            # Port 0 takes a free one, the same for all.
            chosen = sockets[0].getsockname()[1] if sockets else port
            try:
                listener = socket.socket(family, kind, protocol)
            except OSError as error:
                absent = error  # a machine without IPv6 may have an address of it in its table of hosts
                continue
            sockets.append(listener)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((where[0], chosen, *where[2:]))
            except OSError as error:
                if error.errno != errno.EADDRNOTAVAIL:
                    raise
                absent = error
                sockets.remove(listener)
                listener.close()
                continue
            listener.listen(_BACKLOG)
            listener.setblocking(False)
        if not sockets and absent is not None:
            raise absent
    except OSError:
        for listener in sockets:
            listener.close()
        raise
    return sockets


def tls_context(config: Config) -> ssl.SSLContext | None:
    """Return the TLS context that the settings ask for, None for plain HTTP.

    Args:
        config: the settings.

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
    try:
        load_own(context, now())
    except OSError as error:
        folder = certificate_file().parent
        reason = f"{folder}: the certificate cannot be kept there: {error.strerror or error}"
        raise ConfigError(f"{reason}; name one with --tls-cert, or another folder with CLOUDWARD_CACHE_DIR") from None
    return context


def _load(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else error
        raise ConfigError(f"TLS certificate {certificate} with key {key}: {reason}") from None
