"""State in a SQLite file."""

from cloudward.state.sqlite.backend import SqliteBackend
from cloudward.state.sqlite.file import Durability, make_folder, state_file
from cloudward.state.sqlite.lock import StateLock

__all__ = ["Durability", "SqliteBackend", "StateLock", "make_folder", "state_file"]
