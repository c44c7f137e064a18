r"""The models' regular expressions: written for Java, matched here as AWS matches them, in bounded time.

A pattern has to match the whole value.  Java's `\w`, `\d`, `\s` and POSIX classes are ASCII; `\p{L}` and the like are
Unicode.  Patterns with one repeat, by far the most, and short ASCII text with patterns of two go to `re`, which matches
them in linear and quadratic time; everything else goes to `regex`, which knows Unicode classes and stops after a set
time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from cloudward.errors import ValidationError

Matcher = Callable[[str], object]
"""Returns something true where a value matches; raises `ValidationError` where that cannot be told in time."""

_TIMEOUT = 0.05  # seconds; an honest match takes microseconds
_QUADRATIC = 2  # repeats in combination: effort that grows with the square of the length
_NESTED = 99
_SHORT = 1024  # characters that a pattern of quadratic effort may be tried on without a clock

_ESCAPE = re.compile(r"\\(?:[uU][0-9a-fA-F]{4,8}|x[0-9a-fA-F]{2}|[pP]\{\^?\w+\}|.)", re.DOTALL)
_CLASS = re.compile(r"\[\^?\]?[^\]]*\]")
_REPEAT = re.compile(r"[*+]|\{\d+,\d*\}")
_REPEATED_GROUP = re.compile(r"\)(?:[*+]|\{)")

_SHORTHANDS = {"w": "a-zA-Z0-9_", "d": "0-9", "s": r"\t\n\x0b\f\r "}

_CLASSES = {
    "Alnum": "a-zA-Z0-9",
    "Alpha": "a-zA-Z",
    "ASCII": r"\x00-\x7f",
    "Blank": r" \t",
    "Cntrl": r"\x00-\x1f\x7f",
    "Digit": "0-9",
    "Graph": "!-~",
    "IsAlphabetic": r"\p{Alphabetic}",
    "IsWhitespace": r"\p{White_Space}",
    "LD": r"\p{L}\p{Nd}",
    "Lower": "a-z",
    "Print": " -~",
    "Punct": r"!-/:-@\[-`{-~",
    "Space": r"\t\n\x0b\f\r ",
    "Upper": "A-Z",
    "XDigit": "0-9a-fA-F",
    "all": r"\x00-\U0010ffff",
}
"""Java's named classes as the inside of a character class."""

_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"
"""Every character beyond the basic plane, as Java writes the range in UTF-16."""

_REPLACED = {
    # "${m,n}" and "$}" stand for a count that slid behind the anchor when the model was made.
    r"^[-_a-zA-Z0-9]*${2,64}$": r"[-_a-zA-Z0-9]*",
    r"[^-A-Za-z0-9+/=]|=[^=]|={3,}${1,4096}": r"[-A-Za-z0-9+/=\s]*",
    r"([\p{L}\p{Z}\p{N}_.:\/=+\-@]*)${1,128}": r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*",
    r"([\p{L}\p{Z}\p{N}_.:\/=+\-@]*)${1,256}": r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*",
    r"\P{C}*$}": r"\P{C}*",
    # Java repeats a repeat; nothing else does.
    r"^arn:\S+:rbin:[a-z\-0-9]{0,63}:[0-9]{12}:rule/[0-9a-zA-Z]{11}{0,1011}$": (
        r"arn:\S+:rbin:[a-z\-0-9]{0,63}:[0-9]{12}:rule/[0-9a-zA-Z]{11}"
    ),
}
"""Patterns that no engine here compiles, or that cannot mean what they say, with what they mean."""


_ASCII = {
    "L": "a-zA-Z",
    "Lu": "A-Z",
    "Ll": "a-z",
    "M": "",
    "N": "0-9",
    "Nd": "0-9",
    "P": r"!-#%-*,-/:;?@\[-\]_{}",
    "Pc": "_",
    "Pd": r"\-",
    "S": "$+<=>^`|~",
    "Z": " ",
    "Zs": " ",
    "C": r"\x00-\x1f\x7f",
    "Cc": r"\x00-\x1f\x7f",
    "Alphabetic": "a-zA-Z",
    "White_Space": r"\t\n\x0b\f\r ",
}
"""The ASCII characters of Unicode's general categories and properties."""


@cache
def matcher(pattern: str) -> Matcher:
    """Return what tells whether a value matches a model's pattern.

    Args:
        pattern: the pattern, as in the model.
    """
    translated = to_python(_REPLACED.get(pattern, pattern))
    repeats = _variable_repeats(translated)
    if repeats > _QUADRATIC:
        return _bounded(translated)
    for_ascii = _ascii_only(translated)
    if for_ascii is None:
        return _bounded(translated)
    try:
        fast = re.compile(for_ascii).fullmatch
    except re.error:
        return _bounded(translated)
    if repeats <= 1 and for_ascii == translated:
        return fast
    slow = _bounded(translated)

    def matches(value: str) -> object:
        if value.isascii() and (repeats <= 1 or len(value) <= _SHORT):
            return fast(value)
        return slow(value)

    return matches


def _variable_repeats(pattern: str) -> int:
    """Return how many repeats a match may have to try in combination; a great number where they nest."""
    plain = _CLASS.sub("C", _ESCAPE.sub("E", pattern))
    if _REPEATED_GROUP.search(plain) or "(?<" in plain:
        return _NESTED
    return len(_REPEAT.findall(plain))


def _ascii_only(pattern: str) -> str | None:
    """Return a pattern that does the same for ASCII text, without Unicode's classes; None where there is none."""
    if "&&" in pattern:
        return None
    unknown = False

    def replaced(match: re.Match[str]) -> str:
        nonlocal unknown
        text = match[0]
        if text[1] == "P":
            unknown = True
        elif text[1] == "p":
            name = text[3:-1]
            before = _ESCAPE.sub("EE", pattern[: match.start()])
            if name not in _ASCII or before.rfind("[") <= before.rfind("]"):
                unknown = True
            return _ASCII.get(name, "")
        return text

    found = _ESCAPE.sub(replaced, pattern)
    if "||" not in pattern:
        found = found.replace("||", "|")  # what stood between is not in ASCII
    return None if unknown or "[]" in found or "[^]" in found else found


def _bounded(pattern: str) -> Matcher:
    @cache
    def compiled() -> Any:
        import regex  # most services that are used need it never

        # Java's && intersects classes; regex has that in its newer syntax, which reads other patterns otherwise.
        return regex.compile(pattern, regex.VERSION1 if "&&" in pattern else regex.VERSION0)

    def matches(value: str) -> bool:
        try:
            return compiled().fullmatch(value, timeout=_TIMEOUT) is not None
        except TimeoutError:
            # Fail closed, and at once: a request with many such values must not take many times as long.
            raise ValidationError(
                "1 validation error detected: A value failed to satisfy constraint: "
                f"Member must satisfy regular expression pattern: {pattern}"
            ) from None

    return matches


def to_python(pattern: str) -> str:
    """Return a Java pattern in the syntax of `regex`.

    Args:
        pattern: the pattern.
    """
    pattern = pattern.replace(_SURROGATES, r"\U00010000-\U0010FFFF")
    written: list[str] = []
    depth = position = 0
    while position < len(pattern):
        char = pattern[position]
        if char == "\\" and position + 1 < len(pattern):
            piece, position = _escaped(pattern, position, in_class=depth > 0)
            written.append(piece)
            continue
        if char == "[":
            depth += 1
            if depth > 1 and "&&" not in pattern:
                written.append("\\")
                depth -= 1
        elif char == "]" and depth:
            depth -= 1
        elif depth and pattern.startswith("||", position):
            position += 1  # twice the same character, which other engines may take for an operator
            continue
        elif char == "-" and depth and re.match(r"\\[wdsp]", pattern[max(0, position - 2) : position]):
            written.append("\\")  # a dash after a class is itself
        elif pattern.startswith("(?i)", position) and position:
            # Inline flags in mid-pattern hold to the end of their group.
            end = _group_end(pattern, position)
            written.append(f"(?i:{to_python(pattern[position + 4 : end])})")
            position = end
            continue
        written.append(char)
        position += 1
    return "".join(written)


def _escaped(pattern: str, position: int, *, in_class: bool) -> tuple[str, int]:
    kind = pattern[position + 1]
    if kind in _SHORTHANDS:
        inside = _SHORTHANDS[kind]
        return (inside if in_class else f"[{inside}]"), position + 2
    if kind in "WDS" and not in_class:
        return f"[^{_SHORTHANDS[kind.lower()]}]", position + 2
    if kind == "z":
        return r"\Z", position + 2
    if kind == "x" and pattern[position + 2 : position + 3] == "{":
        end = pattern.index("}", position)
        return f"\\U{int(pattern[position + 3 : end], 16):08x}", end + 1
    if kind in "pP" and pattern[position + 2 : position + 3] == "{":
        end = pattern.index("}", position)
        inside = _CLASSES.get(pattern[position + 3 : end], "")
        if not inside:
            return pattern[position : end + 1], end + 1
        negated = "^" if kind == "P" else ""
        return (inside if in_class and not negated else f"[{negated}{inside}]"), end + 1
    return pattern[position : position + 2], position + 2


def _group_end(pattern: str, position: int) -> int:
    """Return where the group that holds a position ends."""
    depth = 0
    escaped = False
    for index in range(position, len(pattern)):
        char = pattern[index]
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth < 0:
                return index
    return len(pattern)
