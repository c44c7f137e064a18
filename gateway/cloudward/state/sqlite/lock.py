"""The lock that keeps two gateways from using one state file."""

from __future__ import annotations

import mmap
import os
import struct
import sys
from pathlib import Path

from cloudward.state.errors import StateFileBusy, StateFileError

if sys.platform == "win32":
    import msvcrt

    def _wait(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)

    def _unlock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, 1 << 30, os.SEEK_SET)  # locked bytes cannot be read there, so lock far behind the text
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
else:
    import fcntl

    def _wait(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class StateLock:
    """Holds a state file until it is closed, or its process and all that were forked from it are gone.

    The lock is on a file of its own beside the database, because SQLite's own locks come and go.

    Attributes:
        published: the number of the last transaction in the change sequence, for all processes that are forked while
            the lock is held; it saves asking the file before every request.

    Args:
        database: the state file.

    Raises:
        StateFileBusy: another gateway holds it.
        StateFileError: the lock file cannot be made.
    """

    def __init__(self, database: Path) -> None:
        path = database.with_name(database.name + ".lock")
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        except OSError as error:
            raise StateFileError(f"{path}: cannot be written: {error.strerror}") from None
        try:
            _lock(self._descriptor)
        except OSError:
            holder = os.read(self._descriptor, 32).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            who = f" (process {holder})" if holder else ""
            raise StateFileBusy(f"{database}: another cloudward{who} is using this state") from None
        self.published: Published | None = Published()
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, f"{os.getpid()}\n".encode())

    def close(self) -> None:
        """Let go of the file.  The lock file stays: taking it away could not be done without a race."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class Published:
    """A number in memory that forked processes share; it only grows."""

    _NUMBER = struct.Struct("Q")

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, self._NUMBER.size)

    def get(self) -> int:
        """Return the number."""
        number: int = self._NUMBER.unpack_from(self._memory)[0]
        return number

    def raise_to(self, number: int) -> None:
        """Let it be at least a number.  Call it only where nobody else can at the same time.

        Args:
            number: the number.
        """
        if number > self.get():
            self._NUMBER.pack_into(self._memory, 0, number)


class Turn:
    """Whose turn it is to commit, among the processes that share a state file.

    SQLite has such a lock too, but whoever waits for it sleeps for growing whiles; this one wakes the next at once.

    Args:
        database: the state file.
    """

    def __init__(self, database: Path) -> None:
        path = database.with_name(database.name + ".turn")
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        self._taken = False

    def take(self) -> None:
        """Wait for it; the kernel takes it from a process that dies."""
        _wait(self._descriptor)
        self._taken = True

    def give(self) -> None:
        """Let the next one have it; does nothing if it was not taken."""
        if self._taken:
            self._taken = False
            _unlock(self._descriptor)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)
