"""Log lines that callers cannot forge."""

from __future__ import annotations

import json
import logging

from cloudward.config import Config
from cloudward.telemetry import formatter

_FORGED = "denied\r\n2026-01-01 00:00:00,000 INFO    AWS iam.CreateUser => 200\x1b[2J\x9b"


def _record() -> logging.LogRecord:
    return logging.LogRecord("cloudward", logging.WARNING, "", 0, "request %s: %s", ("1", _FORGED), None)


def test_no_line_end_of_a_caller_begins_a_line_of_the_log() -> None:
    first, *others = formatter(Config()).format(_record()).split("\n")
    assert first.endswith("WARNING request 1: denied\\r")
    assert all(line.startswith("    ") for line in others)
    assert others[0].endswith("=> 200\\x1b[2J\\x9b")


def test_a_json_line_is_one_line_with_the_message_whole() -> None:
    line = formatter(Config(log_format="json")).format(_record())
    assert "\n" not in line
    assert json.loads(line)["message"] == f"request 1: {_FORGED}"
