from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudward_iam.crypto import totp

RFC_SEED = b"12345678901234567890"


@pytest.mark.parametrize(
    ("counter", "expected"),
    list(
        enumerate(["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"])
    ),
)
def test_codes_are_those_of_rfc_4226_appendix_d(counter, expected):
    assert totp.code(RFC_SEED, counter) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238_appendix_b(seconds, expected):
    assert totp.code(RFC_SEED, totp.counter_at(seconds)) == expected


@given(st.binary(min_size=1, max_size=64))
def test_a_seed_survives_its_text_however_it_is_typed(seed):
    text = totp.encode_seed(seed)
    spaced = "-".join(text[at : at + 4] for at in range(0, len(text), 4)).lower().rstrip("=")
    assert totp.decode_seed(text) == seed
    assert totp.decode_seed(spaced) == seed


@pytest.mark.parametrize("text", ["", "====", "ABC1", "ä"])
def test_what_is_no_base_32_is_refused(text):
    with pytest.raises(ValueError, match="base-32"):
        totp.decode_seed(text)


def test_an_aws_seed_is_64_characters_without_padding():
    assert len(totp.encode_seed(bytes(totp.SEED_BYTES))) == 64


@given(st.binary(min_size=20, max_size=20), st.integers(300, 10**9), st.integers(-10, 10))
def test_two_consecutive_codes_tell_the_drift(seed, now, drift):
    first, second = totp.code(seed, now + drift - 1), totp.code(seed, now + drift)
    found = totp.pair(seed, first, second, counter=now, window=10)
    assert found is not None
    assert totp.code(seed, found) == second
    assert totp.code(seed, found - 1) == first


def test_codes_that_are_not_consecutive_or_far_off_are_refused():
    a, b, c = (totp.code(RFC_SEED, n) for n in (1000, 1001, 1002))
    assert totp.pair(RFC_SEED, a, b, counter=1001, window=10) == 1001
    assert totp.pair(RFC_SEED, a, c, counter=1001, window=10) is None
    assert totp.pair(RFC_SEED, b, a, counter=1001, window=10) is None
    assert totp.pair(RFC_SEED, a, a, counter=1001, window=10) is None
    assert totp.pair(RFC_SEED, a, b, counter=1020, window=10) is None


def test_a_pair_is_not_accepted_after_one_of_its_codes_was_used():
    a, b = (totp.code(RFC_SEED, n) for n in (1000, 1001))
    assert totp.pair(RFC_SEED, a, b, counter=1001, window=10, after=999) == 1001
    assert totp.pair(RFC_SEED, a, b, counter=1001, window=10, after=1000) is None


def test_a_code_is_accepted_once_and_one_step_around():
    given_code = totp.code(RFC_SEED, 500)
    for now in (499, 500, 501):
        assert totp.single(RFC_SEED, given_code, counter=now) == 500
    assert totp.single(RFC_SEED, given_code, counter=502) is None
    assert totp.single(RFC_SEED, given_code, counter=500, after=500) is None


def test_a_clock_before_1970_accepts_nothing():
    assert totp.single(RFC_SEED, "", counter=-5) is None


def test_the_qr_code_is_a_png_of_the_uri_that_aws_documents():
    uri = totp.otpauth_uri("my device", "123456789012", "ABCDEFGH")
    assert uri == "otpauth://totp/my%20device@123456789012?secret=ABCDEFGH"
    assert totp.qr_code_png(uri).startswith(b"\x89PNG\r\n\x1a\n")
