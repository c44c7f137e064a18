"""The interface between the store and what makes its state last; docs/adr/0010 tells why it has this form."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from cloudward.scope import Scope
from cloudward.state.record import Record
from cloudward.state.schema import Table


class Change(NamedTuple):
    """What a transaction does to one table in one scope.

    Attributes:
        table: the table.
        scope: the scope.
        cleared: whether all records there are removed first.
        writes: by folded key, the record from now on, or None where it is removed.
    """

    table: Table[Any]
    scope: Scope
    cleared: bool
    writes: Mapping[Any, Record | None]


class Durable(Protocol):
    """A commit that is on its way to the disk: wait for it before you answer."""

    @property
    def done(self) -> bool:
        """Whether it is on the disk, or failed."""

    def wait(self, timeout: float | None = None) -> None:
        """Block until the commit is durable.

        Args:
            timeout: seconds to wait at most; None waits for ever.

        Raises:
            StorageError: the disk failed: nobody knows whether it is there after a crash of the machine.
            TimeoutError: it took too long.
        """

    def __await__(self) -> Generator[Any, None, None]:
        """Wait in an event loop; raises as `wait` does."""


class Backend(Protocol):
    """Makes state last.  The store calls it from one thread at a time.

    Attributes:
        shared: whether other processes may write to the same storage, so that `follow` has to be called.
    """

    shared: bool

    def load(self, table: Table[Any]) -> Iterable[tuple[Scope, dict[Any, Record]]]:
        """Return a table's records by scope and folded key, brought to the current version.

        Args:
            table: the table; its changes are stored and followed from now on.

        Raises:
            StateFileError: its records cannot be read.
        """

    def follow(self) -> Sequence[Sequence[Change]]:
        """Return the transactions that other processes committed since the last call, in their order."""

    def begin(self) -> Sequence[Sequence[Change]]:
        """Take the right to commit, which one process has at a time, and return what `follow` would."""

    def commit(self, changes: Sequence[Change]) -> Durable | None:
        """Store a transaction and give the right to commit back, whatever happens.

        Args:
            changes: what it does.

        Returns:
            None if the transaction is durable, else what to wait for.

        Raises:
            StorageError: it could not be stored; nothing of it was.
        """

    def abort(self) -> None:
        """Give the right to commit back without a commit."""

    def close(self) -> None:
        """Finish what is under way and let go of the storage."""
