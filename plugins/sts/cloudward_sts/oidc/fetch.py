"""Documents fetched from identity providers: no redirects, a deadline, a size limit, and only over TLS that is trusted.

IAM trusts a provider's TLS certificate when a well-known authority vouches for it; otherwise one of the thumbprints of
the registered provider must be the SHA-1 of a certificate that the server presents (IAM User Guide, "Obtain the
thumbprint for an OpenID Connect identity provider").  A certificate so found becomes the only authority of a second
connection, so that showing somebody else's certificate is not enough.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
import time
from collections.abc import Collection
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

SECONDS = 5.0
LARGEST = 512 * 1024
_CHUNK = 16 * 1024


class FetchError(Exception):
    """A document that could not be had; the message says why."""


class UnreachableError(FetchError):
    """A provider that does not answer."""


class ThumbprintError(FetchError):
    """A provider whose certificate neither an authority nor a thumbprint vouches for."""


def fetch(url: str, thumbprints: Collection[str] = (), *, headers: dict[str, str] | None = None) -> bytes:
    """Return a document.

    Args:
        url: its address, `https://` or `http://`.
        thumbprints: hexadecimal SHA-1 of certificates to trust where no authority vouches for the server's.
        headers: further headers to send.

    Raises:
        FetchError: it could not be had.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        if parts.scheme == "http":
            return _get(HTTPConnection(host, parts.port, timeout=SECONDS), parts.path, parts.query, headers)
        context = ssl.create_default_context()
        try:
            return _get(
                HTTPSConnection(host, parts.port, timeout=SECONDS, context=context), parts.path, parts.query, headers
            )
        except ssl.SSLCertVerificationError:
            context = _vouched_for(host, parts.port or 443, thumbprints)
            return _get(
                HTTPSConnection(host, parts.port, timeout=SECONDS, context=context), parts.path, parts.query, headers
            )
    except ssl.SSLCertVerificationError as error:
        raise ThumbprintError(error.verify_message) from None
    except (OSError, HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise UnreachableError(reason) from None


def _get(connection: HTTPConnection, path: str, query: str, headers: dict[str, str] | None) -> bytes:
    deadline = time.monotonic() + SECONDS
    try:
        connection.request(
            "GET",
            (path or "/") + (f"?{query}" if query else ""),
            headers={"Accept": "application/json", "User-Agent": "cloudward", **(headers or {})},
        )
        with connection.getresponse() as answer:
            if answer.status >= 500:
                raise UnreachableError(f"it answered {answer.status} {answer.reason}")
            if answer.status != 200:
                raise FetchError(f"it answered {answer.status} {answer.reason}")
            chunks: list[bytes] = []
            size = 0
            while chunk := answer.read1(_CHUNK):
                size += len(chunk)
                if size > LARGEST:
                    raise FetchError(f"its document is larger than {LARGEST} bytes")
                if time.monotonic() > deadline:
                    raise UnreachableError(f"its document took longer than {SECONDS:g} seconds")
                chunks.append(chunk)
            return b"".join(chunks)
    finally:
        connection.close()


def _vouched_for(host: str, port: int, thumbprints: Collection[str]) -> ssl.SSLContext:
    """Return a context that trusts only those of the server's certificates that a thumbprint names."""
    trusted = [
        certificate
        for certificate in _presented(host, port)
        # SHA-1 is what IAM's thumbprints are.
        if hashlib.sha1(certificate, usedforsecurity=False).hexdigest() in thumbprints
    ]
    if not trusted:
        raise ThumbprintError("no thumbprint of the provider matches")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # The certificate named may be the server's own or an intermediate one.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata="".join(map(ssl.DER_cert_to_PEM_cert, trusted)))
    return context


def _presented(host: str, port: int) -> list[bytes]:
    """Return the certificates that a server presents, its own first; nothing is asked of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((host, port), SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        own = secured.getpeercert(binary_form=True)
        chain: Any = getattr(secured, "get_unverified_chain", None)
        if chain is not None:
            return [bytes(certificate) for certificate in chain()]
        # Before Python 3.13 only the object within has the chain.
        chain = getattr(getattr(secured, "_sslobj", None), "get_unverified_chain", None)
        if chain is None:
            return [own] if own else []
        return [ssl.PEM_cert_to_DER_cert(certificate.public_bytes()) for certificate in chain() or ()]
