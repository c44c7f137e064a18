"""The store: all committed state of one gateway."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from cloudward.clock import Clock
from cloudward.scope import Scope
from cloudward.state.data import TableData
from cloudward.state.errors import Conflict, StateError
from cloudward.state.past import PastTransaction
from cloudward.state.record import Record
from cloudward.state.schema import Index, State, Table
from cloudward.state.storage import Backend, Change, Durable
from cloudward.state.transaction import Transaction

if TYPE_CHECKING:
    from cloudward.state.uniques import UniqueView

T = TypeVar("T")

Contents = dict[tuple[Table[Any], Scope], dict[Any, Record]]
"""Records by table, scope and folded key."""

_Where = tuple[Table[Any], str, Scope]
_Holders = dict[Any, tuple[Scope, Any]]

_ATTEMPTS = 3  # optimistic ones; after them a transaction keeps everybody else from committing


class Store:
    """All committed state of one gateway, in memory, made to last by a backend.

    Transactions run side by side in any threads.  A commit takes `_commit_lock`, under which it is checked and stored,
    and then `_lock`, which also protects whoever reads many records, while committed data changes.

    Args:
        clock: tells the time for snapshots.
        backend: makes state last; None keeps it in memory only.

    Attributes:
        on_reset: called by `refresh` when another process reset or replaced state, for whoever caches some of it.
    """

    def __init__(self, *, clock: Clock | None = None, backend: Backend | None = None) -> None:
        self.clock = clock or Clock()
        self.backend = backend
        self.classes: dict[tuple[str, str], type[State]] = {}
        self._tables: dict[tuple[str, str], Table[Any]] = {}
        self._data: dict[tuple[Table[Any], Scope], TableData] = {}
        self._uniques: dict[_Where, _Holders] = {}
        self._changes: dict[Scope, dict[Table[Any], int]] = {}
        self._active: set[Transaction] = set()
        self._lock = Lock()
        self._commit_lock = Lock()
        self._closed = False
        self.on_reset: Callable[[], None] | None = None
        self._reset_elsewhere = False
        # Commits that are published but not on the disk yet, in their order.
        self._unsettled: deque[tuple[Durable, list[Change]]] = deque()

    # What is there

    def register(self, state: type[State]) -> None:
        """Make a state class known, and load what is stored of it.

        Args:
            state: the class; registering it again does nothing.

        Raises:
            StateError: another class keeps a table of the same name for the same service.
            StateFileError: what is stored cannot be read.
        """
        if state in self.classes.values():
            return
        for name in state.tables:
            if (state.service, name) in self._tables:
                raise StateError(f"two state classes keep a table {name} for service {state.service}")
        self.classes[state.service, state.__name__] = state
        for name, table in state.tables.items():
            self._tables[state.service, name] = table
            if self.backend is not None:
                for scope, records in self.backend.load(table):
                    self._fill(table, scope, records)

    def _fill(self, table: Table[Any], scope: Scope, records: dict[Any, Record]) -> None:
        self._data[table, scope] = TableData(table, records)
        for declared in table.uniques:
            assert declared.unique_in is not None
            holders = self._uniques.setdefault((table, declared.name, scope.narrowed(declared.unique_in)), {})
            for key, record in records.items():
                for value in declared.values(record):
                    holders[value] = (scope, key)

    @property
    def tables(self) -> Iterable[Table[Any]]:
        """Every table of every registered class, in the order of registration and declaration."""
        return list(self._tables.values())

    def table(self, service: str, name: str) -> Table[Any] | None:
        """Return a table, None if no registered class has it.

        Args:
            service: the service.
            name: the table's name.
        """
        return self._tables.get((service, name))

    def scopes(self, service: str | None = None) -> list[Scope]:
        """Return the scopes that hold any record, sorted.

        Args:
            service: count only this service's records.
        """
        with self._lock:
            found = {
                scope
                for (table, scope), data in self._data.items()
                if data.records and (service is None or table.owner.service == service)
            }
        return sorted(found)

    # Transactions

    def begin(self, *, exclusive: bool = False) -> Transaction:
        """Begin a transaction.

        Args:
            exclusive: keep all others from committing until this one ends, so that it cannot meet a conflict.
        """
        if exclusive:
            self._commit_lock.acquire()
            try:
                if self.backend is not None:
                    self._publish_all(self.backend.begin())
            except BaseException:
                self._commit_lock.release()
                raise
        transaction = Transaction(self, self._lock, exclusive=exclusive)
        with self._lock:
            self._active.add(transaction)
        return transaction

    def begin_past(self) -> PastTransaction:
        """Begin a transaction that goes on showing this moment until it is closed, to whoever reads from it."""
        transaction = PastTransaction(self, self._lock, exclusive=False)
        with self._lock:
            self._active.add(transaction)
        return transaction

    def run(self, function: Callable[[Transaction], T]) -> T:
        """Run a function in a transaction, again if it meets a conflict, and wait until it is durable.

        Args:
            function: reads and writes through the transaction, and does nothing else, since it may run several times.

        Returns:
            What the function returns.

        Raises:
            StorageError: the disk refused.
            Exception: what the function raises; then nothing is kept.
        """
        attempt = 0
        while True:
            attempt += 1
            with self.begin(exclusive=attempt > _ATTEMPTS) as transaction:
                result = function(transaction)
                try:
                    durable = transaction.commit()
                except Conflict:
                    continue
            if durable is not None:
                durable.wait()
            return result

    def refresh(self) -> None:
        """Take in what other processes committed; call it before a request is answered."""
        backend = self.backend
        if backend is not None and backend.shared:
            with self._commit_lock:
                self._publish_all(backend.follow())
            if self._reset_elsewhere:
                self._reset_elsewhere = False
                if self.on_reset is not None:
                    self.on_reset()

    def reset(self, account: str | None = None, service: str | None = None) -> None:
        """Remove state, in one transaction.

        Args:
            account: only this account's; what is kept per partition stays.
            service: only this service's.

        Raises:
            StorageError: the disk refused.
        """

        def clear(transaction: Transaction) -> None:
            with self._lock:
                there = [where for where, data in self._data.items() if data.records]
            for table, scope in there:
                if account in (None, scope.account) and service in (None, table.owner.service):
                    transaction.view(table, scope).clear()

        self.run(clear)

    def contents(self) -> Contents:
        """Return every record, as of one moment."""
        with self.begin() as transaction:
            with self._lock:
                there = list(self._data)
            return {
                (table, scope): records
                for table, scope in there
                if (records := transaction.view(table, scope).content())
            }

    def replace(self, contents: Contents) -> None:
        """Put other records in the place of all that are there, in one transaction.

        Args:
            contents: the records, checked already.

        Raises:
            StorageError: the disk refused; nothing was replaced.
        """

        def fill(transaction: Transaction) -> None:
            with self._lock:
                there = [where for where, data in self._data.items() if data.records]
            for table, scope in {**dict.fromkeys(there), **contents}:
                transaction.view(table, scope).fill(contents.get((table, scope), {}))

        self.run(fill)

    def close(self) -> None:
        """Let go of the storage.  Closing twice does nothing."""
        if not self._closed:
            self._closed = True
            if self.backend is not None:
                self.backend.close()

    # For transactions

    def data(self, table: Table[Any], scope: Scope) -> TableData:
        """Return the committed records of a table in a scope; an empty place of its own if there are none.

        Args:
            table: the table.
            scope: the scope.
        """
        return self._data.get((table, scope)) or TableData(table)

    def version(self, tables: Iterable[Table[Any]], scope: Scope) -> int:
        """Return a number that grows whenever one of some tables changes in a scope.

        Args:
            tables: the tables.
            scope: the scope, with no more fields than their state is kept per.
        """
        changes = self._changes.get(scope)
        if changes is None:
            return 0
        total = 0
        for table in tables:
            total += changes.get(table, 0)
        return total

    def holders(self, where: _Where) -> _Holders:
        """Return who holds the values of a unique index.

        Args:
            where: table, index name and scope.
        """
        found = self._uniques.get(where)
        return {} if found is None else found

    def finish(self, transaction: Transaction, exclusive: bool) -> Durable | None:
        """Publish a transaction that wants to commit.

        Args:
            transaction: the transaction.
            exclusive: whether it holds the right to commit already.
        """
        if not transaction.dirty:
            return self.forget(transaction, exclusive)
        try:
            if not exclusive:
                self._commit_lock.acquire()
                exclusive = True
                if self.backend is not None:
                    self._publish_all(self.backend.begin())
            if transaction.stale:
                if self.backend is not None:
                    self.backend.abort()
                raise Conflict("another transaction changed what this one read")
            changes = transaction.changes()
            durable = self.backend.commit(changes) if self.backend is not None else None
            with self._lock:
                if durable is not None:
                    self._settle()
                    self._unsettled.append((durable, changes))
                self._active.discard(transaction)  # it needs no view of what it changes itself
                self._publish(changes)
            return durable
        finally:
            with self._lock:
                self._active.discard(transaction)
            if exclusive:
                self._commit_lock.release()

    def forget(self, transaction: Transaction, exclusive: bool) -> Durable | None:
        """End a transaction that publishes nothing.

        Args:
            transaction: the transaction.
            exclusive: whether it holds the right to commit.

        Returns:
            What to wait for before anybody is told what it read; None for nothing.
        """
        with self._lock:
            self._active.discard(transaction)
        if exclusive:
            try:
                if self.backend is not None:
                    self.backend.abort()
            finally:
                self._commit_lock.release()
        return self._awaited(transaction) if self._unsettled else None

    # Commits on their way to the disk

    def _settle(self) -> None:
        while self._unsettled and self._unsettled[0][0].done:
            self._unsettled.popleft()

    def _awaited(self, transaction: Transaction) -> Durable | None:
        """Return what a transaction that only read has to wait for, lest it tells what a crash may undo."""
        with self._lock:
            self._settle()
            durable: Durable
            for durable, changes in reversed(self._unsettled):
                if any(
                    transaction.has_read(table, scope, None if cleared else writes)
                    for table, scope, cleared, writes in changes
                ):
                    return durable
        return None

    # Inside

    def _publish_all(self, transactions: Sequence[Sequence[Change]]) -> None:
        if transactions:
            with self._lock:
                for changes in transactions:
                    self._publish(changes)
                    self._reset_elsewhere |= any(change.cleared for change in changes)

    def _publish(self, changes: Iterable[Change]) -> None:
        """Change committed data; transactions under way are told what they must go on seeing."""
        for transaction in self._active:
            transaction.overtaken = True
        for change in changes:
            table, scope, cleared, writes = change
            counts = self._changes.setdefault(scope, {})
            counts[table] = counts.get(table, 0) + 1
            watching = [transaction.view(table, scope) for transaction in self._active]
            data = self._data.get((table, scope))
            if data is None:
                data = self._data[table, scope] = TableData(table)
            elif cleared:
                for view in watching:
                    view.detached = True  # it keeps the records that are dropped here
                if table.uniques:
                    for key, record in data.records.items():
                        self._hold(table, scope, key, record, None)
                data = self._data[table, scope] = TableData(table)
            for key, new in writes.items():
                old = data.records.get(key)
                if old is None and new is None:
                    continue
                for view in watching:
                    if not view.detached:
                        view.undo.setdefault(key, old)
                        view.undo_delta += (old is not None) - (new is not None)
                data.apply(key, old, new)
                if table.uniques:
                    self._hold(table, scope, key, old, new)

    def _hold(self, table: Table[Any], scope: Scope, key: Any, old: Record | None, new: Record | None) -> None:
        for declared in table.uniques:
            before = declared.values(old) if old is not None else ()
            after = declared.values(new) if new is not None else ()
            if before == after and old is not None and new is not None:
                continue
            where = self._place(table, declared, scope)
            watching: list[UniqueView] = [transaction.unique(table, declared, scope) for transaction in self._active]
            holders = self._uniques.get(where)
            if holders is None:
                holders = self._uniques[where] = {}
            for value in before:
                holder = holders.get(value)
                if value not in after and holder is not None and holder == (scope, key):
                    for view in watching:
                        view.undo.setdefault(value, holder)
                    del holders[value]
            for value in after:
                for view in watching:
                    view.undo.setdefault(value, holders.get(value))
                holders[value] = (scope, key)

    @staticmethod
    def _place(table: Table[Any], declared: Index, scope: Scope) -> _Where:
        assert declared.unique_in is not None
        return (table, declared.name, scope.narrowed(declared.unique_in))
