"""`cloudward policy check`: what AWS would refuse in a policy document, and what a careful reader would object to."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from cloudward_iam.commands.files import FILE, read_text
from cloudward_iam.simulation.documents import guessed_kind
from cloudward_policy import Finding, PolicyKind, Severity, compile, parse, validate  # noqa: A004

KINDS = {
    "identity": PolicyKind.IDENTITY,
    "boundary": PolicyKind.BOUNDARY,
    "session": PolicyKind.SESSION,
    "resource": PolicyKind.RESOURCE,
    "trust": PolicyKind.TRUST,
    "key": PolicyKind.KEY,
    "scp": PolicyKind.SCP,
    "rcp": PolicyKind.RCP,
    "vpc-endpoint": PolicyKind.VPC_ENDPOINT,
}
"""The kinds of policy by their names on the command line."""


@click.group()
def policy() -> None:
    """Check policy documents."""


@policy.command(short_help="Check policy documents; exit code 1 for errors.")
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option(
    "--kind",
    "kind_name",
    type=click.Choice(["auto", *KINDS]),
    default="auto",
    show_default=True,
    help="What the documents are used as; auto tells by their elements.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How it is printed.",
)
def check(files: tuple[Path, ...], kind_name: str, form: str) -> None:
    """Check policy documents: FILE:LINE:COLUMN of everything wrong; exit code 1 if AWS would refuse one."""
    found: list[dict[str, Any]] = []
    for path in files:
        text = read_text(path)
        kind = KINDS[kind_name] if kind_name != "auto" else guessed_kind(text)
        found += [_plain(path, kind, finding) for finding in findings(text, kind)]
    errors = sum(one["severity"] == Severity.ERROR.value for one in found)
    if form == "json":
        click.echo(json.dumps({"findings": found, "errors": errors}, indent=2))
    else:
        for one in found:
            where = f":{one['line']}:{one['column']}" if one["line"] is not None else ""
            detail = f" ({one['detail']})" if one["detail"] and one["detail"] != one["message"] else ""
            click.echo(f"{one['file']}{where}: {one['severity']}: {one['message']}{detail} [{one['code']}]")
        warnings = len(found) - errors
        if not found:
            click.echo(f"{_counted(len(files), 'document')} checked, nothing found")
        else:
            click.echo(f"{_counted(errors, 'error')}, {_counted(warnings, 'warning')}", err=True)
    if errors:
        sys.exit(1)


def findings(text: str, kind: PolicyKind) -> list[Finding]:
    """Return what is wrong with a document: what AWS refuses, and what it takes but can never evaluate.

    Args:
        text: the document.
        kind: what it is used as.
    """
    found = list(validate(text, kind))
    if any(finding.severity is Severity.ERROR for finding in found):
        return found
    known = {finding.position for finding in found}
    for problem in compile(parse(text), kind).problems:
        if problem.position not in known:
            detail = "AWS takes it, but the statement then never allows"
            found.append(Finding("unusable", problem.message, problem.position, detail, Severity.WARNING))
    return found


def _plain(path: Path, kind: PolicyKind, finding: Finding) -> dict[str, Any]:
    position = finding.position
    return {
        "file": str(path),
        "kind": kind.value,
        "line": position.line if position is not None else None,
        "column": position.column if position is not None else None,
        "severity": finding.severity.value,
        "code": finding.code,
        "message": finding.message,
        "detail": finding.detail,
    }


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
