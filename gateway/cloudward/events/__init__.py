"""One record a call, handed to whoever listens: log, stream, coverage, last-used facts."""

from cloudward.events.log import RequestLog, log_call
from cloudward.events.recent import RecentCalls
from cloudward.events.record import CallRecord
from cloudward.events.refused import RefusedSignature, RefusedSignatures

__all__ = ["CallRecord", "RecentCalls", "RefusedSignature", "RefusedSignatures", "RequestLog", "log_call"]
