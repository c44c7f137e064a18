"""Transactions: all of a call's reads and writes, published together or not at all."""

from __future__ import annotations

from collections.abc import Collection
from threading import Lock
from typing import TYPE_CHECKING, Any, Self, TypeVar

from cloudward.scope import Per, Scope
from cloudward.state.across import Across
from cloudward.state.errors import StateError
from cloudward.state.record import Record
from cloudward.state.schema import Index, State, Table
from cloudward.state.storage import Change, Durable
from cloudward.state.uniques import UniqueView
from cloudward.state.view import TableView

if TYPE_CHECKING:
    from types import TracebackType

    from cloudward.state.store import Store

S = TypeVar("S", bound=State)
R = TypeVar("R", bound=Record)


class Transaction:
    """A snapshot of all state, with the transaction's own writes over it.  Made by `Store.begin`; end every one.

    As a context manager it is rolled back unless it was committed.

    Attributes:
        lock: protects committed data while many records are read.
        dirty: whether something was written.
        ended: whether it was committed or rolled back.
        overtaken: whether another transaction has published since this one began.
    """

    __slots__ = ("_exclusive", "_store", "_uniques", "_views", "dirty", "ended", "lock", "overtaken")

    def __init__(self, store: Store, lock: Lock, *, exclusive: bool) -> None:
        self._store = store
        self._exclusive = exclusive
        self._views: dict[tuple[Table[Any], Scope], TableView[Any]] = {}
        self._uniques: dict[tuple[Table[Any], str, Scope], UniqueView] = {}
        self.lock = lock
        self.dirty = False
        self.ended = False
        self.overtaken = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.rollback()

    def state(self, state: type[S], scope: Scope) -> S:
        """Return a service's state.

        Args:
            state: the state class.
            scope: partition, account and region; what the state is not kept per is left out of account.
        """
        per = state.per
        if per is Per.ACCOUNT:
            if scope[2]:
                scope = Scope(scope[0], scope[1])
        elif per is Per.PARTITION:
            scope = Scope(scope[0])
        return state(self, scope)

    def across(self, table: Table[R] | TableView[R], partition: str) -> Across[R]:
        """Return the look-up of a table's records across the accounts of a partition.

        Args:
            table: the table, as `IamState.access_keys`.
            partition: the partition, `aws`.
        """
        return Across(self, table.table if isinstance(table, TableView) else table, partition)

    def commit(self) -> Durable | None:
        """Publish what was written, and end the transaction.

        Returns:
            None if there is nothing to wait for, else what is done when the transaction (or what it read of others) is
            on the disk.

        Raises:
            Conflict: another transaction changed what this one read; nothing was published.
            StorageError: the disk refused; nothing was published.
        """
        self._end()
        return self._store.finish(self, self._exclusive)

    def rollback(self) -> Durable | None:
        """End the transaction and forget what it wrote; does nothing if it has ended.

        Returns:
            What to wait for before anybody is told what was read: it may not be on the disk yet.  None for nothing.
        """
        if self.ended:
            return None
        self._end()
        return self._store.forget(self, self._exclusive)

    def _end(self) -> None:
        if self.ended:
            raise StateError("the transaction has ended")
        self.ended = True

    # For views and the store

    def view(self, table: Table[R], scope: Scope) -> TableView[R]:
        """Return the transaction's only view of a table in a scope.

        Args:
            table: the table.
            scope: the scope, with no more fields than the state is kept per.
        """
        where = (table, scope)
        found = self._views.get(where)
        if found is None:
            # Another thread that commits may make the view at the same time; the first one counts.
            found = self._views.setdefault(where, TableView(self, table, scope, self._store.data(table, scope)))
        return found

    def unique(self, table: Table[Any], declared: Index, scope: Scope) -> UniqueView:
        """Return the transaction's only view of a unique index.

        Args:
            table: the table.
            declared: the index.
            scope: a scope that the wanted part of the index covers.
        """
        assert declared.unique_in is not None
        where = (table, declared.name, scope.narrowed(declared.unique_in))
        found = self._uniques.get(where)
        if found is None:
            found = self._uniques.setdefault(where, UniqueView(self._store.holders(where)))
        return found

    def note_write(self) -> None:
        """Take note that something was written."""
        if self.ended:
            raise StateError("the transaction has ended")
        self.dirty = True

    def changes(self) -> list[Change]:
        """Return what was written."""
        return [
            Change(view.table, view.scope, view.cleared, view.writes)
            for view in self._views.values()
            if view.writes or view.cleared
        ]

    def has_read(self, table: Table[Any], scope: Scope, keys: Collection[Any] | None) -> bool:
        """Tell whether any of some records was read, or might have been met while many were.

        Args:
            table: their table.
            scope: their scope.
            keys: their folded keys; None for all there are.
        """
        view = self._views.get((table, scope))
        return view is not None and (
            view.scanned or (bool(view.reads) if keys is None else not view.reads.isdisjoint(keys))
        )

    @property
    def stale(self) -> bool:
        """Whether another transaction has changed something that this one read."""
        return self.overtaken and (
            any(view.stale for view in self._views.values()) or any(unique.stale for unique in self._uniques.values())
        )
