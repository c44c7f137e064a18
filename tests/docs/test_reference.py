"""The reference is what the code says."""

from __future__ import annotations

import pytest

from scripts.reference import FOLDER, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_up_to_date(name: str) -> None:
    written = (FOLDER / name).read_text("utf-8")
    assert written == PAGES[name](), f"docs/reference/{name} is stale: run `python -m scripts.reference`"
