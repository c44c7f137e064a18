"""The AWS CLI with profiles: source_profile, chained profiles, mfa_serial, duration and external id."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.contract.cli import BIN, aws, environment, run
from tests.contract.sts.conftest import World
from tests.contract.sts.test_mfa import Device


@pytest.fixture
def profiles(world: World, tmp_path: Path) -> dict[str, str]:
    """An environment with profiles of a user, a role, a role behind a role, and a role behind MFA."""
    key = world.user()
    reader, writer = world.role("reader"), world.role("writer")
    (tmp_path / "credentials").write_text(
        f"[alice]\naws_access_key_id={key['AccessKeyId']}\naws_secret_access_key={key['SecretAccessKey']}\n"
    )
    (tmp_path / "config").write_text(
        f"[profile reader]\nrole_arn={reader}\nsource_profile=alice\nrole_session_name=cli\nexternal_id=some-id\n"
        f"duration_seconds=900\n"
        f"[profile writer]\nrole_arn={writer}\nsource_profile=reader\nrole_session_name=chained\n"
        f"[profile mfa]\nrole_arn={reader}\nsource_profile=alice\nrole_session_name=mfa\n"
        f"mfa_serial=arn:aws:iam::{world.account}:mfa/alice-phone\n"
    )
    env = environment(
        world.gateway.url,
        AWS_CONFIG_FILE=str(tmp_path / "config"),
        AWS_SHARED_CREDENTIALS_FILE=str(tmp_path / "credentials"),
        HOME=str(tmp_path),
    )
    del env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"]
    return env


def whoami(profile: str, env: dict[str, str]) -> Any:
    return aws("sts", "get-caller-identity", "--profile", profile, env=env)["Arn"]


def test_source_profile(world: World, profiles: dict[str, str]) -> None:
    assert whoami("reader", profiles) == f"arn:aws:sts::{world.account}:assumed-role/reader/cli"


def test_a_profile_behind_a_profile(world: World, profiles: dict[str, str]) -> None:
    assert whoami("writer", profiles) == f"arn:aws:sts::{world.account}:assumed-role/writer/chained"


def test_mfa_serial(world: World, profiles: dict[str, str]) -> None:
    device = Device(world, "alice")
    # A session of its own has no terminal, so that the CLI reads the code from its input.
    done = subprocess.run(
        [str(BIN / "aws"), "sts", "get-caller-identity", "--profile", "mfa", "--query", "Arn", "--output", "text"],
        env={**profiles, "PYTHONWARNINGS": "ignore"},
        input=device.code() + "\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        start_new_session=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith(f"arn:aws:sts::{world.account}:assumed-role/reader/mfa")


def test_a_wrong_secret_reads_as_from_aws(world: World) -> None:
    env = environment(world.gateway.url, world.account, "wrong")
    done = run("sts", "get-caller-identity", env=env)
    assert done.returncode != 0
    assert "(SignatureDoesNotMatch) when calling the GetCallerIdentity operation" in done.stderr
