"""State as it was a while ago, for those who test what eventual consistency does to them."""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import TYPE_CHECKING

from cloudward.state.transaction import Transaction

if TYPE_CHECKING:
    from cloudward.clock import Clock
    from cloudward.state.storage import Durable
    from cloudward.state.store import Store

_STEPS = 8
"""How many moments a delay is divided into: what is shown is at most an eighth of the delay older than asked for."""


class PastTransaction(Transaction):
    """A transaction that many calls read from, and that none of them ends.

    Attributes:
        number: tells it from the others of its kind.
        begun: when it began, in seconds since the epoch; it shows the state of that moment.
    """

    __slots__ = ("begun", "number")

    number: int
    begun: float

    def commit(self) -> Durable | None:
        """Do nothing: the past cannot be changed."""
        return None

    def rollback(self) -> Durable | None:
        """Do nothing: others go on reading."""
        return None

    def close(self) -> None:
        """End the transaction."""
        super().rollback()


class Past:
    """Keeps transactions of the last moments open, and shows the one that is old enough.

    Args:
        store: the state.
        clock: the time.
        seconds: how old what is shown is to be.
    """

    def __init__(self, store: Store, clock: Clock, seconds: float) -> None:
        self._store = store
        self._clock = clock
        self._seconds = seconds
        self._moments: deque[PastTransaction] = deque()
        self._count = 0
        self._lock = Lock()
        self._begin(clock.timestamp())

    def transaction(self) -> PastTransaction:
        """Return the youngest transaction that is at least as old as asked for, or the oldest there is."""
        now = self._clock.timestamp()
        moments = self._moments
        with self._lock:
            if now - moments[-1].begun >= self._seconds / _STEPS:
                self._begin(now)
            while len(moments) > 1 and moments[1].begun <= now - self._seconds:
                moments.popleft().close()
            return moments[0]

    def clear(self) -> None:
        """Forget the past, after state was reset: from here on the present is shown."""
        with self._lock:
            while self._moments:
                self._moments.popleft().close()
            self._begin(self._clock.timestamp())

    def _begin(self, now: float) -> None:
        transaction = self._store.begin_past()
        self._count += 1
        transaction.number = self._count
        transaction.begun = now
        self._moments.append(transaction)
