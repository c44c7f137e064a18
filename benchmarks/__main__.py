"""`python -m benchmarks [GROUP …] [--write]`: run benchmarks, print the table, and write docs/performance.md."""

from __future__ import annotations

import importlib
import platform
import sys
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure

GROUPS = ("http", "codecs", "state", "policy", "enforcement", "simulation", "stream", "sigv4", "sts", "iam")
PAGE = Path(__file__).parent.parent / "docs" / "performance.md"


def measure(names: Iterable[str]) -> list[Figure]:
    figures: list[Figure] = []
    for name in names:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        figures += importlib.import_module(f"benchmarks.{name}").figures()
    return figures


def table(figures: Iterable[Figure]) -> Table:
    shown = Table("group", "figure", "measured", "target", "", "note")
    for figure in figures:
        mark = {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[figure.met]
        shown.add_row(figure.group, figure.name, figure.shown, figure.shown_target, mark, figure.note)
    return shown


def page(figures: Iterable[Figure]) -> str:
    lines = [
        "# Measured performance",
        "",
        "`make bench` measures and writes this page. Figures are processor time of the server process, or ratios",
        "against a peer measured in the same run (moto's server, or a static uvicorn answer): machines differ, ratios",
        "differ less.",
        "",
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}.",
        "",
        "| group | figure | measured | target | | note |",
        "|---|---|---:|---:|---|---|",
    ]
    for figure in figures:
        mark = {True: "met", False: "**missed**", None: ""}[figure.met]
        lines.append(
            f"| {figure.group} | {figure.name} | {figure.shown} | {figure.shown_target} | {mark} | {figure.note} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    arguments = sys.argv[1:]
    names = [argument for argument in arguments if not argument.startswith("-")] or list(GROUPS)
    figures = measure(names)
    Console(width=None if sys.stdout.isatty() else 180).print(table(figures))
    if len(names) == len(GROUPS) or "--write" in arguments:
        PAGE.write_text(page(figures), "utf-8")


if __name__ == "__main__":
    main()
