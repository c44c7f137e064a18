"""Moves the write-ahead log into the database beside the commits, so that no request waits for it."""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path

LOG = logging.getLogger("cloudward.state")

_COMMITS = 4000  # between two checkpoints
_LARGE_LOG = 64 * 1024 * 1024  # bytes; then the writer is kept waiting, some ms, until the log has been emptied


class Checkpointer:
    """A thread with a connection of its own that empties the log now and then.

    Args:
        path: the database file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._commits = 0
        self._wanted = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None

    def note(self, commits: int) -> None:
        """Take note of commits; every so often they start a checkpoint.

        Args:
            commits: how many.
        """
        self._commits += commits
        if self._commits >= _COMMITS:
            self._commits = 0
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="cloudward-checkpoint", daemon=True)
                self._thread.start()
            self._wanted.set()

    def close(self) -> None:
        """End the thread."""
        self._closing = True
        self._wanted.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None)
        log = self._path.with_name(self._path.name + "-wal")
        try:
            while self._wanted.wait() and not self._closing:
                self._wanted.clear()
                try:
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                    if log.exists() and log.stat().st_size > _LARGE_LOG:
                        # Under steady writes there is always something that the passive one left.
                        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                except sqlite3.Error as error:
                    LOG.warning("the log of %s could not be emptied: %s", self._path, error)
        finally:
            connection.close()
