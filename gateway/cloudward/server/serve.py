"""Runs an app behind uvicorn."""

from __future__ import annotations

import gc
import socket
import ssl
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from cloudward.server.asgi import AsgiApp

if TYPE_CHECKING:
    from cloudward.app import App

_SHUTDOWN_SECONDS = 30
_GARBAGE_THRESHOLD = 10_000


def serve(
    app: App,
    sockets: list[socket.socket],
    tls: ssl.SSLContext | None = None,
    on_ready: Callable[[], None] | None = None,
) -> None:
    """Serve an app until SIGTERM or SIGINT; requests in flight are finished.

    Args:
        app: the app.
        sockets: listening sockets.
        tls: the TLS context; None serves plain HTTP.
        on_ready: called when requests are accepted.
    """
    server = Server(app, tls, on_ready)
    # Models, codecs and modules stay for good: without this every full collection walks through all of them, and the
    # records of recent calls make full collections frequent.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE_THRESHOLD)
    server.run(sockets)


class Server(uvicorn.Server):
    """uvicorn with our settings.

    Args:
        app: the app.
        tls: the TLS context; None serves plain HTTP.
        on_ready: called when requests are accepted.
    """

    def __init__(self, app: App, tls: ssl.SSLContext | None, on_ready: Callable[[], None] | None) -> None:
        class LimitedHeaders(_LimitedHeaders):
            limit = app.config.max_header_size

        self._asgi = AsgiApp(app)
        super().__init__(
            uvicorn.Config(
                self._asgi,
                http=LimitedHeaders,
                loop="uvloop",
                lifespan="on",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
                backlog=2048,
            )
        )
        self._tls = tls
        self._on_ready = on_ready
        self.config.load()
        self.config.ssl = tls

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept requests.

        Args:
            sockets: listening sockets.
        """
        await super().startup(sockets)
        if self._on_ready is not None and self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: requests in flight are finished, streams, which would never end, are ended.

        Args:
            sockets: listening sockets.
        """
        self._asgi.end_streams()
        await super().shutdown(sockets)

    def _log_started_message(self, listeners: Any) -> None:
        """Say nothing: the banner says it better."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Finish: a first signal lets requests in flight end, a second one does not wait for them.

        uvicorn raises the signal again afterwards, and would end with its code; ours is 0, for all went well.

        Args:
            sig: the signal.
            frame: not used.
        """
        self.force_exit = self.should_exit
        self.should_exit = True


class _LimitedHeaders(HttpToolsProtocol):
    """uvicorn's protocol, refusing header floods: httptools has no limit of its own."""

    limit = 64 * 1024

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._header_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header.

        Args:
            name: its name.
            value: its value.
        """
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > self.limit:
            if not self.transport.is_closing():
                self.transport.write(
                    b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
                )
                self.transport.close()
            return
        super().on_header(name, value)
