"""Opens state files, and refuses with the reason what is not one."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Literal

from cloudward.state.errors import StateFileError
from cloudward.state.sqlite.layout import APPLICATION_ID, CREATE, LAYOUT, UPGRADES

Durability = Literal["normal", "full"]

_MAGIC = b"SQLite format 3\0"
_BUSY_SECONDS = 30.0


def state_file(path: str | Path) -> Path:
    """Return the database of a `--state` setting.

    Args:
        path: a folder, or a database file itself: one that exists, or a name that ends in `.db`.
    """
    given = Path(path).expanduser()
    if given.is_file() or (given.suffix == ".db" and not given.is_dir()):
        return given
    return given / "state.db"


def make_folder(path: Path) -> None:
    """Make the folder of a state file.

    Args:
        path: the file.

    Raises:
        StateFileError: it cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except (FileExistsError, NotADirectoryError):
        raise StateFileError(f"{path.parent}: is not a folder") from None
    except OSError as error:
        raise StateFileError(f"{path.parent}: cannot be made: {error.strerror}") from None


def prepare(path: Path) -> None:
    """Make the state file if there is none, and check that it is one of ours.  Nothing that exists is changed.

    Call it with the file's lock held: two that make the same file would replace each other's.

    Args:
        path: the file.

    Raises:
        StateFileError: it cannot be made or read, or is something else.
    """
    try:
        if not path.exists() or path.stat().st_size == 0:
            _create(path)
        with path.open("rb") as file:
            header = file.read(100)
        with path.open("r+b"):
            pass  # tells now, rather than at the first write, that the file may not be written
    except OSError as error:
        raise StateFileError(f"{error.filename or path}: cannot be used for state: {error.strerror}") from None
    except sqlite3.Error as error:
        raise StateFileError(f"{path}: cannot be made: {error}") from None
    if not header.startswith(_MAGIC) or len(header) < 100:
        raise StateFileError(f"{path}: is not a state file (not a SQLite database); it was left as it is")
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise StateFileError(f"{path}: is a SQLite database of another program; it was left as it is")
    layout = int.from_bytes(header[60:64], "big")
    if layout > LAYOUT:
        raise StateFileError(
            f"{path}: was written by a newer cloudward (layout {layout}, this one knows {LAYOUT}); it was left as it is"
        )


def _create(path: Path) -> None:
    """Make an empty state file under another name and move it into place, so that there is never half of one."""
    new = path.with_name(f"{path.name}.new-{os.getpid()}")
    new.unlink(missing_ok=True)
    os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # it will hold secrets
    try:
        connection = sqlite3.connect(new, isolation_level=None)
        try:
            connection.executescript(CREATE)
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()
        with new.open("rb") as file:
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    if hasattr(os, "O_DIRECTORY"):
        folder = os.open(path.parent, os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def connect(path: Path) -> sqlite3.Connection:
    """Open a state file that `prepare` found good, check it through, and bring its layout up to date.

    Args:
        path: the file.

    Raises:
        StateFileError: it is corrupt or cannot be written.
    """
    try:
        connection = sqlite3.connect(
            path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=64
        )
    except sqlite3.Error as error:
        raise StateFileError(f"{path}: cannot be opened: {error}") from None
    try:
        found = [row[0] for row in connection.execute("PRAGMA quick_check(3)")]
        if found != ["ok"]:
            raise StateFileError(f"{path}: is corrupt: {_one_line(found[0])}; it was left as it is")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")  # a commit is written, but not waited for: see flush.py
        connection.execute("PRAGMA wal_autocheckpoint = 0")  # a thread does it, so that no request waits for it
        connection.execute("PRAGMA cache_size = -16384")
        _upgrade(connection)
    except sqlite3.OperationalError as error:
        connection.close()
        raise StateFileError(f"{path}: cannot be used: {error}") from None
    except sqlite3.DatabaseError as error:
        connection.close()
        raise StateFileError(f"{path}: is corrupt: {error}; it was left as it is") from None
    except BaseException:
        connection.close()
        raise
    return connection


def _upgrade(connection: sqlite3.Connection) -> None:
    (layout,) = connection.execute("PRAGMA user_version").fetchone()
    if layout == LAYOUT:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        while layout < LAYOUT:
            UPGRADES[layout](connection)
            layout += 1
        connection.execute(f"PRAGMA user_version = {LAYOUT}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    # `prepare` reads the layout from the file itself, not from the log.
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _one_line(text: str) -> str:
    return " ".join(text.split())
