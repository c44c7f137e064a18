"""The layout of the state file: its tables, its version, and how older ones are brought up to date.

The file is a SQLite database in WAL mode.  A record is one row with its fields as JSON, so that the file can be looked
at with any SQLite tool.  `journal` is written only while several processes share the file: it is the change sequence
that each of them follows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Final

APPLICATION_ID: Final = 0x434C4457  # "CLDW" in the file's header tells our files from other programs'
LAYOUT: Final = 1

CREATE: Final = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {LAYOUT};
CREATE TABLE tables (
    id INTEGER PRIMARY KEY,
    service TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    UNIQUE (service, name)
);
CREATE TABLE scopes (
    id INTEGER PRIMARY KEY,
    partition TEXT NOT NULL,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    UNIQUE (partition, account, region)
);
CREATE TABLE records (
    table_id INTEGER NOT NULL REFERENCES tables (id),
    scope_id INTEGER NOT NULL REFERENCES scopes (id),
    key NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (table_id, scope_id, key)
) WITHOUT ROWID;
CREATE TABLE journal (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    changes TEXT
);
"""

UPGRADES: Final[Mapping[int, Callable[[sqlite3.Connection], None]]] = {}
"""For each older layout, what turns a file (in an open transaction) into the next one's."""
