"""The committed records of one table in one scope, with their order and indexes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sortedcontainers import SortedList

from cloudward.state.record import Record
from cloudward.state.schema import Index, Table


class TableData:
    """Committed records by folded key.

    The order of keys and the indexes are made when first asked for and kept from then on, so that opening a large file
    does not pay for what nobody reads.

    Args:
        table: the table.
        records: records to start with, by folded key.
    """

    __slots__ = ("_entries", "_order", "records", "table")

    def __init__(self, table: Table[Any], records: dict[Any, Record] | None = None) -> None:
        self.table = table
        self.records: dict[Any, Record] = {} if records is None else records
        self._order: SortedList[Any] | None = None
        self._entries: dict[str, SortedList[Any]] = {}

    def order(self) -> SortedList[Any]:
        """Return the folded keys in order."""
        order = self._order
        if order is None:
            order = self._order = SortedList(self.records)
        return order

    def entries(self, index: Index) -> SortedList[Any]:
        """Return an index as sorted pairs of value and folded key.

        Args:
            index: one of the table's indexes that are not unique.
        """
        entries = self._entries.get(index.name)
        if entries is None:
            values = index.values
            entries = SortedList((value, key) for key, record in self.records.items() for value in values(record))
            self._entries[index.name] = entries
        return entries

    def keys_from(self, low: Any, *, inclusive: bool) -> Iterator[Any]:
        """Return folded keys in order.

        Args:
            low: where to start; None starts at the first.
            inclusive: whether `low` itself counts.
        """
        return self.order().irange(low, None, (inclusive, True))

    def keys_with(self, index: Index, value: Any, low: Any, *, inclusive: bool) -> Iterator[Any]:
        """Return the folded keys, in order, of records that an index lists under a value.

        Args:
            index: the index.
            value: the value.
            low: where to start; None starts at the first.
            inclusive: whether `low` itself counts.
        """
        start = (value,) if low is None else (value, low)
        for found, key in self.entries(index).irange(start, None, (inclusive, True)):
            if found != value:
                return
            yield key

    def count_with(self, index: Index, value: Any) -> int:
        """Return how many records an index lists under a value.

        Args:
            index: the index.
            value: the value.
        """
        entries = self.entries(index)
        first = entries.bisect_left((value,))
        if first == len(entries) or entries[first][0] != value:
            return 0
        return entries.bisect_right((value, _LAST)) - first

    def apply(self, key: Any, old: Record | None, new: Record | None) -> None:
        """Change one record.

        Args:
            key: its folded key.
            old: the record there now, None if there is none.
            new: the record from now on, None to remove it.
        """
        if new is None:
            del self.records[key]
        else:
            self.records[key] = new
        if self._order is not None:
            if old is None:
                self._order.add(key)
            elif new is None:
                self._order.remove(key)
        if self._entries:
            for index in self.table.listed:
                entries = self._entries.get(index.name)
                if entries is None:
                    continue
                before = index.values(old) if old is not None else ()
                after = index.values(new) if new is not None else ()
                if before != after:
                    for value in before:
                        entries.remove((value, key))
                    for value in after:
                        entries.add((value, key))


class _Last:
    """Sorts after every key."""

    def __lt__(self, other: object) -> bool:
        return False

    def __gt__(self, other: object) -> bool:
        return True


_LAST = _Last()
