"""A temporary environment into which third parties' plugins are installed."""

from __future__ import annotations

import os
import subprocess
import sysconfig
import venv
from collections.abc import Mapping
from pathlib import Path

_PROGRAMS = {"cloudward": "from cloudward.cli import main", "pytest": "from pytest import console_main as main"}


def make_environment(folder: Path) -> Path:
    """Make a virtual environment that sees everything that the tests' own sees; return its folder of programs.

    Nothing has to be downloaded: the packages of the running environment are reached through a path file.
    """
    venv.create(folder, with_pip=True)
    own = sysconfig.get_path("purelib")
    scheme = {"base": str(folder), "platbase": str(folder)}
    site_packages = Path(sysconfig.get_path("purelib", "venv", scheme))
    (site_packages / "outer.pth").write_text(f"import site; site.addsitedir({own!r})\n")
    programs = folder / "bin"
    for name, start in _PROGRAMS.items():
        program = programs / name
        program.write_text(f"#!{programs / 'python'}\n{start}\nraise SystemExit(main())\n")
        program.chmod(0o755)
    return programs


def environment(programs: Path) -> dict[str, str]:
    """Return the variables of a shell in which the environment is active; pip takes nothing from the network."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHON"))},
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip reads this one the other way round: 0 turns isolation off
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "NO_COLOR": "1",
        "TERM": "dumb",
    }


def run(*command: str | Path, folder: Path, env: Mapping[str, str]) -> str:
    """Run a program and return what it printed; fail with all of its output."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=dict(env),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout
