"""Makes the app, opens the sockets, says what is on, and serves."""

from __future__ import annotations

import logging
import os
import sys

from cloudward.app import App, create_app
from cloudward.cli.banner import banner
from cloudward.config import Loaded
from cloudward.server.serve import serve
from cloudward.server.sockets import listening_sockets, tls_context
from cloudward.telemetry import configure_logging


def run(loaded: Loaded) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        loaded: the settings.

    Raises:
        ConfigError: something that the user can mend.
        PluginError: a plugin cannot be used, under strict plugins.
    """
    config = loaded.config
    configure_logging(config)
    log = logging.getLogger("cloudward")
    for warning in loaded.warnings:
        log.warning("%s", warning)
    sockets = listening_sockets(config.listen)
    tls = tls_context(config)
    app: App = create_app(config)

    def announce() -> None:
        sys.stderr.write(banner(app, [socket.getsockname() for socket in sockets], os.getpid()))
        sys.stderr.flush()

    serve(app, sockets, tls, announce)
