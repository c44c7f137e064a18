"""Random ids, and accounts read back from keys."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudward.ids import access_key_id, account_of_key, request_id, secret_access_key, unique_id

accounts = st.integers(0, 10**12 - 1).map(lambda number: f"{number:012d}")


@given(accounts, st.sampled_from(["AKIA", "ASIA", "LKIA", "LSIA"]))
def test_a_key_encodes_its_account(account: str, prefix: str) -> None:
    key = access_key_id(prefix, account)
    assert re.fullmatch(f"{prefix}[A-Z2-7]{{16}}", key)
    assert account_of_key(key) == account


def test_aws_own_encoding_is_read() -> None:
    # The example of "A short note on AWS KEY ID", whose account AWS's GetAccessKeyInfo confirms.
    assert account_of_key("ASIAQNZGKIQY56JQ7WML") == "029608264753"


@given(st.text(max_size=40))
def test_any_other_text_is_no_account(text: str) -> None:
    found = account_of_key(text)
    assert found is None or re.fullmatch("[0-9]{12}", found)


@pytest.mark.parametrize("key", ["", "test", "AKIAIOSFODNN7EXAMPLE", "12345678901", "AKIA0000000000000000"])
def test_keys_that_encode_no_account(key: str) -> None:
    assert account_of_key(key) is None


def test_a_12_digit_key_is_the_account_itself() -> None:
    assert account_of_key("123456789012") == "123456789012"


def test_forms() -> None:
    assert re.fullmatch("AIDA[A-Z2-7]{17}", unique_id("AIDA"))
    assert re.fullmatch("[A-Za-z0-9+/]{40}", secret_access_key())
    assert re.fullmatch("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", request_id())
    assert len({unique_id("AIDA") for _ in range(1000)}) == 1000
