"""`cloudward plugins`: what is loaded, from where, and why something is not."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import click

from cloudward.config import load


@click.command(short_help="List plugins, and why one cannot be used.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="How it is printed.",
)
@click.option(
    "--config", "config_file", type=click.Path(path_type=Path), envvar="CLOUDWARD_CONFIG", help="Settings file."
)
def plugins(form: str, config_file: Path | None) -> None:
    """List plugins with their origin, services and hooks; exit code 1 when one cannot be used."""
    from rich.console import Console
    from rich.table import Table

    from cloudward.app import create_app
    from cloudward.state import Store

    app = create_app(load({"state": ""}, os.environ, config_file).config, store=Store())
    infos = app.plugins.infos
    if form == "json":
        click.echo(json.dumps([asdict(info) for info in infos], indent=2))
    else:
        table = Table("plugin", "state", "distribution", "module", "services", "hooks")
        for info in infos:
            hooks = "\n".join(hook.removeprefix("cloudward_") for hook in info.hooks)
            state = info.state if not info.reason else f"{info.state}: {info.reason}"
            table.add_row(info.name, state, info.distribution, info.module, "\n".join(info.services), hooks)
        Console(width=None if sys.stdout.isatty() else 160).print(table)
    if app.plugins.failures:
        sys.exit(1)
