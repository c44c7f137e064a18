"""The export format: one JSON document with all state; specs/cloudward_specs/schemas/state_export.schema.json.

Snapshots are files of the same format.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

import msgspec

from cloudward.scope import Per, Scope
from cloudward.state.contents import check_contents
from cloudward.state.errors import InvalidDocument, StateFileError
from cloudward.state.record import Record
from cloudward.state.schema import Table
from cloudward.state.sqlite.migrate import migrated
from cloudward.state.store import Contents

FORMAT: Final = "cloudward-state"
VERSION: Final = 1

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many records are done, of how many."""

_STEP = 2000  # records between two reports of progress
_PARTITION = re.compile(r"aws(-[a-z]+)*")
_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{2,}(-[a-z0-9]+)+")


class Entry(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What one service keeps in one scope.

    Attributes:
        partition: the partition.
        account: the account; empty for state kept per partition.
        region: the region; empty for state that is not kept per region.
        service: the service.
        tables: a list of records by table; a record for what there is only one of.
    """

    partition: str
    account: str = ""
    region: str = ""
    service: str
    tables: dict[str, msgspec.Raw]


class Document(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An export.

    Attributes:
        format: says that this is one.
        version: the version of the format.
        created: when it was made.
        generator: what made it.
        versions: the version of every table's records, by service and table.
        state: the records.
    """

    format: Literal["cloudward-state"]
    version: int
    created: datetime
    generator: str = ""
    versions: dict[str, dict[str, int]]
    state: list[Entry]


def encode_document(
    contents: Contents, created: datetime, generator: str, progress: Progress | None = None
) -> Iterator[bytes]:
    """Return state as an export document, piece by piece; one record a line, in a fixed order.

    Args:
        contents: the state.
        created: the time of the export.
        generator: name and version of the program.
        progress: told how far it is.
    """
    encode = msgspec.json.Encoder(order="deterministic").encode
    versions: dict[str, dict[str, int]] = {}
    for table, _ in contents:
        versions.setdefault(table.owner.service, {})[table.name] = table.version
    head = {"format": FORMAT, "version": VERSION, "created": created, "generator": generator, "versions": versions}
    yield msgspec.json.encode(head, order="sorted")[:-1] + b',"state":['
    total = sum(map(len, contents.values()))
    done = 0
    separator = b"\n"
    for (scope, service), tables in _grouped(contents):
        names = {name: value for name, value in zip(scope._fields, scope, strict=True) if value}
        yield separator + encode({**names, "service": service})[:-1] + b',"tables":{'
        separator = b",\n"
        for position, (table, records) in enumerate(tables):
            yield (b"," if position else b"") + b"\n" + encode(table.name) + b":"
            if table.is_single:
                yield encode(next(iter(records.values())))
                continue
            opening = b"[\n"
            lines: list[bytes] = []
            for record in records.values():
                lines.append(encode(record))
                if len(lines) == _STEP:
                    yield opening + b",\n".join(lines)
                    opening = b",\n"
                    done += len(lines)
                    lines.clear()
                    if progress is not None:
                        progress(done, total)
            yield (opening + b",\n".join(lines) if lines else b"") + b"\n]"
            done += len(lines)
        yield b"}}"
    yield b"\n]}\n"
    if progress is not None:
        progress(total, total)


def _grouped(contents: Contents) -> Iterable[tuple[tuple[Scope, str], list[tuple[Table[Any], dict[Any, Record]]]]]:
    groups: dict[tuple[Scope, str], list[tuple[Table[Any], dict[Any, Record]]]] = {}
    for (table, scope), records in contents.items():
        groups.setdefault((scope, table.owner.service), []).append((table, records))
    for where in sorted(groups):
        yield where, sorted(groups[where], key=lambda pair: pair[0].name)


def decode_document(
    data: bytes, tables: Iterable[Table[Any]], what: str = "the document", progress: Progress | None = None
) -> Contents:
    """Return the state that an export document holds, after a check of all of it.

    Args:
        data: the document.
        tables: the tables of the loaded services.
        what: the file's name, for messages.
        progress: told how far it is.

    Raises:
        InvalidDocument: it is not an export, or something in it is not right.
    """
    try:
        document = msgspec.json.decode(data, type=Document)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidDocument(f"{what}: is not a cloudward state export: {error}") from None
    if document.version != VERSION:
        raise InvalidDocument(
            f"{what}: has version {document.version} of the export format; this cloudward reads {VERSION}"
        )
    known: dict[str, dict[str, Table[Any]]] = {}
    for table in tables:
        known.setdefault(table.owner.service, {})[table.name] = table
    contents: Contents = {}
    for position, entry in enumerate(document.state):
        where = f"{what}: state[{position}]"
        service = known.get(entry.service)
        if service is None:
            raise InvalidDocument(f"{where}: unknown service {entry.service!r}; loaded are {', '.join(sorted(known))}")
        for name, raw in entry.tables.items():
            found = service.get(name)
            if found is None:
                raise InvalidDocument(f"{where}: {entry.service} has no table {name!r}")
            scope = _scope(entry, found, where)
            if (found, scope) in contents:
                raise InvalidDocument(f"{where}: {entry.service}.{name} of this scope comes twice")
            version = document.versions.get(entry.service, {}).get(name)
            if version is None or version < 1:
                raise InvalidDocument(f"{what}: versions does not tell the version of {entry.service}.{name}")
            records = _records(found, version, raw, f"{where}.tables.{name}", progress)
            if records:
                contents[found, scope] = records
    check_contents(contents, what)
    return contents


def _scope(entry: Entry, table: Table[Any], where: str) -> Scope:
    per = table.owner.per
    wanted: list[tuple[str, str, re.Pattern[str], bool]] = [
        ("partition", entry.partition, _PARTITION, True),
        ("account", entry.account, _ACCOUNT, per is not Per.PARTITION),
        ("region", entry.region, _REGION, per is Per.REGION),
    ]
    for name, value, pattern, needed in wanted:
        if not needed and value:
            raise InvalidDocument(
                f"{where}: {entry.service}.{table.name} is not kept per {name}, but {value!r} is given"
            )
        if needed and not pattern.fullmatch(value):
            raise InvalidDocument(f"{where}: {value!r} is not a valid {name}")
    return Scope(entry.partition, entry.account, entry.region)


def _records(
    table: Table[Any], version: int, raw: msgspec.Raw, where: str, progress: Progress | None
) -> dict[Any, Record]:
    try:
        bodies = [raw] if table.is_single else msgspec.json.decode(raw, type=list[msgspec.Raw])
    except msgspec.DecodeError:
        raise InvalidDocument(f"{where}: is not a list of records") from None
    decode = msgspec.json.Decoder(table.record).decode
    records: dict[Any, Record] = {}
    for position, body in enumerate(bodies):
        at = where if table.is_single else f"{where}[{position}]"
        try:
            if version == table.version:
                record: Record = decode(body)
                _refuse_unknown_fields(record, body, at)
            else:
                record = migrated(table, version, bytes(body), at)
        except msgspec.DecodeError as error:
            raise InvalidDocument(f"{at}: {error}") from None
        except StateFileError as error:
            raise InvalidDocument(str(error).removesuffix("; it was left as it is")) from None
        key = table.fold(table.key_of(record))
        if key in records:
            raise InvalidDocument(f"{at}: the key {table.key_of(record)!r} comes twice")
        problem = table.check(record) if table.check is not None else None
        if problem:
            raise InvalidDocument(f"{at}: {problem}")
        records[key] = record
        if progress is not None and position % _STEP == 0:
            progress(position, len(bodies))
    return dict(sorted(records.items()))


def _refuse_unknown_fields(record: Record, body: msgspec.Raw, where: str) -> None:
    given = msgspec.json.decode(body)
    kept = msgspec.to_builtins(record)
    if given.keys() == kept.keys() and given == kept:
        return
    for path in _dropped(given, kept):
        raise InvalidDocument(f"{where}: unknown field {path.lstrip('.')}")


def _dropped(given: Any, kept: Any) -> Iterator[str]:
    """Return the paths of members that decoding and encoding again dropped."""
    if isinstance(given, Mapping) and isinstance(kept, Mapping):
        for name, value in given.items():
            if name not in kept:
                yield f".{name}"
            else:
                yield from (f".{name}{path}" for path in _dropped(value, kept[name]))
    elif isinstance(given, list) and isinstance(kept, list | tuple):
        for position, (one, other) in enumerate(zip(given, kept, strict=False)):
            yield from (f"[{position}]{path}" for path in _dropped(one, other))
