"""The reference is what the code says."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scripts.reference import FOLDER, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_up_to_date(name: str) -> None:
    # In a process of its own: click keeps a command's help option as the first to ask for it wanted it.
    code = f"import sys; from scripts.reference import PAGES; sys.stdout.write(PAGES[{name!r}]())"
    made = subprocess.run(
        [sys.executable, "-c", code], cwd=FOLDER.parent.parent, capture_output=True, text=True, timeout=120, check=True
    )
    written = (FOLDER / name).read_text("utf-8")
    assert written == made.stdout, f"docs/reference/{name} is stale: run `python -m scripts.reference`"
