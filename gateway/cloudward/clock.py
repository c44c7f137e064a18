"""The one place that reads the time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Tells the time, moved by an offset that tests and users can set.

    Args:
        offset: how far ahead of the machine's clock this one runs.
    """

    def __init__(self, offset: timedelta = timedelta()) -> None:
        self.offset = offset
        self._frozen: datetime | None = None

    def now(self) -> datetime:
        """Return the current time in UTC, with microseconds."""
        if self._frozen is not None:
            return self._frozen
        return datetime.now(UTC) + self.offset  # noqa: TID251 - this is the place

    def machine_now(self) -> datetime:
        """Return the machine's own time in UTC, which the clients' clocks show however far this one was moved.

        Signatures carry the client's time, so this is what their 15 minutes are measured by.
        """
        return datetime.now(UTC)  # noqa: TID251 - this is the place

    @property
    def frozen(self) -> bool:
        """Whether the clock was stopped."""
        return self._frozen is not None

    def timestamp(self) -> float:
        """Return the current time in seconds since the epoch."""
        if self._frozen is not None:
            return self._frozen.timestamp()
        return time.time() + self.offset.total_seconds()  # noqa: TID251 - this is the place

    def move(self, by: timedelta) -> None:
        """Move the clock.

        Args:
            by: how far; negative moves it back.
        """
        if self._frozen is not None:
            self._frozen += by
        else:
            self.offset += by

    def freeze(self, at: datetime) -> None:
        """Stop the clock.

        Args:
            at: the time that it shows from now on.
        """
        self._frozen = at

    def reset(self) -> None:
        """Let the clock run with the machine's again."""
        self._frozen = None
        self.offset = timedelta()
