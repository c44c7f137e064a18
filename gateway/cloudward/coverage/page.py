"""The report as a page that needs nothing beside itself."""

from __future__ import annotations

from html import escape
from importlib import resources
from string import Template

from cloudward.coverage.report import Coverage, MemberCoverage, OperationCoverage, ServiceCoverage


def render_page(coverage: Coverage) -> str:
    """Return the report as a self-contained HTML page.

    Args:
        coverage: the report.
    """
    template = Template(resources.files("cloudward.coverage").joinpath("page.html").read_text("utf-8"))
    return template.substitute(
        figures="".join(
            (
                _figure("Operations", coverage.operations_implemented, coverage.operations_total),
                _figure("Input members", coverage.members_taken, coverage.members_total),
                _figure("Services", coverage.provided_services, coverage.known_services),
            )
        ),
        contents="".join(_link(service) for service in coverage.services),
        services="".join(_service(service) for service in coverage.services),
    )


def _figure(title: str, part: int, whole: int) -> str:
    number = f"{part:,} <small>of {whole:,}</small>"
    return f"<div class=figure><dt>{title}</dt><dd>{number}{_bar(title, part, whole)}</dd></div>"


def _bar(title: str, part: int, whole: int) -> str:
    share = 100 * part // whole if whole else 0
    return f'<meter min=0 max={max(whole, 1)} value={part} aria-label="{escape(title)}">{share}%</meter>'


def _link(service: ServiceCoverage) -> str:
    done, every = len(service.implemented), len(service.operations)
    name = escape(service.service)
    return f'<li><a href="#{name}">{escape(service.title)}</a> {done}/{every}{_bar(service.title, done, every)}</li>'


def _service(service: ServiceCoverage) -> str:
    done, every = len(service.implemented), len(service.operations)
    by = f"plugin {escape(service.plugin)}" if service.plugin else "no provider"
    about = f"{done} of {every} operations · {', '.join(service.protocols)} · {by}"
    rows = "".join(_row(operation) for operation in service.operations)
    return (
        f'<section id="{escape(service.service)}"><h2>{escape(service.title)}</h2><p class=about>{about}</p>'
        "<table><thead><tr><th scope=col>Operation<th scope=col>Members<th scope=col>Not taken"
        f"<th scope=col>Errors</tr></thead><tbody>{rows}</tbody></table></section>"
    )


def _row(operation: OperationCoverage) -> str:
    name = f"<code>{escape(operation.name)}</code>"
    if operation.deprecated:
        name += " <small>deprecated</small>"
    if not operation.implemented:
        return f"<tr class=missing><th scope=row>{name}<td colspan=3>not implemented</tr>"
    state = "partial" if operation.not_taken else "whole"
    members = f"{len(operation.taken)}/{len(operation.members)}"
    missing = ", ".join(_member(member) for member in operation.not_taken)
    errors = ", ".join(f"<code>{escape(code)}</code>" for code in operation.errors)
    return f"<tr class={state}><th scope=row>{name}<td>{members}<td>{missing}<td class=errors>{errors}</tr>"


def _member(member: MemberCoverage) -> str:
    text = f"<code>{escape(member.name)}</code>"
    if member.required:
        text += " <strong>required</strong>"
    return f"{text} <em>{escape(member.reason)}</em>" if member.reason else text
