"""What docs/federation.md shows works as it is printed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from cloudward.testing import Gateway
from tests.contract.cli import BIN
from tests.docs.console import commands, matches, run

PAGE = Path(__file__).parent.parent.parent / "docs" / "federation.md"
ADDRESS = "http://127.0.0.1:4566"


def test_the_commands_of_the_page(gateway: Gateway, tmp_path: Path) -> None:
    shown = list(commands(PAGE))
    assert len(shown) >= 15
    env = {
        **{name: value for name, value in os.environ.items() if name != "AWS_EC2_METADATA_DISABLED"},
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "AWS_PAGER": "",
        "HOME": str(tmp_path),
    }
    outputs = run([command.text.replace(ADDRESS, gateway.url) for command in shown], env, tmp_path)
    for command, output in zip(shown, outputs, strict=True):
        assert matches(command.expected.replace(ADDRESS, gateway.url), output), f"{command.text}\n{output}"
