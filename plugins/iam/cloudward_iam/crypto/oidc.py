"""Rules for the addresses and thumbprints of OpenID Connect providers.

Source: API reference of CreateOpenIDConnectProvider; OpenID Connect Discovery 1.0, section 2 (issuer).
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
_PATH = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*")
_THUMBPRINT = re.compile(r"[0-9A-Fa-f]{40}")


def issuer_of(url: str) -> str:
    """Return a provider's URL without its scheme, as it stands in the provider's ARN and in GetOpenIDConnectProvider.

    Args:
        url: the address; a trailing slash stays, because it belongs to the issuer.

    Raises:
        ValueError: it is not `https://`, or has a port, a user, a query or a fragment.
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if (
        parts.scheme != "https"
        or port is not None
        or "@" in parts.netloc
        or "?" in url
        or "#" in url
        or not _HOST.fullmatch(parts.netloc)
        or not _PATH.fullmatch(parts.path)
    ):
        raise ValueError(f"not an OpenID Connect provider's URL: {url}")
    return parts.netloc + parts.path


def is_thumbprint(text: str) -> bool:
    """Return whether a text is the hexadecimal SHA-1 of a certificate.

    Args:
        text: the text.
    """
    return _THUMBPRINT.fullmatch(text) is not None
