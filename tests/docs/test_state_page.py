"""What docs/state.md shows works as it is printed."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from tests.contract.cli import BIN
from tests.docs.console import commands, matches, run

PAGE = Path(__file__).parent.parent.parent / "docs" / "state.md"
START = "cloudward start --state ./state &"
WAIT = """until python3 -c "import urllib.request as r; r.urlopen('$AWS_ENDPOINT_URL/_cloudward/health')" 2>/dev/null
do kill -0 $! || break
done"""


def test_the_commands_of_the_page(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    shown = list(commands(PAGE))
    assert sum(command.text == START for command in shown) == 2
    script = [command.text.replace("4566", port) for command in shown]
    started = f"{START[:-1]} --listen 127.0.0.1:{port} >>gateway.log 2>&1 &\n{WAIT}"
    script = [started if command == START else command for command in script]
    env = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "AWS_PAGER": "",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    *outputs, _ = run([*script, "kill $!; wait $!"], env, tmp_path)
    for command, output in zip(shown, outputs, strict=True):
        assert matches(command.expected, output), f"{command.text}\n{output}"
