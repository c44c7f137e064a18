"""Model patterns: all of them compile, the fast way and the thorough one agree, and none takes long."""

from __future__ import annotations

import random  # noqa: TID251 - seeded values, no ids
import time

import pytest

from cloudward.errors import ValidationError
from cloudward.protocols.patterns import _REPLACED, _bounded, matcher, to_python
from tests.protocols.oracle import _document, service_names


def _patterns(services: list[str]) -> set[str]:
    return {shape["pattern"] for name in services for shape in _document(name)["shapes"].values() if "pattern" in shape}


def _check(services: list[str]) -> None:
    chooser = random.Random(1)
    for pattern in _patterns(services):
        matches = matcher(pattern)
        thorough = _bounded(to_python(_REPLACED.get(pattern, pattern)))
        letters = "".join(char for char in pattern if char.isascii() and char.isprintable()) + "aZ09 -_:/"
        for _ in range(12):
            text = "".join(chooser.choice(letters) for _ in range(chooser.randint(0, 8)))
            assert bool(matches(text)) is bool(thorough(text)), (pattern, text)
        matches("é日本😀")


def test_patterns_of_a_sample_compile_and_agree() -> None:
    _check(["iam", "sts", *random.Random(2).sample(service_names(), 40)])


@pytest.mark.long
def test_all_patterns_compile_and_agree() -> None:
    _check(service_names())


@pytest.mark.parametrize(
    ("pattern", "right", "wrong"),
    [
        (r"[\w+=,.@-]+", "a+b@c", "é"),
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "Ünï 日本 1", "a;b"),
        (r"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$", "ab-c", "a--b"),
        (r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)", "/a/b/", "/a b/"),
        (r"[\p{Print}&&[^|:/]]+", "plan one", "a|b"),
        (r"^(?i)(true|false)$", "TRUE", "truly"),
        (r"[a-zA-Z0-9\s-_]+", "a-b c_", "a.b"),
        (r"\p{XDigit}{8}", "0aF09bcd", "0aF09bcg"),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", "text 😀", "a\nb"),
        (r"\A[a-z]+\z", "abc", "abc\n"),
    ],
)
def test_javas_notation_means_what_it_means_in_java(pattern: str, right: str, wrong: str) -> None:
    assert matcher(pattern)(right)
    assert not matcher(pattern)(wrong)


@pytest.mark.parametrize("pattern", [r"(a+)+b", r"^(([a-z])+.)+[A-Z]([a-z])+$", r".*.*.*.*x", r"(.*a){20}"])
def test_a_pattern_that_explodes_is_given_up(pattern: str) -> None:
    started = time.process_time()
    try:
        refused = not matcher(pattern)("a" * 5000 + "!")
    except ValidationError:
        refused = True
    assert refused
    assert time.process_time() - started < 2
