"""The gateway as a process of its own, as users run it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_ADDRESS = re.compile(r"listens on (https?://[^ ,]+)")


@dataclass
class Started:
    """A running `cloudward start`.

    Attributes:
        process: the process.
        url: its first address.
        banner: what it said until it was ready.
        log: the file that its standard error goes to.
    """

    process: subprocess.Popen[bytes]
    url: str
    banner: str
    log: Path

    def output(self) -> str:
        """Return everything that it said on standard error so far."""
        return self.log.read_text("utf-8")

    def until_said(self, text: str) -> None:
        """Wait until a text stands in its log: a line is written right after the answer that it is about."""
        deadline = time.monotonic() + 30
        while text not in self.output():
            assert time.monotonic() < deadline, self.output()
            assert self.process.poll() is None, self.output()


@contextmanager
def started(folder: Path, *flags: str, python: str = sys.executable, **environment: str) -> Iterator[Started]:
    """Run `cloudward start` on a free port until the context ends."""
    log = folder / "gateway.log"
    command = [python, "-m", "cloudward", "start", "--listen", "127.0.0.1:0", *flags]
    with log.open("wb") as sink:
        process = subprocess.Popen(command, cwd=folder, env={**os.environ, **environment}, stderr=sink)
    try:
        yield Started(process, *_wait(process, log), log)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)


def _wait(process: subprocess.Popen[bytes], log: Path) -> tuple[str, str]:
    """Return address and banner as soon as the banner is complete."""
    while True:
        text = log.read_text("utf-8")
        found = _ADDRESS.search(text)
        if found and "\n  state " in text and text.endswith("\n"):
            return found[1], text
        if process.poll() is not None:
            raise AssertionError(f"the gateway ended with code {process.returncode}:\n{text}")
        try:
            process.wait(0.02)
        except subprocess.TimeoutExpired:
            continue


def failing(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `cloudward` with arguments that it is to refuse."""
    return subprocess.run(
        [sys.executable, "-m", "cloudward", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
