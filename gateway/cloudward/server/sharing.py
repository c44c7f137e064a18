"""Shares new connections evenly among processes that listen on the same sockets."""

from __future__ import annotations

import asyncio
import logging
import mmap
import socket
import ssl
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

from cloudward.server.serve import Server

if TYPE_CHECKING:
    from cloudward.app import App

LOG = logging.getLogger("cloudward.server")

_DEFER_SECONDS = 0.002
_NO_DESCRIPTORS_SECONDS = 1.0


class ConnectionCounts:
    """How many connections each process has open, in memory that they share when it is made before they are forked.

    Args:
        processes: how many processes there are.
    """

    _COUNT = struct.Struct("i")

    def __init__(self, processes: int) -> None:
        self._size = processes * self._COUNT.size
        self._memory = mmap.mmap(-1, self._size)

    def set(self, process: int, count: int) -> None:
        """Tell the others.

        Args:
            process: the number of this process.
            count: its open connections.
        """
        self._COUNT.pack_into(self._memory, process * self._COUNT.size, count)

    def fewest(self) -> int:
        """Return the count of the process that has the fewest."""
        counts: list[int] = [count for (count,) in self._COUNT.iter_unpack(self._memory[: self._size])]
        return min(counts)


class SharingServer(Server):
    """A server that leaves a new connection to another process for a moment if that one has fewer.

    Without it, the process that the kernel wakes first takes all connections that are waiting, and clients with a few
    long connections load one process only.

    Args:
        app: the app.
        tls: the TLS context; None serves plain HTTP.
        on_ready: called when requests are accepted.
        counts: the counts of all processes.
        number: the number of this process.
    """

    def __init__(
        self,
        app: App,
        tls: ssl.SSLContext | None,
        on_ready: Callable[[], None] | None,
        counts: ConnectionCounts,
        number: int,
    ) -> None:
        super().__init__(app, tls, on_ready)
        self._counts = counts
        self._number = number
        self._opening: set[asyncio.Task[None]] = set()
        counts.set(number, 0)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept requests.

        Args:
            sockets: listening sockets.
        """
        await super().startup([])
        self.servers += [_Acceptor(self, listener) for listener in sockets or ()]  # type: ignore[misc]

    async def on_tick(self, counter: int) -> bool:
        """Do what is due now and then.

        Args:
            counter: how often it was called.
        """
        self.count()
        return await super().on_tick(counter)

    def count(self) -> int:
        """Tell the other processes how many connections there are here, and return it."""
        count = len(self.server_state.connections) + len(self._opening)
        self._counts.set(self._number, count)
        return count

    @property
    def leaves_it_to_others(self) -> bool:
        """Whether another process has fewer connections."""
        return self.count() > self._counts.fewest()

    def open(self, connection: socket.socket) -> None:
        """Serve an accepted connection.

        Args:
            connection: its socket.
        """
        task = asyncio.get_running_loop().create_task(self._open(connection))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)
        self.count()

    async def _open(self, connection: socket.socket) -> None:
        config = self.config

        def protocol() -> asyncio.Protocol:
            factory: Callable[..., asyncio.Protocol] = config.http_protocol_class
            return factory(config=config, server_state=self.server_state, app_state=self.lifespan.state, _loop=None)

        try:
            await asyncio.get_running_loop().connect_accepted_socket(protocol, connection, ssl=config.ssl)
        except (OSError, ssl.SSLError) as error:
            LOG.debug("a connection failed while it was opened: %s", error)
            connection.close()


class _Acceptor:
    """Accepts connections of one listening socket, one at a time; looks to uvicorn like an asyncio server."""

    def __init__(self, server: SharingServer, listener: socket.socket) -> None:
        self._server = server
        self._listener = listener
        self._loop = asyncio.get_running_loop()
        self._waited = False
        self._closed = False
        self._loop.add_reader(listener, self._accept)

    def close(self) -> None:
        """Accept no more."""
        if not self._closed:
            self._closed = True
            self._loop.remove_reader(self._listener)

    async def wait_closed(self) -> None:
        """Return at once: nothing is left to wait for."""

    def _accept(self) -> None:
        if self._server.leaves_it_to_others and not self._waited:
            self._waited = True
            self._pause(_DEFER_SECONDS)
            return
        self._waited = False
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:
            LOG.error("no connection can be accepted: %s", error.strerror)
            self._pause(_NO_DESCRIPTORS_SECONDS)
            return
        connection.setblocking(False)
        self._server.open(connection)

    def _pause(self, seconds: float) -> None:
        self._loop.remove_reader(self._listener)
        self._loop.call_later(seconds, self._resume)

    def _resume(self) -> None:
        if not self._closed:
            self._loop.add_reader(self._listener, self._accept)
