"""Turns transactions into rows of the state file, and rows into records."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from cloudward.scope import Scope
from cloudward.state.record import Record
from cloudward.state.schema import Table
from cloudward.state.storage import Change

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode_journal = msgspec.json.Decoder(list[tuple[int, int, bool, list[tuple[str | int, msgspec.Raw]]]]).decode

_DELETE_ALL = "DELETE FROM records WHERE table_id = ? AND scope_id = ?"
_DELETE = "DELETE FROM records WHERE table_id = ? AND scope_id = ? AND key = ?"
_UPSERT = "INSERT OR REPLACE INTO records (table_id, scope_id, key, body) VALUES (?, ?, ?, ?)"

_NOTHING = msgspec.Raw(b"null")  # stands for a removed record

_BIG_JOURNAL = 4 * 1024 * 1024  # bytes; whoever follows reads the whole file instead of a bigger entry

StoredKey = str | int


class Rows(NamedTuple):
    """What a transaction does to the file's rows of one table in one scope.

    Attributes:
        table: the table.
        scope: the scope.
        cleared: whether all rows are deleted first.
        removed: stored keys of the rows to delete.
        stored: stored keys and bodies of the rows to write.
    """

    table: Table[Any]
    scope: Scope
    cleared: bool
    removed: list[StoredKey]
    stored: list[tuple[StoredKey, str]]


def stored_key(key: Any) -> StoredKey:
    """Return a folded key as the file keeps it: composite ones as a JSON array.

    Args:
        key: the folded key.
    """
    return key if isinstance(key, str | int) else _encode(key).decode()


def encode_record(record: Record) -> str:
    """Return a record's fields as JSON.

    Args:
        record: the record.
    """
    return _encode(record).decode()


def encode_changes(changes: Iterable[Change]) -> list[Rows]:
    """Return a transaction as rows.

    Args:
        changes: what it does.

    Raises:
        TypeError: a record holds something that JSON cannot.
    """
    encoded = []
    for table, scope, cleared, writes in changes:
        removed: list[StoredKey] = []
        stored: list[tuple[StoredKey, str]] = []
        for key, record in writes.items():
            if record is not None:
                stored.append((stored_key(key), _encode(record).decode()))
            elif not cleared:
                removed.append(stored_key(key))
        encoded.append(Rows(table, scope, cleared, removed, stored))
    return encoded


class Ids:
    """The numbers that stand for tables and scopes in the file."""

    def __init__(self) -> None:
        self.tables: dict[Table[Any], int] = {}
        self.by_table: dict[int, Table[Any]] = {}
        self._scopes: dict[Scope, int] = {}
        self._by_scope: dict[int, Scope] = {}
        self._added: list[Scope] = []

    def add_table(self, table: Table[Any], number: int) -> None:
        """Take note of a table's number.

        Args:
            table: the table.
            number: its number.
        """
        self.tables[table] = number
        self.by_table[number] = table

    def of_scope(self, connection: sqlite3.Connection, scope: Scope) -> int:
        """Return a scope's number; a new scope gets one.  Call it inside a transaction.

        Args:
            connection: the file.
            scope: the scope.
        """
        number = self._scopes.get(scope)
        if number is None:
            connection.execute("INSERT OR IGNORE INTO scopes (partition, account, region) VALUES (?, ?, ?)", scope)
            row = connection.execute(
                "SELECT id FROM scopes WHERE partition = ? AND account = ? AND region = ?", scope
            ).fetchone()
            number = self._scopes[scope] = int(row[0])
            self._added.append(scope)
        return number

    def scope(self, connection: sqlite3.Connection, number: int) -> Scope:
        """Return the scope that a number stands for.

        Args:
            connection: the file.
            number: the number.
        """
        found = self._by_scope.get(number)
        if found is None:
            row = connection.execute("SELECT partition, account, region FROM scopes WHERE id = ?", (number,)).fetchone()
            found = self._by_scope[number] = Scope(*row)
        return found

    def committed(self) -> None:
        """Take note that the numbers given since the last call are in the file."""
        self._added.clear()

    def rolled_back(self) -> None:
        """Forget the numbers given since the last call."""
        for scope in self._added:
            del self._scopes[scope]
        self._added.clear()


def write_rows(connection: sqlite3.Connection, ids: Ids, rows: Iterable[Rows]) -> None:
    """Write a transaction's rows.  Call it inside a transaction.

    Args:
        connection: the file.
        ids: the numbers of tables and scopes.
        rows: the rows.
    """
    execute = connection.execute
    for table, scope, cleared, removed, stored in rows:
        table_id, scope_id = ids.tables[table], ids.of_scope(connection, scope)
        if cleared:
            execute(_DELETE_ALL, (table_id, scope_id))
        for key in removed:
            execute(_DELETE, (table_id, scope_id, key))
        if len(stored) == 1:
            execute(_UPSERT, (table_id, scope_id, *stored[0]))
        else:
            connection.executemany(_UPSERT, ((table_id, scope_id, key, body) for key, body in stored))


def write_journal(connection: sqlite3.Connection, ids: Ids, rows: Iterable[Rows]) -> int:
    """Append a transaction to the change sequence and return its number in it.

    Args:
        connection: the file.
        ids: the numbers of tables and scopes.
        rows: the transaction.
    """
    listed = [
        (
            ids.tables[table],
            ids.of_scope(connection, scope),
            cleared,
            [*((key, _NOTHING) for key in removed), *((key, msgspec.Raw(body.encode())) for key, body in stored)],
        )
        for table, scope, cleared, removed, stored in rows
    ]
    text = _encode(listed).decode()
    cursor = connection.execute(
        "INSERT INTO journal (changes) VALUES (?)", (text if len(text) <= _BIG_JOURNAL else None,)
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def read_journal(
    connection: sqlite3.Connection, ids: Ids, text: str, decoders: dict[Table[Any], Callable[[str], Record]]
) -> Sequence[Change]:
    """Return a transaction of the change sequence; what it does to tables that are not loaded is left out.

    Args:
        connection: the file.
        ids: the numbers of tables and scopes.
        text: the entry.
        decoders: decodes a table's records.
    """
    changes = []
    for table_id, scope_id, cleared, writes in _decode_journal(text):
        table = ids.by_table.get(table_id)
        if table is None:
            continue
        decode = decoders[table]
        decoded: dict[Any, Record | None] = {}
        for key, body in writes:
            if body == _NOTHING:
                decoded[_key_of_stored(table, key)] = None
            else:
                record = decode(bytes(body).decode())
                decoded[table.fold(table.key_of(record))] = record
        changes.append(Change(table, ids.scope(connection, scope_id), cleared, decoded))
    return changes


def _key_of_stored(table: Table[Any], key: StoredKey) -> Any:
    if len(table.key_fields) == 1 or not isinstance(key, str):
        return key
    return tuple(msgspec.json.decode(key)) if table.key_fields else key
