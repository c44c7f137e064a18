"""Waits for the disk, once for all commits that arrived meanwhile."""

from __future__ import annotations

import logging
import os
import sys
import threading
from pathlib import Path

from cloudward.state.durable import Batch
from cloudward.state.errors import StorageError

LOG = logging.getLogger("cloudward.state")

if sys.platform == "darwin":
    import fcntl

    def _sync(descriptor: int) -> None:
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)  # fsync leaves it in the drive's cache there
else:
    _sync = getattr(os, "fdatasync", os.fsync)


class Flusher:
    """A thread that forces the write-ahead log to the disk.

    SQLite's own `synchronous = FULL` does the same inside each commit, where nobody can share it.  SQLite itself syncs
    the log before a checkpoint and the database after it, so a log that began anew has nothing that is still owed.

    Args:
        database: the database file.
    """

    def __init__(self, database: Path) -> None:
        self._log = database.with_name(database.name + "-wal")
        self._descriptor = -1
        self._condition = threading.Condition()
        self._batch: Batch | None = None
        self._closing = False
        self._error: StorageError | None = None
        self._thread = threading.Thread(target=self._run, name="cloudward-flush", daemon=True)
        self._thread.start()

    def add(self) -> Batch:
        """Return what becomes done when everything written so far is on the disk."""
        with self._condition:
            if self._batch is None:
                self._batch = Batch()
                self._condition.notify()
            return self._batch

    @property
    def error(self) -> StorageError | None:
        """Why the disk failed, None while it did not: what it tells after a failure cannot be relied on."""
        return self._error

    def close(self) -> None:
        """Finish what was added, and end the thread."""
        with self._condition:
            self._closing = True
            self._condition.notify()
        self._thread.join()
        if self._descriptor >= 0:
            os.close(self._descriptor)

    def _run(self) -> None:
        while True:
            with self._condition:
                while self._batch is None:
                    if self._closing:
                        return
                    self._condition.wait()
                batch, self._batch = self._batch, None
            try:
                self.sync()
            except OSError as error:
                LOG.critical("the state cannot be forced to the disk: %s", error.strerror)
                self._error = StorageError(
                    f"{self._log}: cannot be forced to the disk ({error.strerror}); "
                    "no more is written until the gateway is started again"
                )
            if self._error is not None:
                batch.fail(self._error)
            else:
                batch.succeed()

    def sync(self) -> None:
        """Force the log to the disk.

        Raises:
            OSError: the disk failed.
        """
        if self._descriptor < 0:
            self._descriptor = os.open(self._log, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
            self._sync_folder()
        _sync(self._descriptor)

    def _sync_folder(self) -> None:
        """Make the log's name last, too; SQLite does so at its own first sync, which may come later."""
        if hasattr(os, "O_DIRECTORY"):
            folder = os.open(self._log.parent, os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
