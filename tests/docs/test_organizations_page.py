"""The page about organizations works as it is printed."""

from __future__ import annotations

import os
import re
from pathlib import Path

from cloudward.config import Config
from cloudward.testing import running_gateway
from cloudward_organizations.limits import Quota
from tests.contract.cli import BIN
from tests.docs.console import commands, matches, run

PAGE = Path(__file__).parent.parent.parent / "docs" / "organizations.md"


def test_the_commands_of_the_page(tmp_path: Path) -> None:
    shown = list(commands(PAGE))
    assert len(shown) > 10
    with running_gateway(Config(enforce="on", log_requests=False)) as gateway:
        script = [command.text.replace("http://127.0.0.1:4566", gateway.url) for command in shown]
        env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "AWS_PAGER": ""}
        outputs = run(script, env, tmp_path)
    for command, output in zip(shown, outputs, strict=True):
        assert matches(command.expected, output), f"{command.text}\n{output}"


def test_the_page_has_all_quotas() -> None:
    told = dict(re.findall(r"_(QUOTA_[A-Z_]+)`\s+\((\d+)", PAGE.read_text("utf-8")))
    assert told == {quota.setting.upper(): str(quota.value[1]) for quota in Quota}
