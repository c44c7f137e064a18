"""Commits on their way to the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any


class Batch:
    """Commits that reach the disk together; a `Durable`."""

    __slots__ = ("_future",)

    def __init__(self) -> None:
        self._future: Future[None] = Future()

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
        if not self._future.done():
            # Shielded: whoever stops waiting must not cancel what others wait for.
            yield from asyncio.shield(asyncio.wrap_future(self._future)).__await__()
        self._future.result()

    def succeed(self) -> None:
        """Tell those who wait that the commits are on the disk."""
        self._future.set_result(None)

    def fail(self, error: Exception) -> None:
        """Tell those who wait that the disk failed.

        Args:
            error: why.
        """
        self._future.set_exception(error)
