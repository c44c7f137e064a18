"""Runs the console blocks of a documentation page in one shell and compares what they print."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = "---- end of command ----"


@dataclass(frozen=True)
class Command:
    """A command as the page shows it, and what it is to print, `...` standing for anything."""

    text: str
    expected: str


def commands(page: Path) -> Iterator[Command]:
    """Return the commands of a page in order."""
    for block in _BLOCK.findall(page.read_text("utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            text, _, expected = part.partition("\n")
            while text.endswith("\\") or expected.startswith("> "):
                more, _, expected = expected.partition("\n")
                text = f"{text}\n{more.removeprefix('> ')}"
            yield Command(text, expected.strip())


def run(script: list[str], env: Mapping[str, str], folder: Path) -> list[str]:
    """Run commands in one shell and return what each printed."""
    lines = "\n".join(f"{command}\necho '{_MARK}'" for command in script)
    done = subprocess.run(
        ["bash"], input=lines, env=dict(env), cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    outputs = done.stdout.split(f"{_MARK}\n")
    assert len(outputs) == len(script) + 1, done.stderr
    return [output.strip() for output in outputs[:-1]]


def matches(expected: str, actual: str) -> bool:
    """Tell whether output is as expected; `...` stands for anything, white space at line ends does not count."""
    pattern = ".*?".join(re.escape(piece) for piece in expected.split("..."))
    return re.fullmatch(pattern, actual, re.DOTALL) is not None
