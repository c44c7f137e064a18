"""`cloudward enforcement`: show or switch the enforcement of a running gateway."""

from __future__ import annotations

from typing import Any

import click

from cloudward.cli.endpoint import endpoint_option, fetch
from cloudward.enforcement import MODES


@click.command(short_help="Show or switch enforcement: on, soft or off.")
@click.argument("mode", type=click.Choice(MODES), required=False)
@click.option("--accounts", help="The only accounts that it holds for, separated by commas; `all` for all.")
@click.option("--services", help="The only services that it holds for, separated by commas; `all` for all.")
@endpoint_option
def enforcement(mode: str | None, accounts: str | None, services: str | None, endpoint: str) -> None:
    """Show whether a running gateway enforces policies, or switch it: on, soft or off."""
    change: dict[str, Any] = {"mode": mode, "accounts": _names(accounts), "services": _names(services)}
    change = {name: value for name, value in change.items() if value is not None}
    method = "POST" if change else "GET"
    answer = fetch(endpoint, "/_cloudward/enforcement", method=method, body=change or None)
    click.echo(f"enforcement {answer['mode']}: {answer['in_words']}")


def _names(text: str | None) -> list[str] | None:
    if text is None:
        return None
    return [] if text == "all" else [name.strip() for name in text.split(",") if name.strip()]
