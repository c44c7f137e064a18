"""Every page: its commands are run by a test, or it is said why not; its links lead somewhere."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from cloudward.testing import Gateway
from tests.contract.cli import BIN
from tests.docs.console import commands, matches, run

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*/README.md")])

RUN_BY = {
    "README.md": "tests/docs/test_readme.py",
    "docs/enforcement.md": "tests/docs/test_pages.py",
    "docs/explain.md": "tests/docs/test_policies.py",
    "docs/federation.md": "tests/docs/test_federation_page.py",
    "docs/guide.md": "tests/docs/test_guide.py",
    "docs/organizations.md": "tests/docs/test_organizations_page.py",
    "docs/plugin-tutorial.md": "tests/plugins/test_tutorial.py",
    "docs/state.md": "tests/docs/test_state_page.py",
    "docs/stream.md": "tests/docs/test_policies.py",
}
"""The test that runs a page's `console` blocks."""

NOT_RUN = {
    ("README.md", "make run"): "serves until it is stopped; CI runs `make test`, the other line",
    (
        "README.md",
        "cloudward start --enforce on",
    ): "serves until it is stopped; tests/contract/test_start.py has the flag",
    (
        "docs/plugin-tutorial.md",
        "aws --endpoint-url",
    ): "needs the plugin in a gateway; the page's pytest blocks use boto3",
    ("examples/ansible/README.md", "cloudward start"): "tests/contract/iam/test_ansible.py runs the playbooks",
    ("examples/ansible/README.md", "ansible-playbook iam.yml"): "tests/contract/iam/test_ansible.py",
    ("examples/ansible/README.md", "aws --endpoint-url"): "tests/contract/iam/test_ansible.py",
}
"""Blocks of shell commands that no test runs, by page and beginning, with the reason."""

MADE_BY = {"docs/performance.md": "benchmarks/__main__.py"}
"""Pages that a command writes on the machine that it measures, and so may be missing; with what writes them."""

_BLOCK = re.compile(r"^(?P<fence>```+)(?P<language>\w*)\n(?P<text>.*?)^(?P=fence)$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]\[]*(?:\[[^\]]*\][^\]\[]*)*\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def shell_blocks(page: Path, *languages: str) -> list[str]:
    return [found["text"] for found in _BLOCK.finditer(page.read_text("utf-8")) if found["language"] in languages]


def anchors(page: Path) -> set[str]:
    """Return what headings are called in links, as GitHub calls them."""
    prose = _BLOCK.sub("", page.read_text("utf-8"))
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in _HEADING.findall(prose))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_are_run_or_it_is_said_why_not(page: Path) -> None:
    shown = shell_blocks(page, "console")
    if shown:
        assert name(page) in RUN_BY, "no test runs the page's console blocks"
        assert page.name in (ROOT / RUN_BY[name(page)]).read_text("utf-8")
    for block in shown:
        assert block.startswith("$ "), f"no command in this block is run, for want of `$ `:\n{block}"
    is_example = name(page).startswith("examples/")
    for block in shell_blocks(page, "sh", "bash", "shell", *([""] if is_example else [])):
        assert any(where == name(page) and block.startswith(begin) for where, begin in NOT_RUN), block


@pytest.mark.parametrize(("page", "begin"), NOT_RUN)
def test_the_list_of_what_is_not_run_has_nothing_that_is_gone(page: str, begin: str) -> None:
    assert any(block.startswith(begin) for block in shell_blocks(ROOT / page, "sh", "bash", "shell", ""))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for found in _LINK.finditer(_BLOCK.sub("", page.read_text("utf-8"))):
        target = found["target"]
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists():
            maker = MADE_BY.get(there.relative_to(ROOT).as_posix())
            assert maker, f"{name(page)}: {target}"
            assert there.name in (ROOT / maker).read_text("utf-8")
            continue
        if anchor:
            assert anchor in anchors(there), f"{name(page)}: {target}"


def test_the_commands_of_the_page_about_enforcement(gateway: Gateway, tmp_path: Path) -> None:
    shown = list(commands(ROOT / "docs" / "enforcement.md"))
    assert shown
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "AWS_PAGER": ""}
    outputs = run([command.text.replace("http://127.0.0.1:4566", gateway.url) for command in shown], env, tmp_path)
    for command, output in zip(shown, outputs, strict=True):
        assert matches(command.expected, output), f"{command.text}\n{output}"
