"""A gateway that serves nobody, on state from a file: for commands that work without a running one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cloudward.config import load
from cloudward.errors import ConfigError

if TYPE_CHECKING:
    from cloudward.app import App

_SQLITE = b"SQLite format 3\0"


@contextmanager
def gateway_on(path: Path) -> Iterator[App]:
    """Yield a gateway on a state folder or file that no other gateway has open, or on an export.

    Args:
        path: the folder, state file or export; changes to an export's state are not written back.

    Raises:
        ConfigError: it is none of them, or cannot be opened.
    """
    from cloudward.app import create_app
    from cloudward.state import StateError

    is_export = path.is_file() and not _begins_as_database(path)
    flags = {"state": "" if is_export else str(path), "workers": "1"}
    try:
        app = create_app(load(flags, os.environ).config)
        try:
            if is_export:
                app.import_document(path.read_bytes(), str(path))
            yield app
        finally:
            app.shutdown()
    except StateError as error:
        raise ConfigError(str(error)) from None


def _begins_as_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE
