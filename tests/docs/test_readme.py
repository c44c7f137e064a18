"""The README's walkthrough works as it is printed."""

from __future__ import annotations

import os
from pathlib import Path

from cloudward.testing import Gateway
from tests.contract.cli import BIN
from tests.docs.console import commands, matches, run

README = Path(__file__).parent.parent.parent / "README.md"
KEEP_KEY = "KEY=$(aws iam create-access-key --user-name test)"


def test_the_walkthrough(gateway: Gateway, tmp_path: Path) -> None:
    shown = list(commands(README))
    assert len(shown) == 7
    script = [command.text.replace("http://127.0.0.1:4566", gateway.url) for command in shown]
    # A reader copies the key from the screen; the shell keeps it in a file.
    making, using = 4, 5
    assert "create-access-key" in script[making]
    assert "LKIA..." in script[using]
    script[making] += " | tee key.json"
    read = "python3 -c \"import json; print(json.load(open('key.json'))['AccessKey']['%s'])\""
    script[using] = (
        f"export AWS_ACCESS_KEY_ID=$({read % 'AccessKeyId'}) AWS_SECRET_ACCESS_KEY=$({read % 'SecretAccessKey'})"
    )
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "AWS_PAGER": ""}
    outputs = run(script, env, tmp_path)
    for command, output in zip(shown, outputs, strict=True):
        assert matches(command.expected, output), f"{command.text}\n{output}"
