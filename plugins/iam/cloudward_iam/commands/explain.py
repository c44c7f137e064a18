"""`cloudward explain REQUEST_ID`: why a call was allowed or denied."""

from __future__ import annotations

import json
from collections.abc import Iterable
from urllib.parse import quote

import click
from rich.console import Console
from rich.text import Text

from cloudward.commands import endpoint_option, fetch
from cloudward_iam.explain.terminal import call_lines


@click.command("explain decision", short_help="Say why policies allowed or denied a call.")
@click.argument("request_id", required=False)
@click.option("--last-denied", is_flag=True, help="Explain the call that was denied last.")
@click.option("--principal", help="With --last-denied: the ARN of the only principal whose calls count.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How it is printed.",
)
@endpoint_option
def decision(request_id: str | None, last_denied: bool, principal: str | None, form: str, endpoint: str) -> None:
    """Say why policies allowed or denied a call, and what would have to change.

    REQUEST_ID is the id in the call's answer and in the log.
    """
    if (request_id is None) is not last_denied:
        raise click.UsageError("Give a request id or --last-denied.")
    if principal is not None and not last_denied:
        raise click.UsageError("--principal goes with --last-denied.")
    path = f"/_cloudward/decisions/{'last-denied' if last_denied else quote(request_id or '', safe='')}"
    if principal is not None:
        path += f"?principal={quote(principal, safe='')}"
    call = fetch(endpoint, path)
    if form == "json":
        click.echo(json.dumps(call, indent=2))
    else:
        show(call_lines(call))


def show(lines: Iterable[Text]) -> None:
    """Print lines, in colour where the terminal has it; long ones are not broken, so that they can be copied.

    Args:
        lines: the lines.
    """
    console = Console(highlight=False)
    for line in lines:
        console.print(line, soft_wrap=True)
