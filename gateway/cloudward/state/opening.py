"""Opens the store that the settings ask for."""

from __future__ import annotations

from pathlib import Path

from cloudward.clock import Clock
from cloudward.state.sqlite import Durability, SqliteBackend, StateLock, make_folder, state_file
from cloudward.state.store import Store

DEFAULT_FOLDER = "~/.local/share/cloudward"


def open_store(
    path: str, *, durability: Durability = "normal", clock: Clock | None = None, lock: StateLock | None = None
) -> Store:
    """Return a store; close it to let go of its file.

    Args:
        path: the folder or file of the `state` setting; empty keeps state in memory.
        durability: `normal` or `full`.
        clock: tells the time.
        lock: the file's lock, held for several processes, of which this is one; None for the only process.

    Raises:
        StateFileError: the file cannot be used.
    """
    if not path:
        return Store(clock=clock)
    backend = SqliteBackend(state_file(path), durability=durability, lock=lock, shared=lock is not None)
    return Store(clock=clock, backend=backend)


def lock_state(path: str) -> StateLock:
    """Return the lock on a state file, to be held for several processes.

    Args:
        path: the `state` setting.

    Raises:
        StateFileError: another gateway uses the file, or its folder cannot be used.
    """
    file = state_file(path)
    make_folder(file)
    return StateLock(file)


def snapshot_folder(state: str, snapshots: str = "") -> Path:
    """Return the folder of snapshots.

    Args:
        state: the `state` setting.
        snapshots: the `snapshots` setting.
    """
    if snapshots:
        return Path(snapshots).expanduser()
    return (state_file(state).parent if state else Path(DEFAULT_FOLDER).expanduser()) / "snapshots"
