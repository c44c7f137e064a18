"""Simple values, timestamps and bodies on their own."""

from __future__ import annotations

import contextlib
import gzip
import math
from datetime import UTC, datetime, timedelta, timezone
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudward.errors import MalformedRequest, RequestTooLarge
from cloudward.protocols import WireRequest, timestamps, values
from cloudward.protocols.bodies import gunzip, with_plain_body
from cloudward.protocols.xml_decode import parse_xml

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIMES = st.integers(0, 250_000_000_000_000).map(lambda ms: _EPOCH + timedelta(milliseconds=ms))


@given(_TIMES)
def test_every_format_of_a_time_is_read_back(time: datetime) -> None:
    whole = time.replace(microsecond=0)
    assert timestamps.decode_timestamp(timestamps.encode_iso8601(time)) == time
    assert timestamps.decode_timestamp(timestamps.encode_iso8601_milliseconds(time)) == time
    assert timestamps.decode_timestamp(timestamps.encode_rfc822(time)) == whole
    assert abs(timestamps.decode_timestamp(timestamps.encode_epoch_text(time)) - time) < timedelta(milliseconds=1)


def test_times_of_other_zones_are_told_in_utc() -> None:
    time = datetime(2026, 1, 31, 14, tzinfo=timezone(timedelta(hours=2)))
    assert timestamps.encode_iso8601(time) == "2026-01-31T12:00:00Z"
    assert timestamps.encode_iso8601(datetime(2026, 1, 31, 12)) == "2026-01-31T12:00:00Z"  # noqa: DTZ001 - meant
    assert timestamps.encode_iso8601_milliseconds(time) == "2026-01-31T12:00:00.000Z"
    assert timestamps.encode_epoch(time) == 1769860800


def test_eight_digits_are_seconds() -> None:
    assert timestamps.decode_timestamp("56128075") == _EPOCH + timedelta(seconds=56128075)


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    with contextlib.suppress(MalformedRequest):
        assert timestamps.decode_timestamp(text).tzinfo is not None


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    for read in (values.text_to_integer, values.text_to_float, values.text_to_boolean, values.text_to_blob):
        with contextlib.suppress(MalformedRequest):
            read(text)


@pytest.mark.parametrize("text", ["1_000", " 1", "1.0", "", "0x10", "١", "2147483648", "-2147483649", "NaN", "1e3"])
def test_what_is_no_32_bit_whole_number_is_refused(text: str) -> None:
    with pytest.raises(MalformedRequest):
        values.text_to_integer(text)


@pytest.mark.parametrize("value", ["1", True, 1.5, math.nan, math.inf, 2**31, None, [], {}])
def test_json_values_of_another_type_are_no_whole_numbers(value: object) -> None:
    with pytest.raises(MalformedRequest):
        values.to_integer(value)


def test_aws_names_what_it_met() -> None:
    with pytest.raises(MalformedRequest, match=r"^STRING_VALUE can not be converted to an Integer$"):
        values.to_integer("1")
    with pytest.raises(MalformedRequest, match=r"^NUMBER_VALUE can not be converted to a String$"):
        values.to_string(1)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=40))
def test_escaped_text_is_read_back_by_an_xml_parser(text: str) -> None:
    assert (ET.fromstring(f'<a b="{values.escape(text)}">{values.escape(text)}</a>').text or "") == text


def test_line_ends_survive_xml() -> None:
    assert ET.fromstring("<a>" + values.escape("a\r\n\tb") + "</a>").text == "a\r\n\tb"


def _gzipped(body: bytes) -> WireRequest:
    return WireRequest("POST", "/", "", [("content-encoding", "gzip")], body)


@given(st.binary(max_size=2000))
def test_compressed_bodies_are_undone(body: bytes) -> None:
    assert with_plain_body(_gzipped(gzip.compress(body, mtime=0))).body == body
    assert gunzip(gzip.compress(body, mtime=0) + gzip.compress(b"x")) == body + b"x"


@pytest.mark.parametrize("body", [b"plain", gzip.compress(b"a" * 100, mtime=0)[:-9], b"\x1f\x8b"])
def test_what_is_not_gzip_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        with_plain_body(_gzipped(body))


def test_a_compressed_bomb_is_refused() -> None:
    with pytest.raises(RequestTooLarge):
        gunzip(gzip.compress(b"\0" * 5_000_000, mtime=0), limit=1_000_000)


@pytest.mark.parametrize(
    "document",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode("utf-16"),
        b"<a>&b;</a>",
        b"<a>" * 5000 + b"</a>" * 5000,
        b"<a>",
        b"<a/><b/>",
        b"",
        b"\xff\xfe",
        b"<a>\xff</a>",
        b"<a b='1' b='2'/>",
        b'<?xml version="1.0" encoding="nonsense"?><a>\xc3</a>',
    ],
)
def test_dangerous_and_broken_xml_is_refused(document: bytes) -> None:
    with pytest.raises(MalformedRequest):
        parse_xml(document)


def test_text_that_looks_like_a_document_type_is_text() -> None:
    assert parse_xml(b"<a><![CDATA[<!DOCTYPE b>]]></a>").text == "<!DOCTYPE b>"


@pytest.mark.parametrize("character", ["\x00", "\x08", "\x1f", "\uffff"])
def test_characters_that_xml_cannot_carry_are_replaced(character: str) -> None:
    assert ET.fromstring("<a>" + values.escape(f"x{character}y") + "</a>").text == "x\ufffdy"
