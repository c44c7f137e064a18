from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudward_policy.arns import compile_arn_tokens, compile_resource_tokens
from cloudward_policy.globs import Wildcard, compile_fields, compile_glob, tokenize


def naive(pattern: str, text: str) -> bool:
    """The definition, by dynamic programming over both."""
    reach = {0}
    for character in pattern:
        if character == "*":
            reach = set(range(min(reach), len(text) + 1)) if reach else set()
        else:
            reach = {at + 1 for at in reach if at < len(text) and character in ("?", text[at])}
    return len(text) in reach


PATTERN = st.text(alphabet="ab*?:", max_size=9)
TEXT = st.text(alphabet="ab:", max_size=12)


@given(PATTERN, TEXT)
def test_globs_match_by_their_definition(pattern: str, text: str):
    assert compile_glob(pattern)(text) is naive(pattern, text)


@given(PATTERN, TEXT)
def test_the_automaton_matches_as_the_chunks_do(pattern: str, text: str):
    assert compile_fields(tokenize(pattern))(text) is naive(pattern, text)


@given(PATTERN, TEXT)
def test_wildcards_in_a_field_match_no_colon(pattern: str, text: str):
    inner = {Wildcard.ANY_TEXT: Wildcard.TEXT_IN_FIELD, Wildcard.ANY_CHARACTER: Wildcard.CHARACTER_IN_FIELD}
    tokens = [token if isinstance(token, str) else inner[token] for token in tokenize(pattern)]
    patterns, texts = pattern.split(":"), text.split(":")
    expected = len(patterns) == len(texts) and all(map(naive, patterns, texts))
    assert compile_fields(tokens)(text) is expected


@pytest.mark.parametrize("pattern", ["*a" * 50 + "*b*ab", "*a?" * 50 + "b", "a*?" * 50 + "b", "*" * 5000 + "b"])
def test_many_stars_do_not_backtrack(pattern: str):
    # A backtracking matcher would not come back from this within a lifetime.
    assert compile_glob(pattern)("a" * 50_000 + "c") is False
    assert compile_fields(tokenize(pattern))("a" * 5_000 + "c") is False


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        ("*", "anything", True),
        ("arn:aws:s3:::reports", "arn:aws:s3:::reports", True),
        ("arn:aws:s3:::reports", "arn:aws:s3:::Reports", False),
        ("arn:aws:s3:::reports/*", "arn:aws:s3:::reports/a/b:c", True),
        ("arn:aws:s3:::*/b", "arn:aws:s3:::reports:a/b", True),
        ("arn:aws:sqs:*:111111111111:q", "arn:aws:sqs:us-east-1:111111111111:q", True),
        ("arn:aws:sqs:us-*-1:1:q", "arn:aws:sqs:us-east-1:1:q", True),
        # Inside a field a wildcard stays there; at its end it may reach beyond.
        ("arn:aws:sqs:us-*-1:1:q", "arn:aws:sqs:us-x:y-1:1:q", False),
        ("arn:aws:sqs:us-e?st-1:1:q", "arn:aws:sqs:us-east-1:1:q", True),
        ("arn:aws:sqs:us-east?1:1:q", "arn:aws:sqs:us-east:1:1:q", False),
        ("arn:aws:sqs:us-*:1:q", "arn:aws:sqs:us-east-1:2:x:1:q", True),
        ("arn:*:s3:::reports", "arn:aws-cn:s3:::reports", True),
        ("arn:aws:s3:::reports", "reports", False),
    ],
)
def test_resource_patterns(pattern: str, resource: str, expected: bool):
    matcher = compile_resource_tokens(tokenize(pattern))
    assert matcher is not None
    assert matcher(resource) is expected


@pytest.mark.parametrize("pattern", ["reports", "arn:aws:s3", "ar*", "?", "Arn:aws:s3:::x"])
def test_what_is_no_arn_is_no_resource_pattern(pattern: str):
    assert compile_resource_tokens(tokenize(pattern)) is None
    assert compile_arn_tokens(tokenize(pattern)) is None


@pytest.mark.parametrize(
    ("pattern", "arn", "expected"),
    [
        ("arn:aws:iam::*:role/*", "arn:aws:iam::111111111111:role/a/b", True),
        ("arn:aws:iam::1*:role/x", "arn:aws:iam::1:y:role/x", False),
        ("arn:*:*:*:*:*", "arn:aws:iam::1:user/x", True),
        ("arn:*:*:*:*:*", "not an arn", False),
        ("*", "arn:aws:iam::1:user/x", True),
        ("*", "bob", False),
    ],
)
def test_arn_conditions_match_field_by_field(pattern: str, arn: str, expected: bool):
    matcher = compile_arn_tokens(tokenize(pattern))
    assert matcher is not None
    assert matcher(arn) is expected
