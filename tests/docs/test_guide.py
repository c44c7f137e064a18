"""The user guide works as it is printed."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import yaml

from cloudward.config import settings
from tests.contract.cli import BIN
from tests.contract.process import started
from tests.docs.console import commands, matches, run

PAGE = Path(__file__).parent.parent.parent / "docs" / "guide.md"
ADDRESS = "http://127.0.0.1:4566"
OATHTOOL = f"""#!{sys.executable}
# Does what the page wants of oathtool: the code of now, or of 30 seconds later, for the seed on standard input.
import base64, sys, time
from cloudward_iam.crypto.totp import code
later = 30 if "30 seconds" in sys.argv else 0
print(code(base64.b32decode(sys.stdin.read().strip()), int(time.time() + later) // 30))
"""


def blocks(language: str) -> list[str]:
    """Return the page's code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def test_the_console_blocks(tmp_path: Path) -> None:
    start, *shown = commands(PAGE)
    assert len(shown) > 40
    assert start.text.startswith("cloudward start ")
    assert start.text.endswith(" &")
    flags = shlex.split(start.text)[2:-1]
    tools = tmp_path / "tools"
    tools.mkdir()
    oathtool = tools / "oathtool"
    oathtool.write_text(OATHTOOL, "utf-8")
    oathtool.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {
        "PATH": os.pathsep.join((str(tools), str(BIN), os.environ["PATH"])),
        "PYTHONPATH": os.pathsep.join(sys.path),
        "AWS_PAGER": "",
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(tmp_path),
    }
    with started(tmp_path, *flags) as gateway:
        # What commands say on standard error belongs to what a reader sees.
        script = ["exec 2>&1", *(command.text.replace(ADDRESS, gateway.url) for command in shown)]
        _, *outputs = run(script, environment, tmp_path)
        for command, output in zip(shown, outputs, strict=True):
            expected = command.expected.replace(ADDRESS, gateway.url)
            assert matches(expected, output), f"{command.text}\n{output}"


def test_the_banner_is_what_the_gateway_says(tmp_path: Path) -> None:
    with started(tmp_path, "--state", "./state") as gateway:
        shown = (
            blocks("text")[0].replace(ADDRESS, gateway.url).replace("process 4711", f"process {gateway.process.pid}")
        )
        assert gateway.banner == shown


def test_the_pytest_example(tmp_path: Path) -> None:
    files = {match[1]: text for text in blocks("python") if (match := re.match(r"# (\S+\.py)\n", text))}
    assert set(files) == {"conftest.py", "test_permissions.py"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_the_settings_file_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "cloudward.toml").write_text(blocks("toml")[0].replace("4566", "0"), "utf-8")
    with started(tmp_path) as gateway:
        assert "enforcement    on" in gateway.banner
        assert "unknown setting" not in gateway.output()


def test_the_workflow_is_yaml_that_names_only_flags_there_are() -> None:
    workflow = yaml.safe_load(blocks("yaml")[0])
    steps = workflow["jobs"]["permissions"]["steps"]
    script = "\n".join(step.get("run", "") for step in steps)
    assert "cloudward start" in script
    flags = set(re.findall(r"cloudward start (.*?) >", script)[0].split()) - {"on"}
    assert flags <= {setting.flag for setting in settings().values()}


def test_the_migration_table_names_aliases_there_are() -> None:
    table = PAGE.read_text("utf-8").split("## From LocalStack")[1].split("\n## ")[0]
    aliases = {alias: setting for setting in settings().values() for alias in setting.about.aliases}
    rows = re.findall(r"^\| `([A-Z_]+)(?:=1)?` \| `(--[a-z-]+)", table, re.MULTILINE)
    assert len(rows) >= 9
    for alias, flag in rows:
        assert aliases[alias].flag == flag
