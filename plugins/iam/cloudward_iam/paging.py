"""Pages of listings: `Marker`, `MaxItems`, `IsTruncated`.

A marker holds the key of the last item that was answered, so listings stay stable while items come and go, and the
operation and filters it belongs to are mixed into its checksum, so that it fits no other listing.  The checksum tells
damaged and foreign markers; it guards no secret, as a marker opens nothing that the caller could not list anyway.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from cloudward.api import Page
from cloudward_iam.errors import Invalid

if TYPE_CHECKING:
    from cloudward.api import TableView
    from cloudward_iam.state import Ctx

DEFAULT_ITEMS = 100
_CHECK_SIZE = 9

Fetch: TypeAlias = Callable[[Any, int], Page[Any]]


def paged(
    ctx: Ctx,
    member: str,
    fetch: Fetch,
    *,
    listing: str,
    marker: str | None,
    max_items: int | None,
    bound_to: Sequence[str | None] = (),
    show: Callable[[Any], object] | None = None,
) -> dict[str, Any]:
    """Answer one page of a listing.

    Args:
        ctx: the call.
        member: the output member that takes the items.
        fetch: returns the page after a key (None for the first page) with at most so many items.
        listing: the operation's name.
        marker: the request's marker.
        max_items: the most items to answer; 100 when not given.
        bound_to: the request's filters; a marker belongs to the filters it was made under.
        show: turns a record into what is answered; None answers the records themselves.

    Returns:
        The output by its member names.

    Raises:
        Invalid: the marker is not one of this listing's.
    """
    binding = "\0".join((listing, ctx.account, *(part or "" for part in bound_to)))
    after = None if marker is None else _decode(marker, binding)
    page = fetch(after, max_items or DEFAULT_ITEMS)
    items = page.items if show is None else [show(item) for item in page.items]
    answer: dict[str, Any] = {member: items, "IsTruncated": page.next is not None}
    if page.next is not None:
        answer["Marker"] = _encode(page.next, binding)
    return answer


def pages_of(items: Iterable[Any], key: Callable[[Any], Any]) -> Fetch:
    """Return the `fetch` of a short listing whose items are all at hand (tags, attached policies).

    Args:
        items: the items.
        key: an item's sort key, unique in the listing: text or a tuple of texts.
    """
    ordered = sorted(items, key=key)

    def fetch(after: Any, count: int) -> Page[Any]:
        if isinstance(after, list):
            after = tuple(after)
        rest = ordered if after is None else [item for item in ordered if key(item) > after]
        return Page(rest[:count], key(rest[count - 1]) if len(rest) > count else None)

    return fetch


def under_path(path_prefix: str | None) -> Callable[[Any], bool] | None:
    """Return the test for records under a path; None where every path will do.

    For short listings only: `under` uses an index.

    Args:
        path_prefix: what the paths must begin with.
    """
    if path_prefix is None or path_prefix == "/":
        return None
    return lambda record: bool(record.path.startswith(path_prefix))


def ancestors(path: str) -> tuple[str, ...]:
    """Return the paths that a path lies under, itself included and the root left out: the values of index `under`.

    Args:
        path: the path with both slashes.
    """
    return tuple(path[: at + 1] for at, letter in enumerate(path) if letter == "/" and at > 0)


def under(view: TableView[Any], path_prefix: str | None) -> Fetch:
    """Return the `fetch` of a table's records under a path, by index where the prefix ends with a slash.

    Args:
        view: a table with the index `under`.
        path_prefix: what the records' paths must begin with.
    """
    if path_prefix is None or path_prefix == "/":
        return lambda after, count: view.page(after=after, limit=count)
    whole = path_prefix[: path_prefix.rindex("/") + 1]
    if whole == path_prefix:
        return lambda after, count: view.select_page("under", whole, after=after, limit=count)

    def begins(record: Any) -> bool:
        return bool(record.path.startswith(path_prefix))

    if whole == "/":
        return lambda after, count: view.page(after=after, limit=count, where=begins)

    def fetch(after: Any, count: int) -> Page[Any]:
        found: list[Any] = []
        while True:
            page = view.select_page("under", whole, after=after, limit=count)
            for record in page.items:
                if begins(record):
                    if len(found) == count:
                        return Page(found, view.table.key_of(found[-1]))
                    found.append(record)
            if page.next is None:
                return Page(found, None)
            after = page.next

    return fetch


def one_after_another(sources: Mapping[str, Fetch]) -> Fetch:
    """Return the `fetch` of several listings in a row; its keys name the listing and the item in it.

    Args:
        sources: the listings by names that sort in the order of the listings.
    """

    def fetch(after: Any, count: int) -> Page[Any]:
        at, key = after if after is not None else ("", None)
        found: list[Any] = []
        for source, fetch_source in sources.items():
            if source < at:
                continue
            start = key if source == at else None
            if len(found) == count:
                # The page is full; whether anything follows decides whether it was the last.
                if fetch_source(None, 1).items:
                    return Page(found, (source, None))
                continue
            page = fetch_source(tuple(start) if isinstance(start, list) else start, count - len(found))
            found += page.items
            if page.next is not None:
                return Page(found, (source, page.next))
        return Page(found, None)

    return fetch


def _encode(key: object, binding: str) -> str:
    payload = msgspec.json.encode(key)
    return base64.urlsafe_b64encode(_checksum(payload, binding) + payload).rstrip(b"=").decode()


def _decode(marker: str, binding: str) -> Any:
    try:
        raw = base64.b64decode(marker.encode() + b"=" * (-len(marker) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise Invalid.marker() from None
    check, payload = raw[:_CHECK_SIZE], raw[_CHECK_SIZE:]
    if check != _checksum(payload, binding):
        raise Invalid.marker()
    key = msgspec.json.decode(payload)
    return tuple(key) if isinstance(key, list) else key


def _checksum(payload: bytes, binding: str) -> bytes:
    return hashlib.blake2b(payload, digest_size=_CHECK_SIZE, key=hashlib.sha256(binding.encode()).digest()).digest()
