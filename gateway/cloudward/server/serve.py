"""Runs an app behind uvicorn."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import sys
from collections.abc import Callable
from http import HTTPStatus
from types import FrameType
from typing import TYPE_CHECKING, Any

import uvicorn
from httptools import HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from cloudward.server.asgi import AsgiApp

if TYPE_CHECKING:
    from cloudward.app import App

_SHUTDOWN_SECONDS = 30
_GARBAGE_THRESHOLD = 10_000
_OFFERS = frozenset({b"upgrade", b"http2-settings"})
_CONNECTION_OPTIONS = frozenset({b"close", b"keep-alive"})


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
        class Bounded(BoundedHttp):
            limit = app.config.max_header_size

        self._asgi = AsgiApp(app)
        super().__init__(
            uvicorn.Config(
                self._asgi,
                http=Bounded,
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

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until a signal comes.

        Args:
            sockets: listening sockets.

        Raises:
            PluginError: a plugin cannot be started up, under strict plugins.
        """
        try:
            super().run(sockets)
        except SystemExit:
            if self._asgi.failure is not None:
                raise self._asgi.failure from None
            raise

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

    async def on_tick(self, counter: int) -> bool:
        """Do what is due now and then.

        Args:
            counter: how often it was called.
        """
        for connection in list(self.server_state.connections):
            if isinstance(connection, BoundedHttp):
                connection.expire()
        return await super().on_tick(counter)

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


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's protocol with bounds of size and time: neither httptools nor uvicorn has any for a request's head.

    Attributes:
        limit: most bytes of a target, and of all headers together.
        head_seconds: how long a client may take for a head, from its first byte or from the connection's beginning.
        body_seconds: how long a client may be silent in the middle of a body.
    """

    limit = 64 * 1024
    head_seconds = 60.0
    body_seconds = 60.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin a connection.

        Args:
            transport: what it is written to.
        """
        super().connection_made(transport)
        self._in_head = True
        self._head_bytes = self._header_bytes = 0
        self._began: float | None = None
        self._heard = self.loop.time()

    def data_received(self, data: bytes) -> None:
        """Take what arrived.

        Args:
            data: the bytes.
        """
        self._heard = self.loop.time()
        self._data = data
        super().data_received(data)
        if self._in_head:
            # httptools keeps a header to itself until it is complete, so long ones are only seen here.
            self._head_bytes += len(data)
            if self._head_bytes > self.limit:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._in_head = True
        self._began = self._heard
        self._header_bytes = 0
        # What arrived with its first byte may be another request's for the most part.
        self._head_bytes = -len(self._data)

    def on_url(self, url: bytes) -> None:
        """Take a part of the target.

        Args:
            url: the part.
        """
        super().on_url(url)
        if len(self.url) > self.limit:
            self._refuse(HTTPStatus.REQUEST_URI_TOO_LONG)
            raise _RefusedError

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header.

        Args:
            name: its name.
            value: its value.
        """
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > self.limit:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            raise _RefusedError
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin to answer a request whose head is complete."""
        self._in_head = False
        self._began = None
        if [name for name, _ in self.headers].count(b"host") > 1:
            # Whoever stands before the gateway may have looked at the other one (RFC 9112, section 3.2).
            self._refuse(HTTPStatus.BAD_REQUEST)
            raise _RefusedError
        if not self.parser.should_upgrade():
            super().on_headers_complete()
        elif self.parser.get_method() == b"CONNECT":
            self._refuse(HTTPStatus.METHOD_NOT_ALLOWED)
            raise _RefusedError

    def on_message_complete(self) -> None:
        """Take note that a request is complete."""
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, or was refused already.

        Args:
            msg: why.
        """
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def expire(self) -> None:
        """Close the connection if the client has kept it waiting for too long."""
        now = self.loop.time()
        cycle = self.cycle
        if self._began is not None:
            late = now - self._began > self.head_seconds
        elif cycle is None or cycle.response_complete:
            # Between requests uvicorn's own timer runs, unless bytes came that began none.
            late = self.timeout_keep_alive_task is None and now - self._heard > self.head_seconds
        else:
            late = cycle.more_body and not self.flow.read_paused and now - self._heard > self.body_seconds
        if late:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _refuse(self, status: HTTPStatus) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:  # else the client would take it for the earlier answer
            head = f"HTTP/1.1 {status.value} {status.phrase}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            self.transport.write(head.encode())
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Read a request that offers HTTP/2 or WebSocket again, without the offer.

        Its client expects an answer in HTTP/1.1 if we do not take the offer; but httptools takes it for us, and what
        follows the head, the body above all, for another protocol's.
        """
        error = sys.exc_info()[1]
        assert isinstance(error, HttpParserUpgrade)
        lines = [b" ".join((self.parser.get_method(), self.url, b"HTTP/" + self.parser.get_http_version().encode()))]
        for name, value in self.headers:
            if name == b"connection":
                value = b", ".join(part for part in value.split(b",") if part.strip().lower() in _CONNECTION_OPTIONS)
            if name not in _OFFERS and (value or name != b"connection"):
                lines.append(name + b": " + value)
        rest = self._data[error.args[0] :]
        self.parser = HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn has it
        self.data_received(b"\r\n".join((*lines, b"", rest)))


class _RefusedError(Exception):
    """Stops the parser: the request was refused."""
