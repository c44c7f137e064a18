"""`/_cloudward/stream`: the policy stream over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from cloudward.api import InternalRoute, Stream
from cloudward_iam.stream.events import server_sent
from cloudward_iam.stream.hub import PolicyStream
from cloudward_iam.stream.summary import fold

PATH = "/_cloudward/stream"
_TRUE = frozenset({"1", "true", "yes"})


def routes(stream: PolicyStream) -> Iterable[InternalRoute]:
    """Return the routes.

    Args:
        stream: the stream of the gateway.
    """

    def events(request: Any) -> Stream:
        return Stream(server_sent(stream, request.args.get("principal")))

    def status(request: Any) -> dict[str, Any]:
        return {
            "enabled": stream.enabled,
            "since": stream.since,
            "calls": stream.calls,
            "permissions": len(stream.permissions),
            "readers": stream.listening,
        }

    def switch(change: Callable[[], None]) -> Callable[[Any], dict[str, Any]]:
        def endpoint(request: Any) -> dict[str, Any]:
            change()
            return status(request)

        return endpoint

    def summary(request: Any) -> dict[str, Any]:
        generalise = request.args.get("generalise", "").lower() in _TRUE
        found = fold(stream, request.args.get("principal"), generalise=generalise)
        return {
            "enabled": stream.enabled,
            "since": stream.since,
            "principals": found.principals,
            "identity": found.identity,
            "resources": found.resources,
            "calls": found.calls,
            "unmapped": found.unmapped,
            "overflow": found.overflow,
        }

    return [
        InternalRoute(PATH, events),
        InternalRoute(f"{PATH}/status", status),
        InternalRoute(f"{PATH}/enable", switch(stream.enable), methods=("POST",)),
        InternalRoute(f"{PATH}/disable", switch(stream.disable), methods=("POST",)),
        InternalRoute(f"{PATH}/reset", switch(stream.reset), methods=("POST",)),
        InternalRoute(f"{PATH}/summary", summary),
    ]
