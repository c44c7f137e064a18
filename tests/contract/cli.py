"""The real AWS CLI as a subprocess."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent


def environment(url: str, access_key_id: str = "test", secret_access_key: str = "test", **more: str) -> dict[str, str]:
    """Return an environment in which AWS tools talk to a gateway."""
    return {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": access_key_id,
        "AWS_SECRET_ACCESS_KEY": secret_access_key,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_PAGER": "",
        **more,
    }


def run(*arguments: str, env: dict[str, str], program: str = "aws") -> subprocess.CompletedProcess[str]:
    """Run a program of the test environment and return what it printed."""
    return subprocess.run(
        [str(BIN / program), *arguments], env=env, capture_output=True, text=True, timeout=120, check=False
    )


def aws(*arguments: str, env: dict[str, str], program: str = "aws") -> Any:
    """Run the AWS CLI and return its JSON output; fail with its error output."""
    done = run(*arguments, env=env, program=program)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout.strip() else None
