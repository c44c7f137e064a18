"""Snapshots: named copies of all state in a folder, each a file in the export format."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from cloudward import __version__
from cloudward.state.document import Progress, decode_document, encode_document
from cloudward.state.errors import InvalidDocument, StateError, StorageError
from cloudward.state.store import Contents, Store

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_SUFFIX = ".json"


class NoSuchSnapshot(StateError):
    """There is no snapshot of that name."""


class Snapshot(msgspec.Struct, frozen=True):
    """A snapshot in a listing.

    Attributes:
        name: its name.
        saved: when it was saved.
        size: its size in bytes.
    """

    name: str
    saved: datetime
    size: int


class Snapshots:
    """The snapshots in a folder.

    Args:
        folder: the folder; made when the first snapshot is saved.
        store: the state that is saved and loaded.
    """

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder = folder
        self._store = store

    def save(self, name: str, progress: Progress | None = None) -> Snapshot:
        """Save all state under a name; a snapshot of that name is replaced.

        Args:
            name: letters, digits, `.`, `_` and `-`; at most 128.
            progress: told how far it is.

        Raises:
            InvalidDocument: the name is not allowed.
            StorageError: the file cannot be written; a snapshot of that name stays as it is.
        """
        path = self._path(name)
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StorageError(f"{self.folder}: {error.strerror}") from None
        write_file(path, export(self._store, progress))
        return _snapshot(path)

    def load(self, name: str, progress: Progress | None = None) -> int:
        """Put a snapshot in the place of all state.

        Args:
            name: its name.
            progress: told how far it is.

        Returns:
            How many records it has.

        Raises:
            NoSuchSnapshot: there is none of that name.
            InvalidDocument: it cannot be used; nothing was changed.
        """
        contents = self.read(name, progress)
        self._store.replace(contents)
        return sum(map(len, contents.values()))

    def read(self, name: str, progress: Progress | None = None) -> Contents:
        """Return what a snapshot holds.

        Args:
            name: its name.
            progress: told how far it is.

        Raises:
            NoSuchSnapshot: there is none of that name.
            InvalidDocument: it cannot be read.
        """
        path = self._existing(name)
        return decode_document(path.read_bytes(), self._store.tables, f"snapshot {name}", progress)

    def list(self) -> Iterable[Snapshot]:
        """Return the snapshots, sorted by name."""
        if not self.folder.is_dir():
            return []
        files = sorted(self.folder.glob(f"*{_SUFFIX}"))
        return [_snapshot(path) for path in files if _NAME.fullmatch(path.stem) and path.is_file()]

    def delete(self, name: str) -> None:
        """Delete a snapshot.

        Args:
            name: its name.

        Raises:
            NoSuchSnapshot: there is none of that name.
        """
        self._existing(name).unlink()

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name) or name.endswith(_SUFFIX):
            raise InvalidDocument(
                f"{name!r} cannot name a snapshot: use letters, digits, '.', '_' and '-', "
                "beginning with a letter, digit or '_'"
            )
        return self.folder / f"{name}{_SUFFIX}"

    def _existing(self, name: str) -> Path:
        path = self._path(name)
        if not path.is_file():
            there = ", ".join(snapshot.name for snapshot in self.list()) or "none"
            raise NoSuchSnapshot(f"there is no snapshot {name!r} in {self.folder}; there is: {there}")
        return path


def export(store: Store, progress: Progress | None = None) -> Iterable[bytes]:
    """Return all state as an export document, piece by piece.

    Args:
        store: the state.
        progress: told how far it is.
    """
    return encode_document(store.contents(), store.clock.now(), f"cloudward {__version__}", progress)


def import_(store: Store, data: bytes, what: str = "the document", progress: Progress | None = None) -> int:
    """Put what an export document holds in the place of all state.

    Args:
        store: the state.
        data: the document.
        what: the file's name, for messages.
        progress: told how far it is.

    Returns:
        How many records it has.

    Raises:
        InvalidDocument: it cannot be used; nothing was changed.
    """
    contents = decode_document(data, store.tables, what, progress)
    store.replace(contents)
    return sum(map(len, contents.values()))


def write_file(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a file that only its owner can read, whole or not at all.

    Args:
        path: the file; one of that name is replaced.
        chunks: its content.

    Raises:
        StorageError: it cannot be written; what was there stays.
    """
    new = path.with_name(f".{path.name}.new-{os.getpid()}-{threading.get_ident()}")
    try:
        with open(os.open(new, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:  # it holds secrets
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        new.unlink(missing_ok=True)


def _snapshot(path: Path) -> Snapshot:
    found = path.stat()
    return Snapshot(path.stem, datetime.fromtimestamp(found.st_mtime, UTC), found.st_size)
