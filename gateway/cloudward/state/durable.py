"""Commits on their way to the disk."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Generator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from threading import Lock
from typing import Any


class Batch:
    """Commits that reach the disk together; a `Durable`."""

    __slots__ = ("_future", "_lock", "_waiters")

    def __init__(self) -> None:
        self._future: Future[None] = Future()
        self._lock = Lock()
        self._waiters: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] | None = {}

    @property
    def done(self) -> bool:
        """Whether it is on the disk, or failed."""
        return self._future.done()

    def wait(self, timeout: float | None = None) -> None:
        """Block until the commits are on the disk.

        Args:
            timeout: seconds to wait at most; None waits for ever.

        Raises:
            StorageError: the disk failed.
            TimeoutError: it took too long.
        """
        try:
            self._future.result(timeout)
        except FutureTimeoutError:
            raise TimeoutError("the disk took too long") from None

    def __await__(self) -> Generator[Any, None, None]:
        # One wake-up of the loop for all that wait in it; asyncio.wrap_future would cost one for each.
        with self._lock:
            if self._waiters is not None:
                loop = asyncio.get_running_loop()
                waiter: asyncio.Future[None] | None = loop.create_future()
                assert waiter is not None
                self._waiters.setdefault(loop, []).append(waiter)
            else:
                waiter = None
        if waiter is not None:
            yield from waiter
        self._future.result()

    def succeed(self) -> None:
        """Tell those who wait that the commits are on the disk."""
        self._future.set_result(None)
        self._wake()

    def fail(self, error: Exception) -> None:
        """Tell those who wait that the disk failed.

        Args:
            error: why.
        """
        self._future.set_exception(error)
        self._wake()

    def _wake(self) -> None:
        with self._lock:
            waiters, self._waiters = self._waiters, None
        for loop, futures in (waiters or {}).items():
            with contextlib.suppress(RuntimeError):  # a loop that was closed meanwhile has nobody waiting
                loop.call_soon_threadsafe(_release, futures)


def _release(futures: list[asyncio.Future[None]]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)
