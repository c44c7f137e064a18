"""The example plugins, installed into an environment of their own and used through boto3."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.plugins.environment import environment, make_environment, run

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_environment(tmp_path_factory.mktemp("examples-venv"))
    env = environment(made)
    for name in ("ssm", "notes"):
        source = tmp_path_factory.mktemp("source") / name
        shutil.copytree(EXAMPLES / name, source)
        run(made / "python", "-m", "pip", "install", "--quiet", ".", folder=source, env=env)
    return made


def test_both_are_listed_with_origin_services_and_hooks(programs: Path, tmp_path: Path) -> None:
    listed = json.loads(
        run(programs / "cloudward", "plugins", "--format", "json", folder=tmp_path, env=environment(programs))
    )
    found = {plugin["name"]: plugin for plugin in listed}
    assert found["ssm"]["distribution"] == "cloudward-ssm 0.1.0"
    assert found["ssm"]["services"] == ["ssm"]
    assert found["notes"]["state"] == "loaded"
    assert sorted(found["notes"]["hooks"]) == ["cloudward_providers", "cloudward_spec_overlays"]


@pytest.mark.parametrize("name", ["ssm", "notes"])
def test_its_own_tests_pass(programs: Path, tmp_path: Path, name: str) -> None:
    tests = tmp_path / "tests"
    shutil.copytree(EXAMPLES / name / "tests", tests)
    said = run(programs / "pytest", "-q", "-p", "no:randomly", "tests", folder=tmp_path, env=environment(programs))
    assert "passed" in said


@pytest.mark.parametrize("name", ["ssm", "notes"])
def test_coverage_reports_it(programs: Path, tmp_path: Path, name: str) -> None:
    said = run(
        programs / "cloudward",
        "coverage",
        "--service",
        name,
        "--format",
        "json",
        folder=tmp_path,
        env=environment(programs),
    )
    assert name in said
