"""Look-ups across accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from cloudward.scope import Per, Scope
from cloudward.state.record import Record
from cloudward.state.schema import KEY, Index, Key, Table

if TYPE_CHECKING:
    from cloudward.state.transaction import Transaction

R = TypeVar("R", bound=Record)


class Located(NamedTuple, Generic[R]):
    """A record found across accounts.

    Attributes:
        scope: where it belongs.
        record: the record.
    """

    scope: Scope
    record: R


class Across(Generic[R]):
    """Look-ups of a table's records in all accounts (and regions) of a partition."""

    __slots__ = ("_partition", "_table", "_transaction")

    def __init__(self, transaction: Transaction, table: Table[R], partition: str) -> None:
        self._transaction = transaction
        self._table = table
        self._partition = partition

    def find(self, key: Key) -> Located[R] | None:
        """Return the record with a key.

        Args:
            key: the key; the table must be declared `unique_in=Per.PARTITION`.

        Raises:
            TypeError: it is not.
        """
        return self._find(self._declared(KEY), self._table.fold(key))

    def find_by(self, index: str, value: object) -> Located[R] | None:
        """Return the record with a value of an index.

        Args:
            index: the index; it must be declared `unique_in=Per.PARTITION`.
            value: the value.

        Raises:
            TypeError: it is not.
        """
        declared = self._declared(index)
        return self._find(declared, declared.lookup(value))

    def _declared(self, name: str) -> Index:
        for declared in self._table.uniques:
            if declared.name == name and declared.unique_in is Per.PARTITION:
                return declared
        what = f"index {name!r}" if name else "its key"
        raise TypeError(f"{self._table!r}: {what} is not declared unique in the partition")

    def _find(self, declared: Index, value: Any) -> Located[R] | None:
        holder = self._transaction.unique(self._table, declared, Scope(self._partition)).get(value)
        if holder is None:
            return None
        record = self._transaction.view(self._table, holder[0]).peek(holder[1])
        return None if record is None else Located(holder[0], record)
