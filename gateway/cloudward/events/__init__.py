"""One record a call, handed to whoever listens: log, stream, coverage, last-used facts."""

from cloudward.events.record import CallRecord
from cloudward.events.recent import RecentCalls

__all__ = ["CallRecord", "RecentCalls"]
