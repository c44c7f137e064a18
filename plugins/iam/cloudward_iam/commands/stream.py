"""`cloudward stream`: the permissions that calls need, live or folded into a policy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import click
from rich.text import Text

from cloudward.api import ConfigError
from cloudward.commands import endpoint_option, fetch, server_sent_events
from cloudward_iam.commands.explain import show
from cloudward_iam.stream.formats import FORMATS
from cloudward_iam.stream.routes import PATH


@click.command()
@click.option("--principal", help="The ARN of the only caller that counts.")
@click.option("--summary", is_flag=True, help="Print one policy that allows everything seen so far, and end.")
@click.option(
    "--format",
    "form",
    type=click.Choice([*FORMATS, "text"]),
    help="With --summary json (the default), terraform or cloudformation; live text (the default) or json lines.",
)
@click.option("--generalise", is_flag=True, help="With --summary: a pattern for several resources of one type.")
@click.option("--resource-policies", is_flag=True, help="With --summary: the resource-based policies, by resource.")
@click.option("--enable", "change", flag_value="enable", help="Switch the stream on, and end.")
@click.option("--disable", "change", flag_value="disable", help="Switch the stream off, and end.")
@click.option("--reset", "change", flag_value="reset", help="Forget what was seen, and end.")
@endpoint_option
def stream(
    principal: str | None,
    summary: bool,
    form: str | None,
    generalise: bool,
    resource_policies: bool,
    change: str | None,
    endpoint: str,
) -> None:
    """Show the permissions that calls need, as they come.

    While somebody looks on, and after --enable, every call is evaluated, whether policies are enforced or not.
    """
    if change is not None:
        _switch(endpoint, change)
    elif summary:
        _summary(endpoint, principal, form or "json", generalise=generalise, resource_policies=resource_policies)
    elif generalise or resource_policies:
        raise click.UsageError("--generalise and --resource-policies go with --summary.")
    else:
        _live(endpoint, principal, form or "text")


def _switch(endpoint: str, change: str) -> None:
    status = fetch(endpoint, f"{PATH}/{change}", method="POST")
    words = "on" if status["enabled"] else "off"
    click.echo(f"the stream is {words}; {status['calls']} calls with {status['permissions']} permissions seen")


def _summary(endpoint: str, principal: str | None, form: str, *, generalise: bool, resource_policies: bool) -> None:
    if form not in FORMATS:
        raise click.UsageError(f"--summary has no format {form}.")
    query = {"generalise": "1" if generalise else "0"}
    if principal is not None:
        query["principal"] = principal
    found = fetch(endpoint, f"{PATH}/summary?{urlencode(query)}")
    if resource_policies:
        click.echo(json.dumps(found["resources"], indent=2))
    else:
        click.echo(FORMATS[form](found))
        if form == "json":
            for arn in found["resources"]:
                click.echo(f"a resource-based policy of {arn} is needed too: see --resource-policies", err=True)
    if not found["principals"]:
        hint = "" if found["enabled"] else "; the stream is off: cloudward stream --enable"
        click.echo(f"nothing seen yet{hint}", err=True)
    for operation, calls in found["unmapped"].items():
        click.echo(f"the actions of {operation} are not known: {calls} calls are not in the policy", err=True)
    if found["overflow"]:
        click.echo(f"{found['overflow']} decisions could not be remembered", err=True)


def _live(endpoint: str, principal: str | None, form: str) -> None:
    if form not in ("text", "json"):
        raise click.UsageError(f"The live stream has no format {form}; it goes with --summary.")
    query = f"?{urlencode({'principal': principal})}" if principal is not None else ""
    for name, data in server_sent_events(endpoint, f"{PATH}{query}"):
        if form == "json":
            if name == "message":
                click.echo(json.dumps(data))
            continue
        if name == "dropped":
            click.echo(f"{data['dropped']} events were dropped: this terminal is slower than the calls", err=True)
        elif name == "ready":
            click.echo("waiting for calls; Ctrl-C ends", err=True)
        else:
            show(event_lines(data))
    raise ConfigError(f"the gateway at {endpoint} ended the stream")


def event_lines(event: Mapping[str, Any]) -> Iterator[Text]:
    """Return an event as lines for the terminal.

    Args:
        event: the event, as the gateway sends it.
    """
    allowed = event["allowed"]
    outcome, style = {None: ("", "dim"), True: ("allowed", "green"), False: ("denied", "red")}[allowed]
    yield Text.assemble(
        (event["time"][11:19] + " ", "dim"),
        (f"{event['service'] or '?'}.{event['operation'] or '?'}", "bold"),
        f" by {event['principal'] or 'nobody known'} ",
        (outcome, style),
        f" {event['status']}" + (f" {event['error']}" if event["error"] else ""),
    )
    if event["unmapped"]:
        yield Text(f"    {event['unmapped']}", "yellow")
    for action in event["actions"]:
        mark, style = ("+", "green") if action["outcome"] == "allowed" else ("-", "red")
        yield Text.assemble(f"  {mark} ", (action["action"], style), f" on {action['resource']}")
        if action["outcome"] != "allowed":
            for one in action["least_policy"]:
                yield Text(f"      {one['kind']} of {one['attached_to']}: {json.dumps(one['statement'])}", "dim")
