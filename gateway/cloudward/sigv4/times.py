"""The two ways of writing a time in a signed request."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache


@lru_cache(maxsize=256)  # clients sign many requests in one second
def parse_basic(text: str) -> datetime | None:
    """Parse an ISO 8601 basic-format time.

    Args:
        text: For example ``20150830T123600Z``; nothing else is taken.

    Returns:
        The time in UTC, or None when the text is not of that form.
    """
    if len(text) != 16 or text[8] != "T" or text[15] != "Z" or not text.isascii():
        return None
    day, clock = text[:8], text[9:15]
    if not (day.isdigit() and clock.isdigit()):
        return None
    try:
        return datetime(
            int(day[:4]), int(day[4:6]), int(day[6:]), int(clock[:2]), int(clock[2:4]), int(clock[4:]), tzinfo=UTC
        )
    except ValueError:
        return None


def parse_header_date(text: str) -> datetime | None:
    """Parse the ``Date`` header: ISO 8601 basic format or the HTTP form (RFC 5322).

    Args:
        text: The header's value.

    Returns:
        The time in UTC, or None when it has neither form.
    """
    time = parse_basic(text)
    if time is not None:
        return time
    try:
        parsed = parsedate_to_datetime(text)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def format_basic(time: datetime) -> str:
    """Format a time as in ``x-amz-date``, for example ``20150830T123600Z``.

    Args:
        time: An aware time.

    Returns:
        The text, in UTC.
    """
    return time.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def format_extended(time: datetime) -> str:
    """Format a time as in S3's error answers, for example ``2015-08-30T12:36:00Z``.

    Args:
        time: An aware time.

    Returns:
        The text, in UTC.
    """
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
