"""A JSON reader that remembers where everything stands.

The standard library's reader forgets positions, keeps only the last of two equal keys and recurses.  This one keeps
offsets and duplicates, works with an explicit stack and takes time linear in the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]  # public but absent from typeshed
from typing import Literal

from cloudward_policy.types import Position

MAX_DEPTH = 64
"""How deeply values may nest; a whole policy needs seven levels."""

JsonKind = Literal["object", "array", "string", "number", "boolean", "null"]

_SPACE = re.compile(r"[ \t\n\r]*")
_PLAIN_STRING = re.compile(r'"([^"\\\x00-\x1f]*)"')
_SCALAR = re.compile(r"(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)|(?P<word>true|false|null)")
_NEWLINE = re.compile(r"\n")


class PolicySyntaxError(ValueError):
    """The text is not JSON.

    Attributes:
        message: what is wrong.
        position: where.
    """

    def __init__(self, message: str, position: Position) -> None:
        super().__init__(f"{message} (line {position.line}, column {position.column})")
        self.message = message
        self.position = position


class Lines:
    """Turns offsets of a text into lines and columns."""

    __slots__ = ("_starts",)

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in _NEWLINE.finditer(text))]

    def position(self, offset: int) -> Position:
        """Return the line and column, counted from 1, of the character at `offset`."""
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)


class JsonNode:
    """A JSON value with the offsets of its first character and of the one after its last.

    Attributes:
        kind: the JSON type.
        text: a string's decoded content, or a number, boolean or null as written.
        items: an array's values.
        members: an object's pairs in order, duplicates included.
        start: offset of the first character.
        end: offset after the last character.
    """

    __slots__ = ("end", "items", "kind", "members", "start", "text")

    def __init__(self, kind: JsonKind, start: int, end: int = -1, text: str = "") -> None:
        self.kind: JsonKind = kind
        self.start = start
        self.end = end
        self.text = text
        self.items: list[JsonNode] = []
        self.members: list[tuple[JsonNode, JsonNode]] = []


class _Reader:
    """One pass over one text."""

    __slots__ = ("lines", "text")

    def __init__(self, text: str, lines: Lines) -> None:
        self.text = text
        self.lines = lines

    def fail(self, message: str, offset: int) -> PolicySyntaxError:
        return PolicySyntaxError(message, self.lines.position(offset))

    def skip(self, offset: int) -> int:
        match = _SPACE.match(self.text, offset)
        return match.end() if match else offset

    def string(self, offset: int) -> JsonNode:
        plain = _PLAIN_STRING.match(self.text, offset)
        if plain is not None:
            return JsonNode("string", offset, plain.end(), plain.group(1))
        try:
            value, end = scanstring(self.text, offset + 1, True)
        except JSONDecodeError as error:
            raise self.fail(error.msg, min(error.pos, len(self.text))) from None
        return JsonNode("string", offset, end, value)

    def scalar(self, offset: int) -> JsonNode:
        if self.text.startswith('"', offset):
            return self.string(offset)
        match = _SCALAR.match(self.text, offset)
        if match is None:
            raise self.fail("Expected a value" if offset < len(self.text) else "Unexpected end", offset)
        word = match.group("word")
        kind: JsonKind = "number" if word is None else "null" if word == "null" else "boolean"
        return JsonNode(kind, offset, match.end(), match.group())

    def key(self, offset: int) -> tuple[JsonNode, int]:
        """Read a member's name and colon; return it and the offset of the value."""
        if not self.text.startswith('"', offset):
            raise self.fail("Expected a property name in double quotes", offset)
        name = self.string(offset)
        offset = self.skip(name.end)
        if not self.text.startswith(":", offset):
            raise self.fail("Expected ':'", offset)
        return name, self.skip(offset + 1)

    def read(self) -> JsonNode:
        text = self.text
        open_nodes: list[JsonNode] = []
        names: list[JsonNode | None] = []
        name: JsonNode | None = None
        offset = self.skip(0)
        while True:
            mark = text[offset : offset + 1]
            node: JsonNode
            if mark in ("{", "["):
                if len(open_nodes) >= MAX_DEPTH:
                    raise self.fail(f"Values are nested more than {MAX_DEPTH} levels deep", offset)
                node = JsonNode("object" if mark == "{" else "array", offset)
                inside = self.skip(offset + 1)
                if not text.startswith("}" if mark == "{" else "]", inside):
                    open_nodes.append(node)
                    names.append(name)
                    name = None
                    offset = inside
                    if mark == "{":
                        name, offset = self.key(inside)
                    continue
                node.end = inside + 1
            else:
                node = self.scalar(offset)
            # A value is complete: hand it to what holds it, and close whatever ends here.
            while open_nodes:
                holder = open_nodes[-1]
                if name is not None:
                    holder.members.append((name, node))
                else:
                    holder.items.append(node)
                offset = self.skip(node.end)
                mark = text[offset : offset + 1]
                closing = "}" if holder.kind == "object" else "]"
                if mark == ",":
                    offset = self.skip(offset + 1)
                    if holder.kind == "object":
                        name, offset = self.key(offset)
                    break
                if mark != closing:
                    raise self.fail(f"Expected ',' or '{closing}'" if mark else "Unexpected end", offset)
                holder.end = offset + 1
                node = open_nodes.pop()
                name = names.pop()
            else:
                offset = self.skip(node.end)
                if offset != len(text):
                    raise self.fail("Unexpected text after the end", offset)
                return node


def read_json(text: str) -> tuple[JsonNode, Lines]:
    """Read a JSON text.

    Args:
        text: the whole text.

    Returns:
        The outermost value, and the means to turn its offsets into positions.

    Raises:
        PolicySyntaxError: the text is not JSON (RFC 8259), or nests too deeply.
    """
    lines = Lines(text)
    return _Reader(text, lines).read(), lines
