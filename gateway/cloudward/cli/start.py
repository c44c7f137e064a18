"""`cloudward start`: run the gateway."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from cloudward.config import DEFAULT_FILE, Setting, load, settings

F = TypeVar("F", bound=Callable[..., Any])


def setting_options(function: F) -> F:
    """Give a command a flag for every setting.

    Args:
        function: the command's function.
    """
    for setting in reversed(list(settings().values())):
        function = _option(setting)(function)
    return function


def _option(setting: Setting) -> Callable[[F], F]:
    names = ", ".join((setting.variable, *setting.about.aliases))
    help_text = f"{setting.about.help}  [env: {names}]"
    if setting.type is bool:
        return click.option(f"{setting.flag}/--no-{setting.flag[2:]}", setting.name, default=None, help=help_text)
    if setting.choices:
        return click.option(setting.flag, setting.name, type=click.Choice(setting.choices), help=help_text)
    metavar = "N" if setting.type is int else "TEXT"
    return click.option(setting.flag, setting.name, type=str, metavar=metavar, help=help_text)


@click.command()
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    envvar="CLOUDWARD_CONFIG",
    help=f"Settings file; {DEFAULT_FILE} of this folder is read if it is there.",
)
@setting_options
def start(config_file: Path | None, **flags: Any) -> None:
    """Start the gateway."""
    # Imported here so that other commands need not wait for the server's imports.
    from cloudward.cli.run import run

    run(load(flags, os.environ, config_file))
