"""Who listens to the policy stream, and what it has seen."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from cloudward.api import App, CallRecord
    from cloudward_iam.authorization.evaluated import EvaluatedAction

QUEUE_SIZE = 1000
"""How many events wait for a slow reader before the oldest are dropped."""

MOST_PERMISSIONS = 100_000
"""How many different permissions are remembered for the summary."""


class Listener:
    """One reader of the stream; events wait for it in a bounded queue.

    Args:
        size: how many events wait before the oldest are dropped.
    """

    def __init__(self, size: int = QUEUE_SIZE) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[CallRecord] = deque()
        self._size = size
        self._ready = asyncio.Event()
        self._dropped = 0

    def put(self, record: CallRecord) -> None:
        """Hand an event over, from whatever thread.

        Args:
            record: the call.
        """
        if len(self._waiting) >= self._size:
            try:
                self._waiting.popleft()
            except IndexError:
                pass
            else:
                self._dropped += 1
        self._waiting.append(record)
        if len(self._waiting) == 1:
            self._loop.call_soon_threadsafe(self._ready.set)

    async def take(self, seconds: float) -> tuple[list[CallRecord], int]:
        """Wait for events.

        Args:
            seconds: how long to wait at most.

        Returns:
            The events that wait, none when the time is over, and how many were dropped before them.
        """
        if not self._waiting:
            self._ready.clear()
            if not self._waiting:
                try:
                    await asyncio.wait_for(self._ready.wait(), seconds)
                except TimeoutError:
                    return [], 0
        records: list[CallRecord] = []
        while self._waiting:
            records.append(self._waiting.popleft())
        dropped, self._dropped = self._dropped, 0
        return records, dropped


@dataclass(slots=True)
class Permission:
    """A permission that was used.

    Attributes:
        sample: the first decision about it.
        calls: how many calls needed it.
    """

    sample: EvaluatedAction
    calls: int = 1


class PolicyStream:
    """The stream of one gateway.

    Args:
        app: the gateway.

    Attributes:
        enabled: whether calls are noted even while nobody reads.
        active: whether calls are noted at all: the stream is enabled, or somebody reads.
        since: when it was enabled or reset last; None before.
        calls: how many calls it has seen since then.
        unmapped: calls whose actions are not known, by `service.operation`, with their number.
        permissions: what was used, by the caller's ARN (of a role session its role's), action and resource.
        overflow: how many decisions were not remembered because too many different ones had come.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._listeners: tuple[Listener, ...] = ()
        self.enabled = False
        self.active = False
        self.since: datetime | None = None
        self.reset()

    def enable(self) -> None:
        """Note every call from now on, whether somebody reads or not."""
        self.enabled = True
        self._settle()

    def disable(self) -> None:
        """Stop noting calls while nobody reads; what was seen is kept."""
        self.enabled = False
        self._settle()

    def _settle(self) -> None:
        active = self.enabled or bool(self._listeners)
        if active and not self.active:
            self._app.enforcement.watch()
            self.since = self.since or self._app.clock.now()
        elif self.active and not active:
            self._app.enforcement.unwatch()
        self.active = active

    def reset(self) -> None:
        """Forget what was seen."""
        self.calls = 0
        self.overflow = 0
        self.unmapped: dict[str, int] = {}
        self.permissions: dict[tuple[str, str, str], Permission] = {}
        self.since = self._app.clock.now() if self.active else None

    @property
    def listening(self) -> int:
        """How many readers there are."""
        return len(self._listeners)

    def listen(self) -> Listener:
        """Return a new reader of the events from now on; `leave` ends it."""
        listener = Listener()
        self._listeners = (*self._listeners, listener)
        self._settle()
        return listener

    def leave(self, listener: Listener) -> None:
        """End a reader.

        Args:
            listener: the reader.
        """
        self._listeners = tuple(one for one in self._listeners if one is not listener)
        self._settle()

    def observe(self, record: CallRecord) -> None:
        """Note a call and hand it to the readers.

        Args:
            record: the call.
        """
        self.calls += 1
        evaluated = record.decision.get("evaluated") if record.decision is not None else None
        if evaluated is not None:
            if evaluated.unmapped:
                name = f"{record.service}.{record.operation}"
                self.unmapped[name] = self.unmapped.get(name, 0) + 1
            for action in evaluated.actions:
                self._note(action)
        for listener in self._listeners:
            listener.put(record)

    def _note(self, action: EvaluatedAction) -> None:
        request = action.request
        principal = request.principal
        key = (principal.role_arn or principal.arn, request.action, request.resource)
        known = self.permissions.get(key)
        if known is not None:
            known.calls += 1
        elif len(self.permissions) < MOST_PERMISSIONS:
            self.permissions[key] = Permission(action)
        else:
            self.overflow += 1
