"""Pages and markers, apart from the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudward_iam.errors import Invalid
from cloudward_iam.paging import ancestors, paged, pages_of


@dataclass
class Call:
    """What paging reads of a context."""

    account: str = "123456789012"


def page(items: list[Any], marker: str | None, size: int, call: Call | None = None, **more: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {"listing": "ListThings", "bound_to": ("/",), **more}
    return paged(cast("Any", call or Call()), "Things", pages_of(items, lambda item: item), marker=marker,
                 max_items=size, **arguments)  # fmt: skip


keys = st.text(st.characters(codec="utf-8"), max_size=128)


@given(st.sets(keys | st.tuples(keys, keys).map(lambda pair: pair[0]), max_size=30), st.integers(1, 12))
def test_pages_add_up_to_the_whole_listing(items: set[str], size: int) -> None:
    found: list[str] = []
    marker = None
    while True:
        answer = page(list(items), marker, size)
        found += answer["Things"]
        if not answer["IsTruncated"]:
            break
        assert len(answer["Things"]) == size
        marker = answer["Marker"]
    assert found == sorted(items)


@given(st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=2), st.sets(st.sampled_from("abcdefgh")))
def test_what_stays_is_listed_once_whatever_comes_and_goes(before: list[str], after: set[str]) -> None:
    first = page(before, None, 1)
    rest = page(list(after), first["Marker"], 100)
    assert rest["Things"] == sorted(item for item in after if item > first["Things"][0])


@given(st.text(max_size=40) | st.binary(max_size=40).map(lambda raw: raw.hex()))
def test_made_up_markers_are_refused(marker: str) -> None:
    with pytest.raises(Invalid, match=r"Invalid Marker\."):
        page(["a", "b"], marker, 1)


@given(st.integers(0, 200), st.characters(codec="ascii", categories=("L", "N")))
def test_damaged_markers_are_refused(position: int, letter: str) -> None:
    marker = page(["first", "second"], None, 1)["Marker"]
    position %= len(marker) - 1  # the last letter of base64 has bits that say nothing
    if marker[position] != letter:
        with pytest.raises(Invalid):
            page(["first", "second"], marker[:position] + letter + marker[position + 1 :], 1)


def test_markers_belong_to_listing_account_and_filters() -> None:
    marker = page(["a", "b"], None, 1)["Marker"]
    for changed in (
        {"listing": "ListOthers"},
        {"bound_to": ("/x/",)},
        {"call": Call("999999999999")},
    ):
        with pytest.raises(Invalid):
            page(["a", "b"], marker, 1, **cast("Any", changed))


@pytest.mark.parametrize(
    ("path", "under"), [("/", ()), ("/a/", ("/a/",)), ("/a/b/", ("/a/", "/a/b/")), ("//a/", ("//", "//a/"))]
)
def test_ancestors(path: str, under: tuple[str, ...]) -> None:
    assert ancestors(path) == under
