"""Timestamps in the models' three formats, to and from aware datetimes in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

import msgspec

from cloudward.errors import MalformedRequest

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WHOLE_SECONDS = len("2026-01-31T12:00:00Z")
_MILLISECONDS = len("2026-01-31T12:00:00.000")
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:\.\d{0,18})?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_ISO = re.compile(
    r"\d{4}-?\d\d-?\d\d(?:[Tt ]\d\d:?\d\d(?::?\d\d(?:[.,]\d{1,12})?)?)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)


def decode_timestamp(text: str) -> datetime:
    """Return the time that a text tells in any of the formats; AWS takes them all wherever it takes one.

    Args:
        text: `2026-01-31T12:00:00Z`, `Sat, 31 Jan 2026 12:00:00 GMT` or seconds since the epoch.

    Raises:
        MalformedRequest: the text is no time, or one beyond the years 1 to 9999.
    """
    try:
        if _NUMBER.fullmatch(text):  # bare digits are seconds, even where they would read as a date
            return decode_epoch(float(text))
        if _ISO.fullmatch(text):
            return _aware(datetime.fromisoformat(text.upper()))
        if len(text) <= 64:
            return _aware(parsedate_to_datetime(text))
    except (ValueError, OverflowError, TypeError, IndexError):
        pass
    raise MalformedRequest(f"Invalid timestamp: {text[:64]}")


def decode_epoch(seconds: float) -> datetime:
    """Return the time that lies so many seconds after the epoch.

    Args:
        seconds: seconds since 1970, to the microsecond.

    Raises:
        MalformedRequest: the time is beyond the years 1 to 9999.
    """
    try:
        return _EPOCH + timedelta(microseconds=round(seconds * 1_000_000))
    except (ValueError, OverflowError):
        raise MalformedRequest("Timestamp out of range") from None


def _aware(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _utc(value: datetime | float) -> datetime:
    if isinstance(value, datetime):
        if value.tzinfo is UTC:
            return value
        return _aware(value)
    return _EPOCH + timedelta(seconds=value)


def encode_iso8601(value: datetime | float) -> str:
    """Return a time as `2026-01-31T12:00:00Z`, with milliseconds where it has any.

    Args:
        value: an aware datetime (a naive one counts as UTC) or seconds since the epoch.
    """
    text: str = msgspec.to_builtins(_utc(value))  # several times faster than isoformat
    if len(text) == _WHOLE_SECONDS:
        return text
    shortened = text[:_MILLISECONDS]
    return shortened[: _WHOLE_SECONDS - 1] + "Z" if shortened.endswith(".000") else shortened + "Z"


def encode_iso8601_milliseconds(value: datetime | float) -> str:
    """Return a time as `2026-01-31T12:00:00.000Z`; S3 always writes milliseconds.

    Args:
        value: as in `encode_iso8601`.
    """
    text = encode_iso8601(value)
    return text if len(text) > _WHOLE_SECONDS else text[:-1] + ".000Z"


def encode_rfc822(value: datetime | float) -> str:
    """Return a time as `Sat, 31 Jan 2026 12:00:00 GMT`, to the second.

    Args:
        value: as in `encode_iso8601`.
    """
    return format_datetime(_utc(value), usegmt=True)


def encode_epoch(value: datetime | float) -> float:
    """Return a time as seconds since the epoch: whole ones as an int, else to the millisecond.

    Args:
        value: as in `encode_iso8601`.
    """
    milliseconds = (_utc(value) - _EPOCH) // timedelta(milliseconds=1)
    return milliseconds // 1000 if milliseconds % 1000 == 0 else milliseconds / 1000


def encode_epoch_text(value: datetime | float) -> str:
    """Return what `encode_epoch` does, as text.

    Args:
        value: as in `encode_iso8601`.
    """
    return str(encode_epoch(value))
