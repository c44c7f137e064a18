"""Tells in words how two states differ."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Literal
from urllib.parse import unquote

import msgspec

from cloudward.scope import Scope
from cloudward.state.record import Record
from cloudward.state.schema import Table
from cloudward.state.store import Contents

Kind = Literal["added", "removed", "changed", "renamed"]

_SECRET = ("secret", "password", "private", "seed", "hash")
_LONG = 80  # characters of a value that are shown


class Difference(msgspec.Struct, frozen=True):
    """One record that differs.

    Attributes:
        scope: where it is.
        service: the service.
        kind: what happened to it, from the first state to the second.
        subject: the record in words: `user alice`, `inline policy P of user alice`.
        details: a line for each thing that changed.
        documents: for each JSON document that changed, its field and a unified diff.
    """

    scope: Scope
    service: str
    kind: Kind
    subject: str
    details: tuple[str, ...] = ()
    documents: tuple[tuple[str, str], ...] = ()


def diff(before: Contents, after: Contents) -> list[Difference]:
    """Return how two states differ, in a fixed order.

    Args:
        before: the first state.
        after: the second.
    """
    places = sorted({*before, *after}, key=lambda place: (place[1], place[0].owner.service, place[0].name))
    sides = _Side(before), _Side(after)
    return list(chain.from_iterable(_diff_table(table, scope, *sides) for table, scope in places))


def in_words(differences: Iterable[Difference]) -> Iterator[str]:
    """Return differences as lines of text.

    Args:
        differences: the differences.
    """
    sign = {"added": "+", "removed": "-", "changed": "~", "renamed": "~"}
    last = None
    for one in differences:
        if (one.scope, one.service) != last:
            last = (one.scope, one.service)
            yield f"{' '.join(filter(None, one.scope))} {one.service}"
        end = f" {one.kind}" if one.kind in ("added", "removed") else ""
        yield f"  {sign[one.kind]} {one.subject}{end}{':' if one.details and end else ''}"
        for detail in one.details:
            yield f"      {detail}"
        for field, text in one.documents:
            yield f"      {_words(field)} changed:"
            yield from (f"        {line}" for line in text.splitlines())


class _Side:
    """One of the two states, with what finds the records that others refer to."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._found: dict[tuple[Table[Any], str, Scope], dict[Any, Record]] = {}

    def records(self, table: Table[Any], scope: Scope) -> dict[Any, Record]:
        return self._contents.get((table, scope), {})

    def find(self, target: Table[Any], by: str, value: Any, scope: Scope) -> Record | None:
        records = self.records(target, scope)
        if not by:
            return records.get(target.fold(value))
        declared = target.index(by)
        found = self._found.get((target, by, scope))
        if found is None:
            found = {held: record for record in records.values() for held in declared.values(record)}
            self._found[target, by, scope] = found
        return found.get(declared.lookup(value))


def _diff_table(table: Table[Any], scope: Scope, before: _Side, after: _Side) -> Iterator[Difference]:
    old, new = before.records(table, scope), after.records(table, scope)
    service = table.owner.service
    renamed = dict(_renamed(table, old, new))
    gone = set(renamed.values())
    for key in sorted({*old, *new}):
        one, other = old.get(key), new.get(key)
        if key in renamed:
            assert other is not None
            one = old[renamed[key]]
            subject = f"{_subject(table, one, scope, before)} renamed to {_own_name(table, other)}"
            yield Difference(scope, service, "renamed", subject, *_changes(table, one, other))
        elif key in gone and other is None:
            continue
        elif one is None:
            assert other is not None
            yield Difference(scope, service, "added", _subject(table, other, scope, after))
        elif other is None:
            yield Difference(scope, service, "removed", _subject(table, one, scope, before))
        elif one != other:
            subject = _subject(table, other, scope, after)
            yield Difference(scope, service, "changed", subject, *_changes(table, one, other))


def _renamed(table: Table[Any], old: dict[Any, Record], new: dict[Any, Record]) -> Iterator[tuple[Any, Any]]:
    """Return new and old key of records that kept a unique value, and so are the same thing under another key."""
    for declared in table.uniques:
        if not declared.name:
            continue
        held = {value: key for key, record in old.items() if key not in new for value in declared.values(record)}
        for key, record in new.items():
            if key not in old:
                was = [held[value] for value in declared.values(record) if value in held]
                if was:
                    yield key, was[0]


def _changes(table: Table[Any], one: Record, other: Record) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    details: list[str] = []
    documents: list[tuple[str, str]] = []
    for field in one.__struct_fields__:
        was, now = getattr(one, field), getattr(other, field)
        if was == now or (field in table.key_fields and len(table.key_fields) == 1):
            continue
        old_text, new_text = _document(was), _document(now)
        if any(word in field for word in _SECRET) or isinstance(was, bytes) or isinstance(now, bytes):
            details.append(f"{_words(field)} changed")
        elif old_text is not None and new_text is not None:
            lines = difflib.unified_diff(old_text, new_text, "before", "after", lineterm="", n=2)
            documents.append((field, "\n".join(lines)))
        elif isinstance(was, tuple) and isinstance(now, tuple):
            details += [f"{_words(field)}: {_value(item)} removed" for item in was if item not in now]
            details += [f"{_words(field)}: {_value(item)} added" for item in now if item not in was]
            if sorted(map(repr, was)) == sorted(map(repr, now)):
                details.append(f"{_words(field)}: in another order")
        elif was is None:
            details.append(f"{_words(field)} set to {_value(now)}")
        elif now is None:
            details.append(f"{_words(field)} {_value(was)} taken away")
        else:
            details.append(f"{_words(field)} changed from {_value(was)} to {_value(now)}")
    return tuple(details), tuple(documents)


def _document(value: object) -> list[str] | None:
    """Return the lines of a JSON document, percent-encoded or not; None for anything else."""
    if not isinstance(value, str):
        return None
    text = unquote(value) if value[:1] == "%" else value
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return msgspec.json.format(text, indent=2).splitlines()
    except msgspec.DecodeError:
        return None


def _subject(table: Table[Any], record: Record, scope: Scope, side: _Side) -> str:
    owners = []
    owning: set[str] = set()
    for one in table.references:
        value = one.value(record)
        for name, by in one.targets if value is not None else ():
            target = table.owner.tables[name]
            found = side.find(target, by, value, scope)
            if found is not None:
                owners.append(f"{_noun(name)} {_own_name(target, found)}")
                owning.update(one.fields)
                break
    own = _own_name(table, record, owning)
    text = f"{_noun(table.name)} {own}" if own else _noun(table.name)
    return f"{text} of {', '.join(owners)}" if owners else text


def _own_name(table: Table[Any], record: Record, without: Iterable[str] = ()) -> str:
    """Return a record's key without the fields that name its owner, unless nothing is left then."""
    parts = [str(getattr(record, field)) for field in table.key_fields if field not in without]
    return "/".join(parts)


def _noun(table: str) -> str:
    words = table.replace("_", " ")
    if words.endswith("ies"):
        return words[:-3] + "y"
    if words.endswith("s") and not words.endswith("ss"):
        return words[:-1]
    return words


def _words(field: str) -> str:
    return field.replace("_", " ")


def _value(value: object) -> str:
    plain = msgspec.to_builtins(value)
    text = plain if isinstance(plain, str) else msgspec.json.encode(plain).decode()
    return text if len(text) <= _LONG else f"{text[: _LONG - 1]}…"
