"""What can go wrong with state."""

from __future__ import annotations

from cloudward.errors import ConfigError


class StateError(Exception):
    """Something about state went wrong; a provider does not expect it."""


class DuplicateKey(StateError):
    """A record's key, or a value that must be unique, is taken.

    Args:
        table: the table's name.
        field: the key field, or the index, whose value is taken.
        value: the value.
    """

    def __init__(self, table: str, field: str, value: object) -> None:
        super().__init__(f"{table}: {field} {value!r} is taken")
        self.table = table
        self.field = field
        self.value = value


class Conflict(StateError):
    """Another transaction changed what this one read; running it again may succeed (`Store.run` does)."""


class StorageError(StateError):
    """State could not be made durable: disk full, I/O error, file gone.  Nothing of the transaction is kept."""


class StateFileError(ConfigError):
    """A state file that cannot be opened: not ours, corrupt, newer, locked, unreadable.  It is left as it is."""


class StateFileBusy(StateFileError):
    """Another cloudward uses the state file."""


class InvalidDocument(ConfigError):
    """An export or snapshot that cannot be imported; nothing was changed."""
