"""`cloudward simulate`: what policies would decide, by a running gateway, a state file, or documents alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import msgspec

from cloudward.api import ConfigError
from cloudward.commands import endpoint_option, fetch, gateway_on
from cloudward_iam.commands.explain import show
from cloudward_iam.commands.files import FILE, read_text
from cloudward_iam.explain.terminal import action_lines
from cloudward_iam.simulation.documents import UnusableDocument
from cloudward_iam.simulation.question import CannotAnswer, Document, Question, answer, answer_stored
from cloudward_iam.simulation.routes import PATH


@click.command()
@click.option("--principal", help="ARN of the caller: a user, group, role, role session or root user.")
@click.option("--action", "actions", multiple=True, required=True, help="An action, `service:Name`; may be repeated.")
@click.option("--resource", "resources", multiple=True, help="A resource's ARN; may be repeated.  [default: *]")
@click.option("--context", "context", multiple=True, help="A condition key, `key=value`; repeated for several values.")
@click.option("--policy", "policies", multiple=True, type=FILE, help="An identity-based policy; may be repeated.")
@click.option("--boundary", type=FILE, help="A permissions boundary.")
@click.option(
    "--scp", "scps", multiple=True, type=FILE, help="A service control policy; repeated from root to account."
)
@click.option("--resource-policy", type=FILE, help="The policy of the resources.")
@click.option("--resource-owner", help="Account of resources whose ARNs name none, 12 digits.")
@click.option("--offline", is_flag=True, help="Take the policies given here alone, and ask no gateway.")
@click.option(
    "--state",
    "state",
    type=click.Path(exists=True, path_type=Path),
    help="A state file or folder, or an export, in place of a gateway.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How it is printed.",
)
@endpoint_option
def simulate(
    principal: str | None,
    actions: tuple[str, ...],
    resources: tuple[str, ...],
    context: tuple[str, ...],
    policies: tuple[Path, ...],
    boundary: Path | None,
    scps: tuple[Path, ...],
    resource_policy: Path | None,
    resource_owner: str | None,
    offline: bool,
    state: Path | None,
    form: str,
    endpoint: str,
) -> None:
    """Say what policies would decide, and why.

    With --principal, the principal's own policies count, as the gateway at --endpoint (or the state at --state) has
    them, and those given here beside them.  Without, or with --offline, only those given here.

    The exit code is 1 if anything is denied.
    """
    _check_actions(actions)
    question = Question(
        actions=actions,
        resources=resources or ("*",),
        principal=principal,
        context=_context(context),
        policies=tuple(map(_document, policies)),
        boundary=_document(boundary) if boundary is not None else None,
        scps=tuple(map(_document, scps)),
        resource_policy=_document(resource_policy) if resource_policy is not None else None,
        resource_owner=resource_owner,
    )
    if principal is None and state is not None:
        raise click.UsageError("--state goes with --principal.")
    if principal is None or offline:
        if not (policies or resource_policy or boundary or scps):
            raise click.UsageError("Give --principal, or policies with --policy and --resource-policy.")
        result = _offline(question)
    elif state is not None:
        result = _from_state(question, state)
    else:
        result = fetch(endpoint, PATH, method="POST", body=msgspec.to_builtins(question))
    if form == "json":
        click.echo(json.dumps(result, indent=2))
    else:
        for number, action in enumerate(result["actions"]):
            if number:
                click.echo()
            show(action_lines(action))
    sys.exit(0 if result["allowed"] else 1)


def _check_actions(actions: Iterable[str]) -> None:
    for action in actions:
        service, colon, name = action.partition(":")
        if not (service and colon and name) or "*" in action or "?" in action:
            raise click.UsageError(f"{action!r} is no action: it must read service:Name, without wildcards.")


def _context(pairs: Iterable[str]) -> dict[str, str | tuple[str, ...]]:
    values: dict[str, tuple[str, ...]] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or ":" not in key:
            raise click.UsageError(f"{pair!r} is no condition key with a value: it must read service:key=value.")
        values[key] = (*values.get(key, ()), value)
    return {key: found[0] if len(found) == 1 else found for key, found in values.items()}


def _document(path: Path) -> Document:
    return Document("standard input" if str(path) == "-" else str(path), read_text(path))


def _offline(question: Question) -> dict[str, Any]:
    try:
        return answer(question)
    except (CannotAnswer, UnusableDocument) as error:
        raise ConfigError(str(error)) from None


def _from_state(question: Question, path: Path) -> dict[str, Any]:
    with gateway_on(path) as app:
        try:
            return answer_stored(app, question)
        except (CannotAnswer, UnusableDocument) as error:
            raise ConfigError(str(error)) from None
