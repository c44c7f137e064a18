"""`cloudward status`: what a running gateway is."""

from __future__ import annotations

import json

import click

from cloudward.cli.banner import state_in_words
from cloudward.cli.endpoint import endpoint_option, fetch


@click.command(short_help="Say whether a gateway runs, and how it is set.")
@endpoint_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How it is printed.",
)
def status(endpoint: str, form: str) -> None:
    """Say whether a gateway runs, with which services and settings."""
    info = fetch(endpoint, "/_cloudward/info")
    if form == "json":
        click.echo(json.dumps(info, indent=2))
        return
    click.echo(f"cloudward {info['version']} runs at {endpoint}")
    click.echo(f"  services       {', '.join(info['services']) or 'none'}")
    click.echo(f"  authentication {info['authentication']}: {info['authentication_in_words']}")
    click.echo(f"  enforcement    {info['enforcement']}: {info['enforcement_in_words']}")
    click.echo(f"  state          {state_in_words(info['state'])}")
