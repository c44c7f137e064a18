"""State: scoped tables of immutable records, transactions, and what makes them last."""

from cloudward.state.across import Across, Located
from cloudward.state.errors import (
    Conflict,
    DuplicateKey,
    InvalidDocument,
    StateError,
    StateFileBusy,
    StateFileError,
    StorageError,
)
from cloudward.state.opening import lock_state, open_store, snapshot_folder
from cloudward.state.past import Past
from cloudward.state.record import Record
from cloudward.state.schema import Index, Key, Reference, Single, State, Table, index, reference, single, table
from cloudward.state.single_view import SingleView
from cloudward.state.sqlite import SqliteBackend, StateLock, state_file
from cloudward.state.storage import Backend, Change, Durable
from cloudward.state.store import Store
from cloudward.state.transaction import Transaction
from cloudward.state.view import Page, TableView

__all__ = [
    "Across",
    "Backend",
    "Change",
    "Conflict",
    "DuplicateKey",
    "Durable",
    "Index",
    "InvalidDocument",
    "Key",
    "Located",
    "Page",
    "Past",
    "Record",
    "Reference",
    "Single",
    "SingleView",
    "SqliteBackend",
    "State",
    "StateError",
    "StateFileBusy",
    "StateFileError",
    "StateLock",
    "StorageError",
    "Store",
    "Table",
    "TableView",
    "Transaction",
    "index",
    "lock_state",
    "open_store",
    "reference",
    "single",
    "snapshot_folder",
    "state_file",
    "table",
]
