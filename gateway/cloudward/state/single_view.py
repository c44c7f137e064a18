"""What a transaction sees of a place for one record."""

from __future__ import annotations

from typing import Generic, TypeVar

from cloudward.state.record import Record
from cloudward.state.schema import KEY
from cloudward.state.view import TableView

R = TypeVar("R", bound=Record)


class SingleView(Generic[R]):
    """A place for one record, as one transaction sees it in one scope."""

    __slots__ = ("_view",)

    def __init__(self, view: TableView[R]) -> None:
        self._view = view

    def get(self) -> R | None:
        """Return the record, None if there is none."""
        return self._view.get(KEY)

    def set(self, record: R) -> R:
        """Put the record there, in place of another if there is one.

        Args:
            record: the record.

        Returns:
            The record.
        """
        return self._view.put(record)

    def clear(self) -> R | None:
        """Remove the record.

        Returns:
            The record removed, None if there was none.
        """
        return self._view.remove(KEY) if KEY in self._view else None
