"""Policy documents from files named on the command line."""

from __future__ import annotations

from pathlib import Path

import click

from cloudward.api import ConfigError

FILE = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)


def read_text(path: Path) -> str:
    """Return a file's text; `-` is the standard input.

    Args:
        path: the file.

    Raises:
        ConfigError: it is no text.
    """
    try:
        with click.open_file(str(path), encoding="utf-8") as stream:
            return str(stream.read())
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8 text") from None
