"""`cloudward coverage`: what is implemented, from specs and handlers."""

from __future__ import annotations

import os
from pathlib import Path

import click

from cloudward.config import load
from cloudward.errors import ConfigError


@click.command(short_help="Report what is implemented, from the specs.")
@click.option("--service", "services", multiple=True, help="Only this service; may be repeated.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "md", "html"]),
    default="table",
    show_default=True,
    help="How it is printed.",
)
@click.option("--output", type=click.Path(path_type=Path), help="Write to this file instead of the terminal.")
def coverage(services: tuple[str, ...], form: str, output: Path | None) -> None:
    """Report which operations, input members and errors are implemented.  Needs no running gateway."""
    from cloudward.app import create_app
    from cloudward.coverage import render, report
    from cloudward.state import Store

    app = create_app(load({"state": ""}, os.environ).config, store=Store())
    known = set(app.catalogue.services())
    unknown = [name for name in services if name not in known]
    if unknown:
        raise ConfigError(f"no service is called {', '.join(unknown)}")
    text = render(report(app.catalogue, app.providers, services or None), form)
    if output is None:
        click.echo(text)
        return
    try:
        output.write_text(text, "utf-8")
    except OSError as error:
        raise ConfigError(f"{output}: cannot be written: {error.strerror}") from None
