"""The log line of a call, through `logging` or straight to a stream."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, TextIO

import msgspec

if TYPE_CHECKING:
    from cloudward.events.record import CallRecord

LOG = logging.getLogger("cloudward.request")


def line(record: CallRecord) -> str:
    """Return what the log says of a call.

    Args:
        record: the call.
    """
    name = f"{record.service or '?'}.{record.operation or '?'}"
    if record.error_code is None:
        return f"AWS {name} => {record.status}"
    return f"AWS {name} => {record.status} ({record.error_code})"


def log_call(record: CallRecord) -> None:
    """Log a call through `logging`.

    Args:
        record: the call.
    """
    if LOG.isEnabledFor(logging.INFO):
        LOG.info("%s", line(record))


class RequestLog:
    """Writes the lines of calls to a stream, those of one turn of the event loop at once.

    `logging` takes a tenth of a whole call for its line; these look the same and cost a fifth of that.

    Args:
        stream: where to.
        as_json: whether lines are JSON objects.
    """

    def __init__(self, stream: TextIO, *, as_json: bool) -> None:
        self._stream = stream
        self._as_json = as_json
        self._lines: list[str] = []
        self._second = -1
        self._stamp = ""

    def __call__(self, record: CallRecord) -> None:
        """Take the line of a call.

        Args:
            record: the call.
        """
        if not LOG.isEnabledFor(logging.INFO):
            return
        now = time.time()  # noqa: TID251 - log lines tell the machine's time, whatever the gateway's clock shows
        second = int(now)
        if second != self._second:
            # A call in another thread may see the old text with the new second; a line is a second off then.
            self._stamp = time.strftime(
                "%Y-%m-%dT%H:%M:%S" if self._as_json else "%Y-%m-%d %H:%M:%S", time.localtime(now)
            )
            self._second = second
        millis = int((now - second) * 1000)
        if self._as_json:
            fields = {
                "time": f"{self._stamp}.{millis:03d}",
                "level": "INFO",
                "logger": LOG.name,
                "message": line(record),
            }
            text = msgspec.json.encode(fields).decode() + "\n"
        else:
            text = f"{self._stamp},{millis:03d} INFO    {line(record)}\n"
        self._lines.append(text)
        if len(self._lines) == 1:
            try:
                asyncio.get_running_loop().call_soon(self.flush)
            except RuntimeError:  # in a thread of a blocking handler
                self.flush()

    def flush(self) -> None:
        """Write the lines taken so far."""
        lines, self._lines = self._lines, []
        self._stream.write("".join(lines))
        self._stream.flush()
