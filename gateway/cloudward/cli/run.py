"""Makes the app, opens the sockets, says what is on, and serves."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from socket import socket
from ssl import SSLContext
from typing import Any

from cloudward.app import App, create_app
from cloudward.cli.banner import banner
from cloudward.clock import Clock
from cloudward.config import Config, Loaded
from cloudward.enforcement import check_places
from cloudward.errors import ConfigError, PluginError
from cloudward.events import RequestLog
from cloudward.server.serve import serve
from cloudward.server.sharing import ConnectionCounts, SharingServer
from cloudward.server.sockets import listening_sockets, tls_context
from cloudward.server.workers import Workers
from cloudward.state import Store, lock_state, open_store
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
    addresses = [listener.getsockname() for listener in sockets]
    if config.workers == 1:
        app: App = _make_app(config)
        serve(app, sockets, tls, lambda: _announce(app, addresses, os.getpid()))
        return
    sys.exit(_run_workers(config, sockets, tls, addresses))


def _make_app(config: Config, store: Store | None = None, clock: Clock | None = None) -> App:
    app = create_app(config, store=store, clock=clock)
    check_places(config.enforce_accounts, config.enforce_services, app.catalogue.services())
    app.request_log = RequestLog(sys.stderr, as_json=config.log_format == "json")
    return app


def _announce(app: App, addresses: list[Any], pid: int) -> None:
    sys.stderr.write(banner(app, addresses, pid))
    sys.stderr.flush()


def _run_workers(config: Config, sockets: list[socket], tls: SSLContext | None, addresses: list[Any]) -> int:
    if not hasattr(os, "fork"):
        raise ConfigError("workers: this system cannot fork processes; run one")
    parent = os.getpid()
    lock = lock_state(config.state)
    counts = ConnectionCounts(config.workers)

    def work(number: int, ready: Callable[[], None]) -> int:
        try:
            clock = Clock()
            store = open_store(config.state, durability=config.durability, clock=clock, lock=lock)
            app = _make_app(config, store, clock)
        except (ConfigError, PluginError) as error:
            sys.stderr.write(f"cloudward: {error}\n")
            return 2

        def announce() -> None:
            if number == 0 and os.getppid() == parent:
                _announce(app, addresses, parent)
            ready()

        SharingServer(app, tls, announce, counts, number).run(sockets)
        return 0

    try:
        return Workers(config.workers, work).run()
    finally:
        lock.close()
