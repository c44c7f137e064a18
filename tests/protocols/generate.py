"""Random values for botocore's shapes that both a client and the wire can carry unchanged."""

from __future__ import annotations

import random  # noqa: TID251 - seeded values, no ids
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.model

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXT = "abcXYZ019 -_.~/:=?&%+#'\"<>;@[]{}()|,äßñ日本語😀"
_PLAIN = "abcdefghijklmnopqrstuvwxyz0123456789-"
_HEADER = "abcXYZ019-_.~/:=?&%+#<>;@[]{}()|"
_DEEP = 4  # from here on only what is required is generated
_TOO_DEEP = 14


class Impossible(Exception):
    """No finite value can be generated, or the protocol cannot carry it."""


class Generator:
    """Generates values.

    Args:
        seed: decides on all values.
        protocol: the protocol, since some cannot carry everything.
        response: whether for outputs.
    """

    def __init__(self, seed: object, protocol: str, *, response: bool = False) -> None:
        self.random = random.Random(repr(seed))
        self.protocol = protocol
        self.response = response

    def top(self, shape: botocore.model.StructureShape | None) -> dict[str, Any]:
        """Return an input or output."""
        if shape is None:
            return {}
        value = {}
        payload = shape.serialization.get("payload")
        for name, member in shape.members.items():
            if member.serialization.get("eventstream"):
                continue
            # Blobs have a content type, which the server fills in where the output does not.
            content_type = member.serialization.get("name", "").lower() == "content-type"
            needed = name in shape.required_members or name == payload or member.serialization.get("hostLabel")
            # botocore reads these whether they were written or not.
            needed = needed or content_type or member.serialization.get("location") in {"statusCode", "headers"}
            if needed or self.random.random() < 0.6:
                try:
                    item = self.value(member, 1)
                except Impossible:
                    if needed and name != payload:
                        raise
                    continue
                if not self._vanishes(member, item):
                    value[name] = item
                elif needed:
                    raise Impossible(name)
        return value

    def value(self, shape: botocore.model.Shape, depth: int) -> Any:
        if depth > _TOO_DEEP:
            raise Impossible(shape.name)
        return getattr(self, f"_{shape.type_name}")(shape, depth)

    def _vanishes(self, shape: botocore.model.Shape, value: Any) -> bool:
        # Forms cannot say "an empty structure".
        empty = value in ({}, [])
        flattened = shape.serialization.get("flattened")
        return empty and (self.protocol in {"query", "ec2"} or bool(flattened))

    def _structure(self, shape: botocore.model.StructureShape, depth: int) -> Any:
        if shape.is_document_type:
            return self._document(2)
        if shape.is_tagged_union:
            names = list(shape.members)
            self.random.shuffle(names)
            for name in names:
                try:
                    item = self.value(shape.members[name], depth + 1)
                except Impossible:
                    continue
                if not self._vanishes(shape.members[name], item):
                    return {name: item}
            raise Impossible(shape.name)
        value = {}
        chance = 0.0 if depth > _DEEP else 0.5
        for name, member in shape.members.items():
            if name == "Event" and "Events" in shape.members:
                continue  # S3's old form, which has the same name on the wire
            needed = name in shape.required_members
            if needed or self.random.random() < chance:
                try:
                    item = self.value(member, depth + 1)
                except Impossible:
                    if needed:
                        raise
                    continue
                if not self._vanishes(member, item):
                    value[name] = item
                elif needed:
                    raise Impossible(name)
        if not value and shape.members and self.protocol in {"query", "ec2"}:
            for name, member in shape.members.items():
                try:
                    item = self.value(member, depth + 1)
                except Impossible:
                    continue
                if not self._vanishes(member, item):
                    return {name: item}
            raise Impossible(shape.name)
        return value

    def _list(self, shape: botocore.model.ListShape, depth: int) -> list[Any]:
        size = self._size(shape, 1, 2)
        return self._filled([self.value(shape.member, depth + 1) for _ in range(size)], shape.member)

    def _filled(self, items: list[Any], member: botocore.model.Shape) -> list[Any]:
        if any(self._vanishes(member, item) for item in items):
            raise Impossible(member.name)
        return items

    def _map(self, shape: botocore.model.MapShape, depth: int) -> dict[str, Any]:
        size = self._size(shape, 1, 2)
        location = shape.serialization.get("location")
        value: dict[str, Any] = {}
        for number in range(size * 4):
            if len(value) == size:
                break
            key = f"key-{number}" if location else self._string(shape.key, depth)
            value[key] = (
                self._text(shape.value, _HEADER) if location == "headers" else self.value(shape.value, depth + 1)
            )
        if len(value) < size or any(self._vanishes(shape.value, item) for item in value.values()):
            raise Impossible(shape.name)
        return value

    def _size(self, shape: botocore.model.Shape, least: int, spread: int) -> int:
        low = max(least, int(shape.metadata.get("min", least)))
        high = min(low + spread, int(shape.metadata.get("max", low + spread)))
        if high < low:
            low = high
        if low > 64 and shape.type_name not in {"string", "blob"}:
            raise Impossible(shape.name)
        return self.random.randint(low, high)

    def _string(self, shape: botocore.model.Shape, depth: int) -> Any:
        location = shape.serialization.get("location")
        if shape.serialization.get("jsonvalue") and location == "header":
            return {"json": [1, "two", None, True]}
        if shape.metadata.get("enum"):
            return self.random.choice(shape.metadata["enum"])
        if shape.serialization.get("hostLabel"):
            return self._text(shape, _PLAIN)
        if location in {"header", "headers"}:
            return self._text(shape, _HEADER)
        return self._text(shape, _TEXT)

    def _text(self, shape: botocore.model.Shape, alphabet: str) -> str:
        size = self._size(shape, 1, 8)
        text = "".join(self.random.choice(alphabet) for _ in range(size))
        # Blanks at the ends are lost in headers; a label of dots would be another path.
        return "".join("x" if char in " ." and at in {0, size - 1} else char for at, char in enumerate(text))

    def _integer(self, shape: botocore.model.Shape, depth: int) -> int:
        if shape.serialization.get("location") == "statusCode":
            return 200
        low = int(shape.metadata.get("min", -5))
        high = int(shape.metadata.get("max", max(low, 0) + 1000))
        bits = 63 if shape.type_name == "long" else 31
        low, high = max(low, -(1 << bits)), min(high, (1 << bits) - 1)
        return self.random.randint(min(low, high), high)

    _long = _integer

    def _double(self, shape: botocore.model.Shape, depth: int) -> float:
        low = float(shape.metadata.get("min", -4))
        high = float(shape.metadata.get("max", max(low, 0) + 100))
        # Quarters, so that single precision carries them.
        if high - low >= 0.25:
            return min(high, max(low, round(self.random.uniform(low, high) * 4) / 4))
        return low

    _float = _double

    def _boolean(self, shape: botocore.model.Shape, depth: int) -> bool:
        return self.random.random() < 0.5

    def _blob(self, shape: botocore.model.Shape, depth: int) -> bytes:
        return self.random.randbytes(self._size(shape, 1, 12))

    def _timestamp(self, shape: botocore.model.Shape, depth: int) -> datetime:
        time = _EPOCH + timedelta(seconds=self.random.randint(0, 4_000_000_000))
        located = shape.serialization.get("location") in {"header", "headers"}
        whole = located or shape.serialization.get("timestampFormat") == "rfc822"
        return time if whole else time + timedelta(milliseconds=self.random.choice([0, 0, 125, 500]))

    def _document(self, depth: int) -> Any:
        kinds = [True, "text", 12, 1.5, ["a", {"b": None}], {"key": {"nested": [1, 2]}}]
        return {"document": self.random.choice(kinds)}
