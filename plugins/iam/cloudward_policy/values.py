"""How the strings of policies and request contexts become numbers, dates, addresses, booleans and bytes.

Each reader answers None for what it cannot read, so that one bad value neither matches nor raises.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")
_EPOCH = re.compile(r"-?[0-9]{5,15}(?:\.[0-9]{1,9})?")
_DATE = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})"
    r"(?:T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?)?)?)?"
)
_CIDR = re.compile(r"[0-9A-Fa-f:.]{2,45}(?:/[0-9]{1,3})?")
_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)


def read_number(text: str) -> Decimal | None:
    """Read an integer or decimal number."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def read_date(text: str) -> Decimal | None:
    """Read a date in one of the W3C's ISO 8601 forms, or in epoch seconds.

    Returns:
        Seconds since 1970-01-01T00:00:00Z.  Source: IAM User Guide, "Date condition operators".
    """
    if _EPOCH.fullmatch(text):
        return Decimal(text)
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    zone = match["zone"]
    offset = timedelta()
    if zone and zone != "Z":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:])) * (-1 if zone[0] == "-" else 1)
    try:
        moment = datetime(
            int(match["year"]),
            int(match["month"] or 1),
            int(match["day"] or 1),
            int(match["hour"] or 0),
            int(match["minute"] or 0),
            int(match["second"] or 0),
            tzinfo=timezone(offset),
        )
    except ValueError:
        return None
    span = moment - _EPOCH_START
    return Decimal(span.days * 86400 + span.seconds) + Decimal("0." + (match["fraction"] or "0"))


def read_boolean(text: str) -> bool | None:
    """Read `true` or `false`, in any case."""
    folded = text.lower()
    return True if folded == "true" else False if folded == "false" else None


def read_network(text: str) -> IpNetwork | None:
    """Read a CIDR range or a single address as a range, IPv4 or IPv6 (RFC 4632, RFC 4291)."""
    if not _CIDR.fullmatch(text):
        return None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def read_address(text: str) -> IpAddress | None:
    """Read a single address; an IPv4 address mapped into IPv6 counts as the IPv4 address."""
    if not _CIDR.fullmatch(text):
        return None
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def read_binary(text: str) -> bytes | None:
    """Read base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
