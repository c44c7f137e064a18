"""Which browser pages may call the gateway.

Pages of this machine may, and those that the settings name.  Any other page is refused outright: without that, every
web site that a developer visits could drive the gateway on their machine.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cloudward.protocols import WireResponse

if TYPE_CHECKING:
    from cloudward.protocols import WireRequest

_OWN_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_OWN_SUFFIXES = (".localhost", ".localhost.localstack.cloud")
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

    def allows(self, origin: str) -> bool:
        """Tell whether a page of an origin may call.

        Args:
            origin: the `Origin` header.
        """
        if self._any or origin in self._allowed:
            return True
        host = urlsplit(origin).hostname or ""
        return host in _OWN_HOSTS or host.endswith(_OWN_SUFFIXES)

    def refuse(self, request: WireRequest) -> WireResponse | None:
        """Return the answer to a request that goes no further: a preflight, or one from a page that may not call.

        Args:
            request: a request with an `Origin`.
        """
        headers = request.headers
        if not self.allows(headers["origin"]):
            text = b"This origin may not call the gateway; the setting cors_origins allows further ones.\n"
            return WireResponse(403, [("content-type", "text/plain")], text)
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
