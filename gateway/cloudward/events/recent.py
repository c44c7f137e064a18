"""The last calls, kept in a bounded store and found by request id."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudward.events.record import CallRecord


class RecentCalls:
    """A bounded store of call records.

    Args:
        size: how many it keeps; the oldest go first.
    """

    def __init__(self, size: int = 1000) -> None:
        self.size = size
        self._records: OrderedDict[str, CallRecord] = OrderedDict()

    def add(self, record: CallRecord) -> None:
        """Keep a record.

        Args:
            record: the call.
        """
        self._records[record.request_id] = record
        if len(self._records) > self.size:
            self._records.popitem(last=False)

    def get(self, request_id: str) -> CallRecord | None:
        """Return a call by its request id, None when it is not kept (any more).

        Args:
            request_id: the id, as in the answer's header.
        """
        return self._records.get(request_id)

    def __iter__(self) -> Iterator[CallRecord]:
        """Iterate over the calls, the newest first."""
        # Copied, since calls go on while somebody reads in a thread.
        return iter(list(reversed(self._records.values())))

    def __len__(self) -> int:
        return len(self._records)

    def clear(self) -> None:
        """Forget all calls."""
        self._records.clear()
