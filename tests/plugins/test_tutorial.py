"""The tutorial, followed to the letter."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.console import commands, matches
from tests.docs.console import run as run_console
from tests.plugins.environment import environment, make_environment

PAGE = Path(__file__).parent.parent.parent / "docs" / "plugin-tutorial.md"
_FILE = re.compile(r"^<!-- file: (\S+) -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_tutorial_leads_to_a_working_plugin(tmp_path: Path) -> None:
    project = tmp_path / "project"
    files = _FILE.findall(PAGE.read_text("utf-8"))
    assert len(files) == 7
    for name, content in files:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    programs = make_environment(tmp_path / "venv")
    shown = list(commands(PAGE))
    outputs = run_console([command.text for command in shown], environment(programs), project)
    for command, output in zip(shown, outputs, strict=True):
        assert matches(command.expected, output), f"{command.text}\n{output}"
