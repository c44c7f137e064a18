"""State in a SQLite file."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from cloudward.scope import Scope
from cloudward.state.errors import StateFileError, StorageError
from cloudward.state.record import Record
from cloudward.state.schema import Table
from cloudward.state.sqlite.checkpoint import Checkpointer
from cloudward.state.sqlite.file import Durability, connect, make_folder, prepare
from cloudward.state.sqlite.flush import Flusher
from cloudward.state.sqlite.lock import StateLock, Turn
from cloudward.state.sqlite.migrate import migrated
from cloudward.state.sqlite.rows import (
    Ids,
    Rows,
    encode_changes,
    encode_record,
    read_journal,
    stored_key,
    write_journal,
    write_rows,
)
from cloudward.state.storage import Change, Durable

LOG = logging.getLogger("cloudward.state")

_JOURNAL_KEPT = 10_000  # transactions; a process further behind reads the whole file again


class SqliteBackend:
    """Keeps state in a SQLite file in WAL mode.

    A commit is written before `commit` returns, which survives any end of the process.  With durability `full` it also
    survives the end of the machine: `commit` returns what to wait for, and a thread waits for the disk once for all
    commits that arrived meanwhile.

    Args:
        path: the database file.
        durability: `normal` or `full`.
        lock: a lock on the file that is held already, as the parent of several processes does; None takes one.
        shared: whether several processes use the file under that lock.

    Raises:
        StateFileBusy: another gateway uses the file.
        StateFileError: the file cannot be used; it is left as it is.
    """

    def __init__(
        self, path: Path, *, durability: Durability = "normal", lock: StateLock | None = None, shared: bool = False
    ) -> None:
        self.path = path
        self.shared = shared
        make_folder(path)
        self._lock = lock or StateLock(path)
        self._owns_lock = lock is None
        try:
            prepare(path)
            self._connection = connect(path)
        except BaseException:
            self._release()
            raise
        self._ids = Ids()
        self._decoders: dict[Table[Any], Callable[[str], Record]] = {}
        (self._sequence,) = self._connection.execute("SELECT coalesce(max(sequence), 0) FROM journal").fetchone()
        self._data_version = -1
        self._turn = Turn(path) if shared else None
        self._published = self._lock.published if shared else None
        if self._published is not None and self._turn is not None:
            self._turn.take()  # a process that died may have stored its last transaction without telling the others
            (stored,) = self._connection.execute("SELECT coalesce(max(sequence), 0) FROM journal").fetchone()
            self._published.raise_to(stored)
            self._turn.give()
        self._flusher = Flusher(path) if durability == "full" else None
        self._checkpointer = Checkpointer(path)

    # Loading

    def load(self, table: Table[Any]) -> Iterable[tuple[Scope, dict[Any, Record]]]:
        """Return a table's records by scope and folded key, brought to the current version.

        Args:
            table: the table; its changes are stored and followed from now on.

        Raises:
            StateFileError: its records cannot be read.
        """
        service, name = table.owner.service, table.name
        connection = self._connection
        self._decoders[table] = msgspec.json.Decoder(table.record).decode
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                row = connection.execute(
                    "SELECT id, version FROM tables WHERE service = ? AND name = ?", (service, name)
                ).fetchone()
                if row is None:
                    cursor = connection.execute(
                        "INSERT INTO tables (service, name, version) VALUES (?, ?, ?)", (service, name, table.version)
                    )
                    row = (cursor.lastrowid, table.version)
                table_id, version = row
                self._ids.add_table(table, table_id)
                if version != table.version:
                    self._migrate(table, table_id, version)
                loaded = self._read(table)
                connection.execute("COMMIT")
            except BaseException:
                _rollback(connection)
                raise
        except sqlite3.Error as error:
            raise StateFileError(f"{self.path}: {service}.{name} cannot be read: {error}") from None
        return loaded

    def _read(self, table: Table[Any]) -> list[tuple[Scope, dict[Any, Record]]]:
        decode, fold, key_of = self._decoders[table], table.fold, table.key_of
        rows = self._connection.execute(
            "SELECT scope_id, body FROM records WHERE table_id = ? ORDER BY scope_id, key", (self._ids.tables[table],)
        )
        found: dict[int, dict[Any, Record]] = {}
        count = 0
        last, records = -1, {}
        try:
            for scope_id, body in rows:
                count += 1
                if scope_id != last:
                    last, records = scope_id, found.setdefault(scope_id, {})
                record = decode(body)
                records[fold(key_of(record))] = record
        except (msgspec.DecodeError, TypeError, ValueError) as error:
            raise StateFileError(
                f"{self.path}: {table.owner.service}.{table.name} holds a record that cannot be read: {error}; "
                "it was left as it is"
            ) from None
        if sum(map(len, found.values())) != count:
            raise StateFileError(f"{self.path}: {table.owner.service}.{table.name} holds a key twice")
        return [(self._ids.scope(self._connection, scope_id), records) for scope_id, records in found.items()]

    def _migrate(self, table: Table[Any], table_id: int, version: int) -> None:
        what = f"{self.path}: {table.owner.service}.{table.name}"
        rows = self._connection.execute("SELECT scope_id, body FROM records WHERE table_id = ?", (table_id,)).fetchall()
        written: dict[tuple[int, Any], str] = {}
        for scope_id, body in rows:
            record = migrated(table, version, body, what)
            key = (scope_id, stored_key(table.fold(table.key_of(record))))
            if key in written:
                raise StateFileError(f"{what}: two records have the key {key[1]!r} after migration from {version}")
            written[key] = encode_record(record)
        self._connection.execute("DELETE FROM records WHERE table_id = ?", (table_id,))
        self._connection.executemany(
            "INSERT INTO records (table_id, scope_id, key, body) VALUES (?, ?, ?, ?)",
            ((table_id, scope_id, key, body) for (scope_id, key), body in written.items()),
        )
        self._connection.execute("UPDATE tables SET version = ? WHERE id = ?", (table.version, table_id))
        LOG.info("%s: %d records brought from version %d to %d", what, len(rows), version, table.version)

    # Committing

    def begin(self) -> Sequence[Sequence[Change]]:
        """Take the right to commit, and return the transactions of other processes since the last look."""
        if self._turn is None:
            return ()
        self._turn.take()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            return self._foreign()
        except sqlite3.Error as error:
            self.abort()
            raise StorageError(f"{self.path}: {error}") from None

    def abort(self) -> None:
        """Give the right to commit back without a commit."""
        _rollback(self._connection)
        if self._turn is not None:
            self._turn.give()

    def commit(self, changes: Sequence[Change]) -> Durable | None:
        """Store a transaction.

        Args:
            changes: what it does.

        Returns:
            None if it is stored, else what to wait for.

        Raises:
            StorageError: it could not be stored; nothing of it was.
        """
        try:
            if self._flusher is not None and self._flusher.error is not None:
                raise self._flusher.error
            self._store(encode_changes(changes))
        finally:
            self.abort()
        return self._flusher.add() if self._flusher is not None else None

    def _store(self, rows: Sequence[Rows]) -> None:
        connection = self._connection
        try:
            if not self.shared:
                connection.execute("BEGIN IMMEDIATE")
            write_rows(connection, self._ids, rows)
            if self.shared:
                sequence = write_journal(connection, self._ids, rows)
                if sequence % 1000 == 0:
                    connection.execute("DELETE FROM journal WHERE sequence <= ?", (sequence - _JOURNAL_KEPT,))
                connection.execute("COMMIT")
                self._sequence = sequence
                if self._published is not None:
                    self._published.raise_to(sequence)
            else:
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._ids.rolled_back()
            raise StorageError(f"{self.path}: {error}") from None
        except BaseException:
            self._ids.rolled_back()
            raise
        self._ids.committed()
        self._checkpointer.note(len(rows))

    # Following other processes

    def follow(self) -> Sequence[Sequence[Change]]:
        """Return the transactions that other processes committed since the last call, in their order."""
        if self._published is not None and self._published.get() <= self._sequence:
            return ()
        connection = self._connection
        try:
            (version,) = connection.execute("PRAGMA data_version").fetchone()
            if version == self._data_version and self._published is None:
                return ()
            connection.execute("BEGIN")
            try:
                foreign = self._foreign()
            finally:
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise StorageError(f"{self.path}: {error}") from None
        self._data_version = version
        return foreign

    def _foreign(self) -> Sequence[Sequence[Change]]:
        connection = self._connection
        entries = connection.execute(
            "SELECT sequence, changes FROM journal WHERE sequence > ? ORDER BY sequence", (self._sequence,)
        ).fetchall()
        if not entries:
            return ()
        gap = entries[0][0] != self._sequence + 1
        self._sequence = entries[-1][0]
        if gap or any(text is None for _, text in entries):
            return [self._everything()]
        return [read_journal(connection, self._ids, text, self._decoders) for _, text in entries]

    def _everything(self) -> list[Change]:
        """Return a transaction that makes of any state what the file holds."""
        changes: list[Change] = []
        for table in self._ids.tables:
            there = dict(self._read(table))
            scopes = self._connection.execute("SELECT partition, account, region FROM scopes").fetchall()
            changes += [
                Change(table, scope, cleared=True, writes=there.get(scope, {}))
                for scope in {*there, *(Scope(*row) for row in scopes)}
            ]
        return changes

    # The end

    def close(self) -> None:
        """Write what is under way and let go of the file."""
        if self._flusher is not None:
            self._flusher.close()
        self._checkpointer.close()
        self._connection.close()
        if self._turn is not None:
            self._turn.close()
        self._release()

    def _release(self) -> None:
        if self._owns_lock:
            self._lock.close()


def _rollback(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        try:
            connection.execute("ROLLBACK")
        except sqlite3.Error:
            LOG.exception("a transaction could not be rolled back")
