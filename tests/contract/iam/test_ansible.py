"""The Ansible playbooks of `examples/ansible`, run as their README says: the second run changes nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cloudward.testing import Gateway

EXAMPLE = Path(__file__).parents[3] / "examples" / "ansible"
_BESIDE = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
_PROGRAM = shutil.which("ansible-playbook", path=_BESIDE)
_RECAP = re.compile(r"localhost\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=0\s+failed=0\b")

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(_PROGRAM is None, reason="ansible-playbook is not installed (pip install ansible boto3)"),
]


@pytest.fixture
def play(iam_gateway: Gateway, account: str, tmp_path: Path) -> Callable[[str], int]:
    """Run a playbook and return how many of its tasks changed something."""
    folder = tmp_path / "ansible"
    shutil.copytree(EXAMPLE, folder)
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANSIBLE_", "PYTHON"))},
        "HOME": str(tmp_path),
        "ANSIBLE_HOME": str(tmp_path / "home"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
        "AWS_ENDPOINT_URL": iam_gateway.url,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": "test",
    }

    def run(name: str) -> int:
        assert _PROGRAM is not None
        done = subprocess.run([_PROGRAM, name], cwd=folder, env=env, capture_output=True, text=True, timeout=600)
        said = done.stdout + done.stderr
        recap = _RECAP.search(said)
        assert done.returncode == 0, said
        assert recap, said
        return int(recap[2])

    return run


def test_the_second_run_changes_nothing(play: Callable[[str], int], iam: Any, account: str) -> None:
    assert play("iam.yml") > 0
    before = iam.get_account_authorization_details()
    keys = [iam.list_access_keys(UserName=name)["AccessKeyMetadata"] for name in ("alice", "bob", "carol")]
    assert [len(found) for found in keys] == [1, 0, 1]
    assert play("iam.yml") == 0

    after = iam.get_account_authorization_details()
    for answer in (before, after):
        del answer["ResponseMetadata"]
    assert after == before
    assert [iam.list_access_keys(UserName=name)["AccessKeyMetadata"] for name in ("alice", "bob", "carol")] == keys
    groups = {group["GroupName"]: group for group in after["GroupDetailList"]}
    assert {policy["PolicyName"] for policy in groups["operators"]["AttachedManagedPolicies"]} == {
        "ReadOnlyAccess",
        "read-orders",
    }
    assert [policy["PolicyName"] for policy in groups["operators"]["GroupPolicyList"]] == ["restart"]
    (profile,) = iam.list_instance_profiles(PathPrefix="/shop/")["InstanceProfiles"]
    assert [role["Arn"] for role in profile["Roles"]] == [f"arn:aws:iam::{account}:role/shop/web"]

    assert play("teardown.yml") > 0
    counts = iam.get_account_summary()["SummaryMap"]
    assert [counts[name] for name in ("Users", "Groups", "Roles", "Policies", "InstanceProfiles")] == [0] * 5
    assert play("teardown.yml") == 0
