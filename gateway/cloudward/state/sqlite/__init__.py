"""State in a SQLite file."""

from cloudward.state.sqlite.backend import SqliteBackend
from cloudward.state.sqlite.file import Durability, state_file
from cloudward.state.sqlite.lock import StateLock

__all__ = ["Durability", "SqliteBackend", "StateLock", "state_file"]
