"""What a transaction sees of a unique index."""

from __future__ import annotations

from typing import Any

from cloudward.scope import Scope


class UniqueView:
    """A transaction's view of the values of a unique index, each with the scope and key of its holder."""

    __slots__ = ("detached", "live", "reads", "undo", "writes")

    def __init__(self, live: dict[Any, tuple[Scope, Any]]) -> None:
        self.live = live
        self.undo: dict[Any, tuple[Scope, Any] | None] = {}
        self.writes: dict[Any, tuple[Scope, Any] | None] = {}
        self.reads: set[Any] = set()
        self.detached = False

    def get(self, value: Any) -> tuple[Scope, Any] | None:
        """Return the scope and key of the record that holds a value.

        Args:
            value: the value, folded.
        """
        self.reads.add(value)
        holder = self.live.get(value)
        if value in self.undo:  # looked at after `live`: whoever commits writes `undo` first
            holder = self.undo[value]
        if value in self.writes:
            holder = self.writes[value]
        return holder

    @property
    def stale(self) -> bool:
        """Whether another transaction has changed something that was read here."""
        return bool(self.undo) and not self.reads.isdisjoint(self.undo)
