"""The gateway's own routes: the list of routes, health, info, plugins."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rolo import Request

from cloudward import __version__
from cloudward.server.clock_route import clock_route
from cloudward.server.enforcement_routes import enforcement_routes
from cloudward.server.internal import InternalRoute
from cloudward.server.signature_route import signature_route

if TYPE_CHECKING:
    from cloudward.app import App

AUTHENTICATION_IN_WORDS = {
    "strict": "Every request must be signed by a key that is known; signatures are verified.",
    "lenient": "Unknown access keys are root of their account; signatures of known keys are verified.",
    "off": "Signatures are NOT verified; access keys tell who calls.",
}


def own_routes(app: App) -> Iterable[InternalRoute]:
    """Return the routes that every gateway has.

    Args:
        app: the gateway.
    """

    def health(request: Request) -> dict[str, Any]:
        return {
            "services": dict.fromkeys(sorted(app.providers), "running"),
            "edition": "cloudward",
            "version": __version__,
        }

    def info(request: Request) -> dict[str, Any]:
        return {
            "version": __version__,
            "edition": "cloudward",
            "python": platform.python_version(),
            "services": sorted(app.providers),
            "authentication": app.config.auth,
            "authentication_in_words": AUTHENTICATION_IN_WORDS[app.config.auth],
            "enforcement": app.enforcement.mode,
            "enforcement_in_words": app.enforcement.in_words,
            "state": app.config.state or "memory",
            "time": app.clock.now(),
        }

    def plugins(request: Request) -> dict[str, Any]:
        return {
            "plugins": [
                {
                    "name": plugin.name,
                    "module": plugin.module,
                    "distribution": plugin.distribution,
                    "state": plugin.state,
                    "reason": plugin.reason,
                    "services": plugin.services,
                    "hooks": plugin.hooks,
                }
                for plugin in app.plugins.infos
            ]
        }

    def index(request: Request) -> dict[str, Any]:
        return {
            "routes": [
                {"path": route.path, "methods": route.methods, "aliases": route.aliases}
                for route in sorted(app.internal.routes, key=lambda route: route.path)
            ]
        }

    return [
        InternalRoute("/_cloudward", index),
        clock_route(app),
        *enforcement_routes(app),
        signature_route(app),
        InternalRoute("/_cloudward/health", health, aliases=("/_localstack/health",)),
        InternalRoute("/_cloudward/info", info, aliases=("/_localstack/info",)),
        InternalRoute("/_cloudward/plugins", plugins, aliases=("/_localstack/plugins",)),
    ]
