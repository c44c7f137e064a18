from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudward_iam.crypto.password_hash import hash_password, matches
from cloudward_iam.crypto.password_rules import (
    DEFAULT_RULES,
    LOWERCASE,
    NUMBER,
    SYMBOL,
    UPPERCASE,
    PasswordRules,
    violation,
)


@pytest.mark.parametrize("password", ["Abcdefg1", "abcdef1!", "ABCDEF1!", "Abcdefg!", "Päss-word"])
def test_the_default_policy_takes_three_kinds_of_characters(password):
    assert violation(password, DEFAULT_RULES) is None


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("Abcde1!", "Password should have a minimum length of 8"),
        (
            "abcdefg1",
            f"Password should meet 1 more of the following requirements: {UPPERCASE}, {SYMBOL}",
        ),
        (
            "abcdefgh",
            f"Password should meet 2 more of the following requirements: {UPPERCASE}, {NUMBER}, {SYMBOL}",
        ),
    ],
)
def test_the_default_policy_says_what_lacks(password, message):
    assert violation(password, DEFAULT_RULES) == message


def test_a_password_may_not_be_a_forbidden_text():
    assert violation("123456789012aB", DEFAULT_RULES, forbidden=("123456789012aB",)) is not None


@pytest.mark.parametrize(
    ("kind", "password"), [(UPPERCASE, "abc1!"), (LOWERCASE, "ABC1!"), (NUMBER, "Abc!!"), (SYMBOL, "Abc12 ä")]
)
def test_each_required_kind_is_asked_for(kind, password):
    assert violation(password, PasswordRules(minimum_length=1, required=(kind,))) == kind
    assert violation("Aa1!", PasswordRules(minimum_length=1, required=(kind,))) is None


@settings(max_examples=25)
@given(st.text(min_size=1, max_size=128), st.text(min_size=1, max_size=128))
def test_a_hash_matches_its_password_only(password, other):
    hashed = hash_password(password, 2)
    assert matches(password, hashed)
    assert matches(other, hashed) == (other == password)
    assert password not in hashed or len(password) < 4


def test_equal_passwords_have_different_hashes():
    assert hash_password("same", 2) != hash_password("same", 2)
