"""Checks whole states: unique values and references."""

from __future__ import annotations

from typing import Any

from cloudward.scope import Scope
from cloudward.state.errors import InvalidDocument
from cloudward.state.record import Record
from cloudward.state.schema import Reference, Table
from cloudward.state.store import Contents


def check_contents(contents: Contents, what: str) -> None:
    """Check that unique values are unique and that every reference finds its record.

    Args:
        contents: the state.
        what: where it comes from, for messages.

    Raises:
        InvalidDocument: the first thing that is not right.
    """
    _check_uniques(contents, what)
    targets: dict[tuple[Table[Any], str, Scope], set[Any]] = {}
    for (table, scope), records in contents.items():
        for one in table.references:
            found = [_targets(contents, targets, table, name, by, scope) for name, by in one.targets]
            for record in records.values():
                _check_reference(table, record, one, found, what)


def describe(table: Table[Any], record: Record) -> str:
    """Return a record's table and key in words, for messages.

    Args:
        table: its table.
        record: the record.
    """
    key = table.key_of(record)
    shown = "/".join(map(str, key)) if isinstance(key, tuple) else key
    return f"{table.owner.service}.{table.name} {shown!r}" if shown else f"{table.owner.service}.{table.name}"


def _check_uniques(contents: Contents, what: str) -> None:
    taken: dict[tuple[Table[Any], str, Scope, Any], Record] = {}
    for (table, scope), records in contents.items():
        for declared in table.uniques:
            assert declared.unique_in is not None
            within = scope.narrowed(declared.unique_in)
            for record in records.values():
                for value in declared.values(record):
                    other = taken.setdefault((table, declared.name, within, value), record)
                    if other is not record:
                        field = declared.name or ", ".join(table.key_fields)
                        raise InvalidDocument(
                            f"{what}: {describe(table, record)} and {describe(table, other)} "
                            f"have the same {field} {value!r}"
                        )


def _targets(
    contents: Contents,
    cache: dict[tuple[Table[Any], str, Scope], set[Any]],
    table: Table[Any],
    name: str,
    by: str,
    scope: Scope,
) -> tuple[Table[Any], str, set[Any]]:
    target = table.owner.tables[name]
    values = cache.get((target, by, scope))
    if values is None:
        records = contents.get((target, scope), {})
        values = (
            {value for record in records.values() for value in target.index(by).values(record)} if by else set(records)
        )
        cache[target, by, scope] = values
    return target, by, values


def _check_reference(
    table: Table[Any], record: Record, one: Reference, found: list[tuple[Table[Any], str, set[Any]]], what: str
) -> None:
    value = one.value(record)
    if value is None:
        return
    for target, by, values in found:
        if (target.index(by).lookup(value) if by else target.fold(value)) in values:
            return
    wanted = " or ".join(target.name for target, _, _ in found)
    raise InvalidDocument(
        f"{what}: {describe(table, record)} refers with {', '.join(one.fields)} {value!r} to {wanted}, "
        "which has no such record"
    )
