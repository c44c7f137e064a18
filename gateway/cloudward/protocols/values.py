"""Simple values as text (query parameters, headers, labels, XML) and as JSON or CBOR values.

AWS's serialisers name what they met and what they wanted (`STRING_VALUE can not be converted to an Integer`); these
do too.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NoReturn

from cloudward.errors import MalformedRequest
from cloudward.protocols.timestamps import (
    decode_epoch,
    decode_timestamp,
    encode_epoch,
    encode_epoch_text,
    encode_iso8601,
    encode_iso8601_milliseconds,
    encode_rfc822,
)

_INTEGER = re.compile(r"[+-]?\d{1,20}", re.ASCII)
_FLOAT = re.compile(r"[+-]?(?:\d{1,400}\.?\d{0,400}|\.\d{1,400})(?:[eE][+-]?\d{1,5})?", re.ASCII)
_NUMBER_NAMES = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_RANGES = {"byte": 7, "short": 15, "integer": 31, "long": 63}
"""The bits of the whole-number types, sign excluded."""
_SHOWN = 64
_SPECIAL = re.compile('[&<>"\r\n\t\x00-\x08\x0b\x0c\x0e-\x1f\x85\u2028\ufffe\uffff]')
_ENTITIES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    **{space: f"&#x{ord(space):x};" for space in "\t\n\r\x85\u2028"},
}
_KINDS: Mapping[type, str] = {
    str: "STRING_VALUE",
    int: "NUMBER_VALUE",
    float: "NUMBER_VALUE",
    bytes: "BLOB_VALUE",
    datetime: "TIMESTAMP_VALUE",
}


# --- from text ---


def text_to_integer(text: str, kind: str = "integer") -> int:
    """Return a whole number read from text.

    Args:
        text: decimal digits with an optional sign.
        kind: the model's type, which decides on the range.

    Raises:
        MalformedRequest: the text is no whole number, or out of the type's range.
    """
    if _INTEGER.fullmatch(text):
        return checked_integer(int(text), kind)
    raise MalformedRequest(f"Invalid {kind} value: {text[:_SHOWN]}")


def text_to_long(text: str) -> int:
    """Return a 64-bit whole number read from text.

    Args:
        text: as in `text_to_integer`.
    """
    return text_to_integer(text, "long")


def text_to_float(text: str) -> float:
    """Return a number read from text; `NaN`, `Infinity` and `-Infinity` are numbers.

    Args:
        text: the text.

    Raises:
        MalformedRequest: it is no number.
    """
    special = _NUMBER_NAMES.get(text)
    if special is not None:
        return special
    if _FLOAT.fullmatch(text):
        return float(text)
    raise MalformedRequest(f"Invalid number: {text[:_SHOWN]}")


def text_to_boolean(text: str) -> bool:
    """Return a boolean read from text.

    Args:
        text: `true` or `false` in any case.

    Raises:
        MalformedRequest: it is neither.
    """
    if text == "true":
        return True
    if text == "false":
        return False
    lower = text.lower()
    if lower in {"true", "false"}:
        return lower == "true"
    raise MalformedRequest(f"Invalid boolean value: {text[:_SHOWN]}")


def text_to_blob(text: str) -> bytes:
    """Return the bytes of base64 text.

    Args:
        text: the text; white space in it is skipped.

    Raises:
        MalformedRequest: it is not base64.
    """
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise MalformedRequest("Invalid base64 value") from None


TEXT_DECODE: Mapping[str, Callable[[str], Any] | None] = {
    "string": None,
    "character": None,
    "byte": lambda text: text_to_integer(text, "byte"),
    "short": lambda text: text_to_integer(text, "short"),
    "integer": text_to_integer,
    "long": text_to_long,
    "biginteger": lambda text: text_to_integer(text, "biginteger"),
    "float": text_to_float,
    "double": text_to_float,
    "bigdecimal": text_to_float,
    "boolean": text_to_boolean,
    "blob": text_to_blob,
    "timestamp": decode_timestamp,
}
"""How each simple type is read from text; None leaves it as it is."""


# --- to text ---


def float_to_text(value: float) -> str:
    """Return a number as text, with the protocols' names for what is no number.

    Args:
        value: the number.
    """
    if math.isfinite(value):
        return repr(float(value)) if isinstance(value, float) else str(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def boolean_to_text(value: object) -> str:
    """Return `true` or `false`.

    Args:
        value: taken by its truth.
    """
    return "true" if value else "false"


def blob_to_text(value: bytes | str) -> str:
    """Return bytes as base64 text.

    Args:
        value: bytes, or text that stands for its UTF-8 form.
    """
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode("ascii")


def escape(text: str) -> str:
    """Return text as XML content or attribute value.

    Args:
        text: the text; characters that XML cannot carry literally become character references, as AWS writes them.
    """
    # Several plain look-ups are faster than one expression, and most text has nothing to escape.
    if "&" not in text and "<" not in text and '"' not in text and ">" not in text and text.isprintable():
        return text
    if text.isprintable():
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return _SPECIAL.sub(_reference, text)


def _reference(match: re.Match[str]) -> str:
    character = match[0]
    # XML 1.0 has no way at all to write the other control characters: parsers refuse even references to them.
    return _ENTITIES.get(character, "\N{REPLACEMENT CHARACTER}")


TEXT_ENCODE: Mapping[str, Callable[[Any], str]] = {
    "string": str,
    "character": str,
    "byte": str,
    "short": str,
    "integer": str,
    "long": str,
    "biginteger": str,
    "float": float_to_text,
    "double": float_to_text,
    "bigdecimal": str,
    "boolean": boolean_to_text,
    "blob": blob_to_text,
}
"""How each simple type but timestamps is written as text."""

TIMESTAMP_TEXT: Mapping[str, Callable[[Any], str]] = {
    "iso8601": encode_iso8601,
    "iso8601-milliseconds": encode_iso8601_milliseconds,
    "rfc822": encode_rfc822,
    "unixTimestamp": encode_epoch_text,
}
"""How a timestamp is written as text, by format."""


# --- JSON and CBOR values ---


def mismatch(value: object, wanted: str) -> NoReturn:
    """Refuse a JSON or CBOR value of the wrong type.

    Args:
        value: the value.
        wanted: what belongs in its place, with its article (`an Integer`).

    Raises:
        MalformedRequest: always.
    """
    if isinstance(value, dict):
        raise MalformedRequest("Start of structure or map found where not expected.")
    if isinstance(value, list):
        raise MalformedRequest("Start of list found where not expected.")
    if isinstance(value, bool):
        kind = "TRUE_VALUE" if value else "FALSE_VALUE"
    else:
        kind = _KINDS.get(type(value), "NULL_VALUE" if value is None else "VALUE")
    raise MalformedRequest(f"{kind} can not be converted to {wanted}")


def checked_integer(value: int, kind: str) -> int:
    """Return a whole number that is in its type's range.

    Args:
        value: the number.
        kind: the model's type.

    Raises:
        MalformedRequest: it is out of range.
    """
    bits = _RANGES.get(kind)
    if bits is not None and not -(1 << bits) <= value < 1 << bits:
        raise MalformedRequest(f"Numeric value ({str(value)[:_SHOWN]}) out of range of {kind}")
    return value


def to_string(value: object) -> str:
    """Return a JSON or CBOR value that must be text.

    Args:
        value: the value.
    """
    return value if isinstance(value, str) else mismatch(value, "a String")


def to_integer(value: object, kind: str = "integer") -> int:
    """Return a JSON or CBOR value that must be a whole number; `3.0` is one.

    Args:
        value: the value.
        kind: the model's type.
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        mismatch(value, "a Long" if kind == "long" else "an Integer")
    return checked_integer(value, kind)


def to_long(value: object) -> int:
    """Return a JSON or CBOR value that must be a 64-bit whole number.

    Args:
        value: the value.
    """
    return to_integer(value, "long")


def to_float(value: object) -> float:
    """Return a JSON or CBOR value that must be a number, or the name of one that JSON cannot write.

    Args:
        value: the value.
    """
    if isinstance(value, str) and value in _NUMBER_NAMES:
        return _NUMBER_NAMES[value]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        mismatch(value, "a Double")
    try:
        return float(value)
    except OverflowError:
        raise MalformedRequest("Numeric value out of range of double") from None


def to_boolean(value: object) -> bool:
    """Return a JSON or CBOR value that must be a boolean.

    Args:
        value: the value.
    """
    return value if isinstance(value, bool) else mismatch(value, "a Boolean")


def to_blob(value: object) -> bytes:
    """Return the bytes of a JSON value.

    Args:
        value: base64 text.
    """
    return text_to_blob(value) if isinstance(value, str) else mismatch(value, "a Blob")


def to_bytes(value: object) -> bytes:
    """Return a CBOR value that must be bytes.

    Args:
        value: the value.
    """
    return value if isinstance(value, bytes) else mismatch(value, "a Blob")


def to_timestamp(value: object) -> datetime:
    """Return the time of a JSON value.

    Args:
        value: seconds since the epoch, or text in one of the other formats.
    """
    if isinstance(value, str):
        return decode_timestamp(value)
    return decode_epoch(_finite(value))


def to_tagged_time(value: object) -> datetime:
    """Return the time of a CBOR value.

    Args:
        value: what tag 1 was decoded to; a bare number counts too.
    """
    return value if isinstance(value, datetime) else decode_epoch(_finite(value))


def _finite(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        mismatch(value, "a Timestamp")
    return value


def float_to_json(value: float) -> float | str:
    """Return a number as JSON can carry it.

    Args:
        value: the number.
    """
    return value if math.isfinite(value) else float_to_text(value)


def timestamp_to_json(value: datetime | float) -> float:
    """Return a time as a JSON number.

    Args:
        value: an aware datetime or seconds since the epoch.
    """
    return encode_epoch(value)
