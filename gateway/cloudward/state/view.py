"""What a transaction sees of tables: the committed records as of its beginning, with its own writes over them.

Committed data is shared and changes in place.  When a transaction commits, the values that it replaces are first noted
in the views of every other transaction under way (`undo`), which therefore go on seeing what they began with; the keys
in `undo` are also exactly what a transaction that wants to commit must not have read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import merge
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, cast

from cloudward.scope import Scope
from cloudward.state.data import TableData
from cloudward.state.errors import DuplicateKey
from cloudward.state.record import Record
from cloudward.state.schema import Index, Key, Table
from cloudward.state.uniques import UniqueView

if TYPE_CHECKING:
    from cloudward.state.transaction import Transaction

R = TypeVar("R", bound=Record)

_CHUNK = 512


class Page(NamedTuple, Generic[R]):
    """Part of a table.

    Attributes:
        items: the records.
        next: the key to go on after, None at the end.
    """

    items: list[R]
    next: Any


class TableView(Generic[R]):
    """A table as one transaction sees it in one scope.

    Keys are given as the record's fields have them; tables that fold case find them in any case.
    """

    __slots__ = (
        "_data",
        "_delta",
        "_fold",
        "_transaction",
        "_uniques",
        "cleared",
        "detached",
        "reads",
        "scanned",
        "scope",
        "table",
        "undo",
        "undo_delta",
        "writes",
    )

    def __init__(self, transaction: Transaction, table: Table[R], scope: Scope, data: TableData) -> None:
        self._transaction = transaction
        self._data = data
        self._fold = table.fold
        self._delta = 0
        self._uniques: tuple[tuple[Index, UniqueView], ...] | None = None
        self.table = table
        self.scope = scope
        self.undo: dict[Any, Record | None] = {}
        self.undo_delta = 0
        self.writes: dict[Any, R | None] = {}
        self.reads: set[Any] = set()
        self.scanned = False
        self.cleared = False
        self.detached = False

    def __repr__(self) -> str:
        return f"<{self.table.owner.__name__}.{self.table.name} of {'/'.join(filter(None, self.scope))}>"

    # One record

    def get(self, key: Key) -> R | None:
        """Return a record, None if there is none with the key.

        Args:
            key: its key.
        """
        return self._peek(self._fold(key))

    def __contains__(self, key: Key) -> bool:
        return self._peek(self._fold(key)) is not None

    def __getitem__(self, key: Key) -> R:
        record = self._peek(self._fold(key))
        if record is None:
            raise KeyError(key)
        return record

    def add(self, record: R) -> R:
        """Add a record.

        Args:
            record: the record.

        Returns:
            The record.

        Raises:
            DuplicateKey: its key, or a value that must be unique, is taken.
        """
        key = self._fold(self.table.key_of(record))
        if self._peek(key) is not None:
            raise DuplicateKey(self.table.name, ", ".join(self.table.key_fields), self.table.key_of(record))
        self._check_unique(record, (key,))
        self._write(key, None, record)
        return record

    def put(self, record: R) -> R:
        """Add a record, or replace the one that has its key.

        Args:
            record: the record.

        Returns:
            The record.

        Raises:
            DuplicateKey: a value that must be unique is taken by another record.
        """
        key = self._fold(self.table.key_of(record))
        self._check_unique(record, (key,))
        self._write(key, self._peek(key), record)
        return record

    def replace(self, old_key: Key, record: R) -> R:
        """Replace a record by one that may have another key, as a rename does.

        Args:
            old_key: the key of the record to replace.
            record: the new record.

        Returns:
            The new record.

        Raises:
            KeyError: there is no record with the old key.
            DuplicateKey: the new key, or a value that must be unique, is taken by another record.
        """
        before = self._fold(old_key)
        old = self._peek(before)
        if old is None:
            raise KeyError(old_key)
        key = self._fold(self.table.key_of(record))
        if key == before:
            return self.put(record)
        if self._peek(key) is not None:
            raise DuplicateKey(self.table.name, ", ".join(self.table.key_fields), self.table.key_of(record))
        self._check_unique(record, (before, key))
        self._write(before, old, None)
        self._write(key, None, record)
        return record

    def remove(self, key: Key) -> R:
        """Remove a record.

        Args:
            key: its key.

        Returns:
            The record removed.

        Raises:
            KeyError: there is none.
        """
        folded = self._fold(key)
        record = self._peek(folded)
        if record is None:
            raise KeyError(key)
        self._write(folded, record, None)
        return record

    def clear(self) -> None:
        """Remove every record."""
        for declared, unique in self._unique_views():
            for record in self:
                for value in declared.values(record):
                    unique.writes[value] = None
        self.scanned = True
        self.cleared = True
        self.writes.clear()
        self._delta = 0
        self._data = TableData(self.table)
        self._transaction.note_write()

    def fill(self, records: dict[Any, R]) -> None:
        """Put other records in the place of all that are there, without a look at unique values.

        Args:
            records: the records by folded key, checked already.
        """
        self.scanned = True
        self.cleared = True
        self.writes = dict(records)
        self._delta = len(records)
        self._data = TableData(self.table)
        self._transaction.note_write()

    def content(self) -> dict[Any, R]:
        """Return all records by folded key, in the order of their keys."""
        return dict(self._walk(None, None, None, _CHUNK))

    # Many records

    def __len__(self) -> int:
        with self._transaction.lock:
            self.scanned = True
            undone = 0 if self.cleared else self.undo_delta
            return len(self._data.records) + undone + self._delta

    def __bool__(self) -> bool:
        return True  # a view is not its content; `if view:` would be a mistake either way

    def __iter__(self) -> Iterator[R]:
        return (record for _, record in self._walk(None, None, None, _CHUNK))

    def page(
        self,
        after: Key | None = None,
        limit: int = 100,
        prefix: str | tuple[str | int, ...] | None = None,
        where: Callable[[R], bool] | None = None,
    ) -> Page[R]:
        """Return records in the order of their keys.

        Args:
            after: the key to start after; it need not exist (any more).
            limit: the most records to return.
            prefix: only keys that begin so: with this text, or with these parts of a composite key.
            where: only records for which this returns True; the others cost time, too.
        """
        records = (record for _, record in self._walk(after, prefix, None, min(limit + 1, _CHUNK)))
        return self._page(records, limit, where)

    def range(self, prefix: str | tuple[str | int, ...]) -> Iterator[R]:
        """Return the records whose keys begin in a certain way, in order.

        Args:
            prefix: text, or leading parts of a composite key.
        """
        return (record for _, record in self._walk(None, prefix, None, _CHUNK))

    def select(self, index: str, value: object, after: Key | None = None, limit: int | None = None) -> list[R]:
        """Return the records that an index lists under a value, in the order of their keys.

        Args:
            index: the index.
            value: the value.
            after: the key to start after.
            limit: the most records to return; None returns all.
        """
        declared = self.table.index(index)
        folded = declared.lookup(value)
        if declared.unique_in is not None:
            found = self.find(index, value)
            return [found] if found is not None and (after is None or self._key(found) > self._fold(after)) else []
        size = _CHUNK if limit is None else min(limit, _CHUNK)
        records = (record for _, record in self._walk(after, None, (declared, folded), size))
        return list(islice(records, limit))

    def select_page(self, index: str, value: object, after: Key | None = None, limit: int = 100) -> Page[R]:
        """Return a page of the records that an index lists under a value, in the order of their keys.

        Args:
            index: the index; not a unique one.
            value: the value.
            after: the key to start after.
            limit: the most records to return.
        """
        declared = self._listed(index)
        found = self._walk(after, None, (declared, declared.lookup(value)), min(limit + 1, _CHUNK))
        return self._page((record for _, record in found), limit, None)

    def count(self, index: str, value: object) -> int:
        """Return how many records an index lists under a value.

        Args:
            index: the index; not a unique one.
            value: the value.
        """
        declared = self._listed(index)
        folded = declared.lookup(value)
        with self._transaction.lock:
            self.scanned = True
            counted = self._data.count_with(declared, folded)
            for key, record in self._overlay().items():
                live = self._data.records.get(key)
                counted -= live is not None and folded in declared.values(live)
                counted += record is not None and folded in declared.values(record)
            return counted

    def find(self, index: str, value: object) -> R | None:
        """Return the record that has a value which is unique, None if there is none in this scope.

        Args:
            index: an index declared with `unique_in`.
            value: the value.

        Raises:
            TypeError: the index is not unique.
        """
        declared = self.table.index(index)
        if declared.unique_in is None:
            raise TypeError(f"{self.table!r}: index {index!r} is not unique; use select")
        holder = self._transaction.unique(self.table, declared, self.scope).get(declared.lookup(value))
        if holder is None or holder[0] != self.scope:
            return None
        return self._peek(holder[1])

    # Inside

    def _key(self, record: R) -> Any:
        return self._fold(self.table.key_of(record))

    def _listed(self, name: str) -> Index:
        declared = self.table.index(name)
        if declared.unique_in is not None:
            raise TypeError(f"{self.table!r}: index {name!r} is unique; use find")
        return declared

    def _peek(self, key: Any) -> R | None:
        """Return the record under a folded key."""
        self.reads.add(key)
        record = self._data.records.get(key)
        if self.undo and key in self.undo and not self.cleared:  # after `records`: whoever commits writes `undo` first
            record = self.undo[key]
        if self.writes and key in self.writes:
            record = self.writes[key]
        return cast("R | None", record)

    def peek(self, key: Any) -> R | None:
        """Return the record under a key that is folded already, as unique indexes hold it.

        Args:
            key: the folded key.
        """
        return self._peek(key)

    def _unique_views(self) -> tuple[tuple[Index, UniqueView], ...]:
        found = self._uniques
        if found is None:
            unique = self._transaction.unique
            found = tuple((declared, unique(self.table, declared, self.scope)) for declared in self.table.uniques)
            self._uniques = found
        return found

    def _check_unique(self, record: R, own: tuple[Any, ...]) -> None:
        for declared, unique in self._unique_views():
            for value in declared.values(record):
                holder = unique.get(value)
                if holder is not None and not (holder[0] == self.scope and holder[1] in own):
                    field = declared.name or ", ".join(self.table.key_fields)
                    raise DuplicateKey(self.table.name, field, value)

    def _write(self, key: Any, old: R | None, new: R | None) -> None:
        if self.table.uniques:
            for declared, unique in self._unique_views():
                before = declared.values(old) if old is not None else ()
                after = declared.values(new) if new is not None else ()
                if before == after and old is not None and new is not None:
                    continue
                for value in before:
                    unique.writes[value] = None
                for value in after:
                    unique.writes[value] = (self.scope, key)
        self.writes[key] = new
        self._delta += (new is not None) - (old is not None)
        self._transaction.note_write()

    def _overlay(self) -> dict[Any, Any]:
        """Return what differs from the committed records; call it with the lock held."""
        if not self.undo or self.cleared:
            return self.writes
        return {**self.undo, **self.writes} if self.writes else self.undo

    def _walk(
        self, after: Key | None, prefix: Any, listed: tuple[Index, Any] | None, size: int
    ) -> Iterator[tuple[Any, R]]:
        low = None if after is None else self._fold(after)
        inclusive = False
        start: Any = None if prefix is None else self._fold(prefix)
        if start is not None and (low is None or low < start):
            low, inclusive = start, True
        while True:
            chunk = self._chunk(low, inclusive, start, listed, size)
            for key, record in chunk:
                if start is not None and not _begins(key, start):
                    return
                yield key, record
            if len(chunk) < size:
                return
            low, inclusive, size = chunk[-1][0], False, _CHUNK

    def _chunk(
        self, low: Any, inclusive: bool, prefix: Any, listed: tuple[Index, Any] | None, size: int
    ) -> list[tuple[Any, R]]:
        with self._transaction.lock:
            self.scanned = True
            data: Any = self._data.records
            if listed is None:
                keys = self._data.keys_from(low, inclusive=inclusive)
            else:
                keys = self._data.keys_with(*listed, low, inclusive=inclusive)
            if prefix is not None:
                # A short range in a long table must not cost a whole chunk.
                keys = takewhile(lambda key: _begins(key, prefix), keys)
            over = self._overlay()
            if not over:
                return [(key, data[key]) for key in islice(keys, size)]
            extra = sorted(
                key
                for key, record in over.items()
                if record is not None
                and (low is None or key > low or (inclusive and key == low))
                and (listed is None or listed[1] in listed[0].values(record))
            )
            merged = merge((key for key in keys if key not in over), extra)
            return [(key, over[key] if key in over else data[key]) for key in islice(merged, size)]

    def _page(self, records: Iterator[R], limit: int, where: Callable[[R], bool] | None) -> Page[R]:
        if limit < 1:
            raise ValueError(f"a page of {limit} records")
        if where is not None:
            records = filter(where, records)
        items = list(islice(records, limit))
        more = len(items) == limit and next(records, None) is not None
        return Page(items, self.table.key_of(items[-1]) if more else None)

    @property
    def stale(self) -> bool:
        """Whether another transaction has changed something that was read here."""
        if self.detached:
            return self.scanned or self.cleared or bool(self.reads)
        return bool(self.undo) and (self.scanned or not self.reads.isdisjoint(self.undo))


def _begins(key: Any, prefix: Any) -> bool:
    if isinstance(prefix, str):
        return bool(key.startswith(prefix))
    return bool(key[: len(prefix)] == prefix)
