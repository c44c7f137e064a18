"""How the gateway's log lines look."""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from cloudward.config import Config

_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


class _JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as JSON.

        Args:
            record: the record.
        """
        fields = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03d}",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(fields).decode()


class _TextFormatter(logging.Formatter):
    """One line a record, tracebacks below it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Return the line of a record.

        Args:
            record: the record.
        """
        # Messages repeat what callers sent: no line end of theirs may begin what looks like a record of its own, and
        # no control sequence may reach a terminal.
        record.message = _CONTROLS.sub(lambda found: _escape(found[0]), record.message)
        return super().formatMessage(record)


def _escape(character: str) -> str:
    return "\n    " if character == "\n" else character.encode("unicode_escape").decode("ascii")


def formatter(config: Config) -> logging.Formatter:
    """Return what makes log lines of records.

    Args:
        config: the settings.
    """
    return _JsonFormatter() if config.log_format == "json" else _TextFormatter()


def configure_logging(config: Config) -> None:
    """Send log lines of the gateway to standard error.

    Args:
        config: the settings.
    """
    # Nobody reads who logged where; finding out costs a stack walk a line.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(config))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("cloudward").setLevel(logging.DEBUG if config.debug else logging.INFO)
