"""`cloudward state`: save, load, compare, move and reset state."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from cloudward.cli.progress import ProgressBar
from cloudward.cli.state_places import place

F = TypeVar("F", bound=Callable[..., Any])


def _where(function: F) -> F:
    function = click.option(
        "--state", "path", metavar="PATH", help="Work on this state folder or file, which no gateway has open."
    )(function)
    return click.option(
        "--endpoint",
        envvar=["CLOUDWARD_ENDPOINT", "AWS_ENDPOINT_URL"],
        help="Work on the gateway at this address.  [default: http://127.0.0.1:4566]",
    )(function)


@click.group()
def state() -> None:
    """Save, load, compare, move and reset state.

    The commands work on the running gateway, or with --state on a file.  Snapshots and exports hold secrets.
    """


@state.command()
@click.argument("name")
@_where
def save(name: str, endpoint: str | None, path: str | None) -> None:
    """Save all state as snapshot NAME."""
    with place(endpoint, path) as where, ProgressBar("saving") as bar:
        where.save(name, bar)
    click.echo(f"saved {name}")


@state.command("load")
@click.argument("name")
@_where
def load_(name: str, endpoint: str | None, path: str | None) -> None:
    """Put snapshot NAME in the place of all state."""
    with place(endpoint, path) as where, ProgressBar("loading") as bar:
        records = where.load(name, bar)
    click.echo(f"loaded {name}: {records} records")


@state.command("list")
@_where
def list_(endpoint: str | None, path: str | None) -> None:
    """List the snapshots."""
    from rich.console import Console
    from rich.table import Table

    with place(endpoint, path) as where:
        folder, snapshots = where.listing()
    if not snapshots:
        click.echo(f"no snapshots in {folder}")
        return
    table = Table("snapshot", "saved", "size")
    for one in snapshots:
        table.add_row(one["name"], one["saved"][:19].replace("T", " "), _size(one["size"]))
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    click.echo(f"in {folder}")


@state.command()
@click.argument("name")
@_where
def delete(name: str, endpoint: str | None, path: str | None) -> None:
    """Delete snapshot NAME."""
    with place(endpoint, path) as where:
        where.delete(name)
    click.echo(f"deleted {name}")


@state.command()
@click.argument("before")
@click.argument("after", default="")
@_where
def diff(before: str, after: str, endpoint: str | None, path: str | None) -> None:
    """Tell how snapshot AFTER differs from snapshot BEFORE.

    Without AFTER, the current state is compared.  The exit code is 1 if anything differs.
    """
    with place(endpoint, path) as where:
        lines = where.diff(before, after)
    for line in lines:
        color = {"+": "green", "-": "red"}.get(line.strip()[:1])
        click.echo(click.style(line, fg=color) if color else line)
    if not lines:
        click.echo("no differences")
    sys.exit(1 if lines else 0)


@state.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@_where
def export(file: str, endpoint: str | None, path: str | None) -> None:
    """Write all state to FILE as JSON; `-` is standard output."""
    from cloudward.state.snapshots import write_file

    with place(endpoint, path) as where, ProgressBar("exporting") as bar:
        if file == "-":
            for chunk in where.export(bar):
                sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
            return
        write_file(Path(file), where.export(bar))
    click.echo(f"exported to {file}")


@state.command("import", short_help="Put an export in the place of all state.")
@click.argument("file", type=click.File("rb"))
@_where
def import_(file: Any, endpoint: str | None, path: str | None) -> None:
    """Put what FILE, an export, holds in the place of all state; `-` is standard input."""
    with place(endpoint, path) as where, ProgressBar("importing") as bar:
        records = where.import_(file.read(), file.name, bar)
    click.echo(f"imported {records} records")


@state.command()
@click.option("--account", help="Only this account's state, 12 digits.")
@click.option("--service", help="Only this service's state.")
@_where
def reset(account: str | None, service: str | None, endpoint: str | None, path: str | None) -> None:
    """Drop state."""
    with place(endpoint, path) as where:
        where.reset(account, service)
    what = " and ".join(
        filter(None, (f"account {account}" if account else "", f"service {service}" if service else ""))
    )
    click.echo(f"reset {what or 'everything'}")


def _size(size: float) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
