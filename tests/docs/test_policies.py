"""The pages about explanations and about the policy stream work as they are printed."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from cloudward.config import Config
from cloudward.testing import running_gateway
from tests.contract.cli import BIN
from tests.docs.console import commands, matches, run

_JSON = re.compile(r"^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DOCS = Path(__file__).parent.parent.parent / "docs"


@pytest.mark.parametrize(("page", "enforce"), [("explain.md", "on"), ("stream.md", "off")])
def test_the_page(page: str, enforce: str, tmp_path: Path) -> None:
    shown = list(commands(DOCS / page))
    assert len(shown) > 5
    for text in _JSON.findall((DOCS / page).read_text("utf-8"))[:1]:
        (tmp_path / "bob.json").write_text(text, "utf-8")
    with running_gateway(Config(enforce=enforce, log_requests=False)) as gateway:  # type: ignore[arg-type]
        script = [command.text.replace("http://127.0.0.1:4566", gateway.url) for command in shown]
        env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "AWS_PAGER": ""}
        outputs = run(script, env, tmp_path)
    for command, output in zip(shown, outputs, strict=True):
        assert matches(command.expected, output), f"{command.text}\n{output}"
