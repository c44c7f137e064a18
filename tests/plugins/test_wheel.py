"""The built wheel, installed outside the checkout."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import boto3

from tests.contract.process import started
from tests.plugins.environment import environment, make_environment, run

ROOT = Path(__file__).parent.parent.parent


def test_the_wheel_is_whole_and_works_elsewhere(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    built = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(wheels), str(ROOT)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = wheels.iterdir()
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert all(top.startswith("cloudward") for top in tops), tops
    assert not [name for name in names if name.startswith("tests/")]
    assert any(name.endswith("licenses/LICENSE") for name in names)

    programs = make_environment(tmp_path / "venv")
    env = environment(programs)
    python = programs / "python"
    run(python, "-m", "pip", "install", "--quiet", wheel, folder=tmp_path, env=env)
    where = run(python, "-c", "import cloudward; print(cloudward.__file__)", folder=tmp_path, env=env)
    assert where.startswith(str(tmp_path / "venv")), where
    with started(tmp_path, python=str(python)) as gateway:
        iam = boto3.client(
            "iam", "us-east-1", endpoint_url=gateway.url, aws_access_key_id="test", aws_secret_access_key="test"
        )
        assert iam.create_user(UserName="wheel")["User"]["Arn"] == "arn:aws:iam::000000000000:user/wheel"
