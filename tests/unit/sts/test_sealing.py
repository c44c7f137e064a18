"""Sealed texts: what was sealed comes back, and nothing else is accepted."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudward_sts.sealing import ForgedText, Purpose, Sealer

SEALER = Sealer(bytes(range(32)))
PURPOSES = st.sampled_from(Purpose)


@given(content=st.binary(max_size=3000), purpose=PURPOSES, smallest=st.integers(0, 4096))
def test_what_was_sealed_comes_back(content: bytes, purpose: Purpose, smallest: int) -> None:
    text = SEALER.seal(purpose, content, smallest)
    assert len(text) >= smallest
    assert SEALER.open(purpose, text) == content


@given(content=st.binary(max_size=200), data=st.data())
def test_one_changed_bit_is_refused(content: bytes, data: st.DataObject) -> None:
    sealed = base64.b64decode(SEALER.seal(Purpose.SESSION, content))
    at = data.draw(st.integers(0, len(sealed) - 1))
    changed = bytearray(sealed)
    changed[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(ForgedText):
        SEALER.open(Purpose.SESSION, base64.b64encode(changed).decode())


@given(content=st.binary(max_size=200), data=st.data())
def test_one_changed_character_is_refused(content: bytes, data: st.DataObject) -> None:
    text = SEALER.seal(Purpose.SESSION, content)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda character: character != text[at]))
    for changed in (text[:at] + other + text[at + 1 :], text[:at] + text[at + 1 :], text + other, other + text):
        with pytest.raises(ForgedText):
            SEALER.open(Purpose.SESSION, changed)


@given(text=st.text(max_size=300))
def test_made_up_texts_are_refused(text: str) -> None:
    with pytest.raises(ForgedText):
        SEALER.open(Purpose.SESSION, text)


@given(content=st.binary(max_size=100), purpose=PURPOSES, other=PURPOSES)
def test_a_text_is_for_one_purpose(content: bytes, purpose: Purpose, other: Purpose) -> None:
    text = SEALER.seal(purpose, content)
    if purpose is not other:
        with pytest.raises(ForgedText):
            SEALER.open(other, text)


def test_another_key_does_not_open() -> None:
    with pytest.raises(ForgedText):
        Sealer(bytes(32)).open(Purpose.SESSION, SEALER.seal(Purpose.SESSION, b"x"))


def test_nothing_of_the_content_shows_and_no_two_texts_are_alike() -> None:
    texts = [SEALER.seal(Purpose.SESSION, b"secret" * 20) for _ in range(3)]
    assert len(set(texts)) == 3
    assert all(b"secret" not in base64.b64decode(text) for text in texts)
