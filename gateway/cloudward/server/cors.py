"""Which browser pages may call the gateway.

Pages of this machine may, and those that the settings name.  Any other page is refused outright: without that, every
web site that a developer visits could drive the gateway on their machine, through scripts, through images and links
whose addresses are calls (browsers send no `Origin` with those, but `Sec-Fetch-Site`), and, where no signature is
needed, under a name of its own that it lets resolve to that machine (DNS rebinding).
"""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cloudward.protocols import WireResponse

if TYPE_CHECKING:
    from cloudward.protocols import WireRequest

_OWN_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_OWN_SUFFIXES = (".localhost", ".localhost.localstack.cloud")
_NOBODYS_SUFFIXES = (
    *_OWN_SUFFIXES,
    ".internal",
    ".local",
    ".test",
    ".home.arpa",
    ".amazonaws.com",
    ".amazonaws.com.cn",
)
"""Below these nobody can publish a name that resolves to whatever they like."""
_EXPOSED = "x-amzn-requestid,x-amz-request-id,x-amz-id-2,x-amzn-errortype,etag,content-range"
_METHODS = "GET,HEAD,POST,PUT,PATCH,DELETE,OPTIONS"


class Cors:
    """Answers preflight requests and adds the headers that browsers ask for.

    Args:
        allowed: origins allowed beside this machine's; `*` allows any.
    """

    def __init__(self, allowed: Collection[str]) -> None:
        self._any = "*" in allowed
        self._allowed = frozenset(origin.rstrip("/") for origin in allowed)
        self._hosts = frozenset(map(_host, allowed)) - {""}

    def allows(self, origin: str) -> bool:
        """Tell whether a page of an origin may call.

        Args:
            origin: the `Origin` header.
        """
        if self._any or origin in self._allowed:
            return True
        host = _host(origin)
        return host in _OWN_HOSTS or host.endswith(_OWN_SUFFIXES)

    def trusts_host(self, host: str) -> bool:
        """Tell whether a name that the gateway is called by cannot be one that a foreign site made up for it.

        Args:
            host: the `Host` header.
        """
        if self._any:
            return True
        name = _host(f"//{host}").rstrip(".")
        return (
            _is_address(name)
            or (bool(name) and "." not in name)
            or f".{name}".endswith(_NOBODYS_SUFFIXES)
            or name in self._hosts
        )

    def refuse(self, request: WireRequest, *, internal: bool = False) -> WireResponse | None:
        """Return the answer to a request that goes no further: a preflight, or one from a page that may not call.

        Args:
            request: the request.
            internal: whether it is for a route outside the AWS protocols.
        """
        headers = request.headers
        if internal and not self.trusts_host(headers.get("host", "localhost")):
            return _refusal("This name for the gateway may be a foreign site's")
        origin = headers.get("origin")
        if origin is None:
            if headers.get("sec-fetch-site") != "cross-site" or self.allows(_origin(headers.get("referer", ""))):
                return None
            if internal and request.method == "GET" and headers.get("sec-fetch-mode") == "navigate":
                return None  # a link that somebody follows; the page that has it cannot read what it leads to
            return _refusal("This page may not call the gateway")
        if not self.allows(origin):
            return _refusal("This origin may not call the gateway")
        if request.method == "OPTIONS" and "access-control-request-method" in headers:
            answer = self.headers(request)
            answer.append(("access-control-allow-methods", _METHODS))
            answer.append(("access-control-allow-headers", headers.get("access-control-request-headers", "*")))
            answer.append(("access-control-max-age", "600"))
            return WireResponse(204, answer)
        return None

    def headers(self, request: WireRequest) -> list[tuple[str, str]]:
        """Return the headers to add to an answer.

        Args:
            request: a request with an allowed `Origin`.
        """
        return [
            ("access-control-allow-origin", request.headers["origin"]),
            ("access-control-expose-headers", _EXPOSED),
            ("vary", "origin"),
        ]


def _refusal(why: str) -> WireResponse:
    text = f"{why}; the setting cors_origins allows further ones.\n"
    return WireResponse(403, [("content-type", "text/plain")], text.encode())


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
