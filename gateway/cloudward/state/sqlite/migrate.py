"""Brings stored records to the current version of their table."""

from __future__ import annotations

from typing import Any

import msgspec

from cloudward.state.errors import StateFileError
from cloudward.state.record import Record
from cloudward.state.schema import Table


def migrated(table: Table[Any], version: int, body: str | bytes, what: str) -> Record:
    """Return a stored record as the current version has it.

    Args:
        table: its table.
        version: the version that it was stored with.
        body: its fields as JSON.
        what: the file and table, for messages.

    Raises:
        StateFileError: the version is newer than this one, or the record cannot be migrated.
    """
    if version > table.version:
        raise StateFileError(
            f"{what} was written by a newer plugin (version {version}, this one knows {table.version}); "
            "it was left as it is"
        )
    try:
        fields = msgspec.json.decode(body)
        for step in range(version, table.version):
            fields = table.migrations[step](fields)
        record: Record = msgspec.convert(fields, table.record, str_keys=True)
    except Exception as error:  # noqa: BLE001 - a migration may fail in any way, and the record must be named
        raise StateFileError(
            f"{what}: a record of version {version} cannot be migrated: {type(error).__name__}: {error}; "
            "it was left as it is"
        ) from None
    return record
