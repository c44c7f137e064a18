"""The report as text: a table for the terminal, JSON, Markdown, and a page."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from cloudward.coverage.page import render_page
from cloudward.coverage.report import Coverage, MemberCoverage, OperationCoverage, ServiceCoverage

JSON_FORMAT = 1
"""Raised when the JSON form changes in a way that readers notice."""


def render(coverage: Coverage, form: str) -> str:
    """Return the report as text.

    Args:
        coverage: the report.
        form: `table`, `json`, `md` or `html`.

    Raises:
        ValueError: there is no such form.
    """
    try:
        write = FORMATS[form]
    except KeyError:
        raise ValueError(f"no format {form}; there are {', '.join(FORMATS)}") from None
    return write(coverage)


def percent(part: int, whole: int) -> str:
    """Return a share in per cent, rounded down so that only all is 100.

    Args:
        part: how many.
        whole: of how many.
    """
    return f"{100 * part // whole}%" if whole else "–"


def member_note(member: MemberCoverage) -> str:
    """Return a member that is not taken with what is to be said about it.

    Args:
        member: the member.
    """
    note = f"{member.name} (required)" if member.required else member.name
    return f"{note}: {member.reason}" if member.reason else note


def render_table(coverage: Coverage) -> str:
    """Return the report as tables for the terminal.

    Args:
        coverage: the report.
    """
    from rich.console import Console
    from rich.table import Table

    out = io.StringIO()
    # A table that is piped into a file should not be cut to 80 columns.
    console = Console(
        file=out, width=max(100, shutil.get_terminal_size((140, 40)).columns), highlight=False, markup=False
    )
    for service in coverage.services:
        table = Table(title=_heading(service), title_justify="left", title_style="bold", box=None, pad_edge=False)
        table.add_column("Operation", no_wrap=True)
        for column in ("Handler", "Members", "Not taken", "Errors"):
            table.add_column(column, overflow="fold")
        for operation in service.operations:
            table.add_row(
                operation.name,
                "yes" if operation.implemented else "no",
                f"{len(operation.taken)}/{len(operation.members)}" if operation.implemented else "",
                ", ".join(member_note(member) for member in operation.not_taken) if operation.implemented else "",
                ", ".join(operation.errors) if operation.implemented else "",
                style=None if operation.implemented else "dim",
            )
        console.print(table)
        console.print()
    console.print(summary(coverage), soft_wrap=True)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def render_json(coverage: Coverage) -> str:
    """Return the report as JSON.

    Args:
        coverage: the report.
    """
    document = {
        "format": JSON_FORMAT,
        "totals": {
            "known_services": coverage.known_services,
            "provided_services": coverage.provided_services,
            "operations": coverage.operations_total,
            "operations_implemented": coverage.operations_implemented,
            "members": coverage.members_total,
            "members_taken": coverage.members_taken,
        },
        "services": {service.service: _service_json(service) for service in coverage.services},
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def render_markdown(coverage: Coverage) -> str:
    """Return the report as Markdown (GitHub's tables).

    Args:
        coverage: the report.
    """
    lines = ["# API coverage", "", summary(coverage), ""]
    lines += ["| Service | Operations | | Members | |", "|---|--:|--:|--:|--:|"]
    for service in coverage.services:
        done, every = len(service.implemented), len(service.operations)
        members = f"{service.members_taken}/{service.members_total}"
        lines.append(
            f"| [{_md(service.title)}](#{_anchor(service.title)}) | {done}/{every} | {percent(done, every)} "
            f"| {members} | {percent(service.members_taken, service.members_total)} |"
        )
    for service in coverage.services:
        lines += ["", f"## {_md(service.title)}", ""]
        lines += ["| Operation | Members | Not taken | Errors |", "|---|--:|---|---|"]
        lines += [_operation_md(operation) for operation in service.operations if operation.implemented]
        missing = [operation.name for operation in service.operations if not operation.implemented]
        if missing:
            lines += ["", f"Not implemented ({len(missing)}): {', '.join(missing)}."]
    return "\n".join(lines)


def summary(coverage: Coverage) -> str:
    """Return the totals in a sentence.

    Args:
        coverage: the report.
    """
    operations = f"{coverage.operations_implemented} of {coverage.operations_total} operations"
    members = f"{coverage.members_taken} of {coverage.members_total} input members"
    return (
        f"{operations} are implemented ({percent(coverage.operations_implemented, coverage.operations_total)}); "
        f"these take {members} ({percent(coverage.members_taken, coverage.members_total)}). "
        f"{coverage.provided_services} of {coverage.known_services} services have a provider."
    )


def _heading(service: ServiceCoverage) -> str:
    done, every = len(service.implemented), len(service.operations)
    by = f", plugin {service.plugin}" if service.plugin else ", no provider"
    return f"{service.title}: {done} of {every} operations ({percent(done, every)}){by}"


def _service_json(service: ServiceCoverage) -> dict[str, Any]:
    return {
        "title": service.title,
        "plugin": service.plugin or None,
        "protocols": service.protocols,
        "operations_implemented": len(service.implemented),
        "operations_total": len(service.operations),
        "members_taken": service.members_taken,
        "members_total": service.members_total,
        "operations": {operation.name: _operation_json(operation) for operation in service.operations},
    }


def _operation_json(operation: OperationCoverage) -> dict[str, Any]:
    return {
        "implemented": operation.implemented,
        "deprecated": operation.deprecated,
        "taken": [member.name for member in operation.taken],
        "not_taken": [
            {"member": member.name, "required": member.required, "reason": member.reason or None}
            for member in operation.not_taken
        ],
        "errors": operation.errors,
    }


def _operation_md(operation: OperationCoverage) -> str:
    missing = "; ".join(_md(member_note(member)) for member in operation.not_taken)
    counts = f"{len(operation.taken)}/{len(operation.members)}"
    return f"| {operation.name} | {counts} | {missing} | {_md(', '.join(operation.errors))} |"


def _md(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def _anchor(title: str) -> str:
    return "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c in "-_")


FORMATS: Mapping[str, Callable[[Coverage], str]] = {
    "table": render_table,
    "json": render_json,
    "md": render_markdown,
    "html": render_page,
}
"""The forms of a report by name."""
