"""Patterns with `*` and `?`, matched in linear time.

Regular expressions made of many `.*` backtrack exponentially.  Here a pattern is cut at its stars into chunks, and the
chunks are looked for one after the other: the leftmost place that fits is always the right one.  A chunk with question
marks is looked for with a bit-parallel automaton (shift-and), so no part is ever compared twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum


class Wildcard(Enum):
    """What stands in a pattern beside literal text; those in a field match no colon."""

    ANY_TEXT = "*"
    ANY_CHARACTER = "?"
    TEXT_IN_FIELD = "*:"
    CHARACTER_IN_FIELD = "?:"

    @property
    def written(self) -> str:
        """The character that stands for it in a policy."""
        return self.value[0]


Token = str | Wildcard
"""A piece of a pattern: literal text or a wildcard."""

Matcher = Callable[[str], bool]

_WILDCARDS = {"*": Wildcard.ANY_TEXT, "?": Wildcard.ANY_CHARACTER}


def tokenize(text: str) -> list[Token]:
    """Split a pattern into literal text and wildcards."""
    tokens: list[Token] = []
    start = 0
    for index, character in enumerate(text):
        if character in _WILDCARDS:
            if start < index:
                tokens.append(text[start:index])
            tokens.append(_WILDCARDS[character])
            start = index + 1
    if start < len(text):
        tokens.append(text[start:])
    return tokens


class _Chunk:
    """Literal text with question marks: what stands between two stars."""

    __slots__ = ("_any", "_last", "_masks", "length")

    def __init__(self, tokens: Iterable[Token]) -> None:
        self._masks: dict[str, int] = {}
        self._any = 0
        bit = 1
        for token in tokens:
            if isinstance(token, str):
                for character in token:
                    self._masks[character] = self._masks.get(character, 0) | bit
                    bit <<= 1
            else:
                self._any |= bit
                bit <<= 1
        self._last = bit >> 1
        self.length = bit.bit_length() - 1
        for character in self._masks:
            self._masks[character] |= self._any

    def find(self, text: str, start: int, end: int) -> int:
        """Return where the leftmost occurrence in `text[start:end]` ends, or -1."""
        if self.length == 0:
            return start
        state = 0
        masks, wild, last = self._masks, self._any, self._last
        for index in range(start, end):
            state = (state << 1 | 1) & masks.get(text[index], wild)
            if state & last:
                return index + 1
        return -1

    def fits(self, text: str, start: int) -> bool:
        """Whether the chunk stands exactly at `start`."""
        return start >= 0 and self.find(text, start, start + self.length) == start + self.length


class _Literal:
    """A chunk without question marks."""

    __slots__ = ("length", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.length = len(text)

    def find(self, text: str, start: int, end: int) -> int:
        found = text.find(self.text, start, end)
        return found if found < 0 else found + self.length

    def fits(self, text: str, start: int) -> bool:
        return start >= 0 and text.startswith(self.text, start)


def _chunk(tokens: Sequence[Token]) -> _Chunk | _Literal:
    if all(isinstance(token, str) for token in tokens):
        return _Literal("".join(str(token) for token in tokens))
    return _Chunk(tokens)


def _always(_text: str) -> bool:
    return True


def compile_tokens(tokens: Sequence[Token]) -> Matcher:
    """Compile a tokenized pattern.

    Returns:
        A function that tells whether a whole text matches; its time is linear in the text's length.
    """
    groups: list[list[Token]] = [[]]
    for token in tokens:
        if token is Wildcard.ANY_TEXT:
            groups.append([])
        else:
            groups[-1].append(token)
    chunks = [_chunk(group) for group in groups]
    first, last = chunks[0], chunks[-1]
    if len(chunks) == 1:
        if isinstance(first, _Literal):
            literal = first.text
            return lambda text: text == literal
        return lambda text: len(text) == first.length and first.fits(text, 0)
    middle = [chunk for chunk in chunks[1:-1] if chunk.length]
    if not middle and isinstance(first, _Literal) and last.length == 0:
        prefix = first.text
        return (lambda text: text.startswith(prefix)) if prefix else _always
    shortest = first.length + last.length + sum(chunk.length for chunk in middle)

    def matches(text: str) -> bool:
        length = len(text)
        if length < shortest or not first.fits(text, 0) or not last.fits(text, length - last.length):
            return False
        offset, end = first.length, length - last.length
        for chunk in middle:
            offset = chunk.find(text, offset, end)
            if offset < 0:
                return False
        return True

    return matches


def compile_fields(tokens: Sequence[Token]) -> Matcher:
    """Compile a pattern that has wildcards which match no colon.

    Looking for the leftmost chunk would not do here, so the whole pattern is one bit-parallel automaton: bit i of the
    state says that the first i single characters of the pattern match the text so far.
    """
    masks: dict[str, int] = {}
    any_character = in_field = stay = stay_in_field = 0
    bit = 1
    for token in tokens:
        if isinstance(token, str):
            for character in token:
                masks[character] = masks.get(character, 0) | bit
                bit <<= 1
        elif token is Wildcard.ANY_TEXT:
            stay |= bit
        elif token is Wildcard.TEXT_IN_FIELD:
            stay_in_field |= bit
        else:
            any_character |= bit
            if token is Wildcard.CHARACTER_IN_FIELD:
                in_field |= bit
            bit <<= 1
    final = bit

    def matches(text: str) -> bool:
        state = 1
        for character in text:
            moving, staying = masks.get(character, 0) | any_character, stay | stay_in_field
            if character == ":":
                moving &= ~in_field
                staying = stay
            state = (state & moving) << 1 | state & staying
            if not state:
                return False
        return bool(state & final)

    return matches


def compile_glob(pattern: str) -> Matcher:
    """Compile a pattern given as text."""
    return compile_tokens(tokenize(pattern))
