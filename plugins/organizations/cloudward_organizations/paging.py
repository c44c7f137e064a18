"""Pages of listings: `NextToken` and `MaxResults`.

A token holds the key of the last item that was answered, with a checksum over the listing and filters it belongs to.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from cloudward.api import Page
from cloudward_organizations.errors import InvalidInput

if TYPE_CHECKING:
    from cloudward_organizations.state import Ctx

MOST_RESULTS = 20
_CHECK_SIZE = 9

Fetch: TypeAlias = Callable[[Any, int], Page[Any]]


def paged(
    ctx: Ctx,
    member: str,
    fetch: Fetch,
    *,
    listing: str,
    next_token: str | None,
    max_results: int | None,
    bound_to: Sequence[str | None] = (),
    show: Callable[[Any], object],
) -> dict[str, Any]:
    """Answer one page of a listing.

    Args:
        ctx: the call.
        member: the output member that takes the items.
        fetch: returns the page after a key (None for the first page) with at most so many items.
        listing: the operation's name.
        next_token: the request's token.
        max_results: the most items to answer; 20 when not given, which is the most there can be.
        bound_to: the request's filters; a token belongs to the filters it was made under.
        show: turns a record into what is answered.

    Returns:
        The output by its member names.

    Raises:
        InvalidInput: the token is not one of this listing's.
    """
    binding = "\0".join((listing, ctx.account, *(part or "" for part in bound_to)))
    after = None if next_token is None else _decode(next_token, binding)
    page = fetch(after, max_results or MOST_RESULTS)
    answer: dict[str, Any] = {member: [show(item) for item in page.items]}
    if page.next is not None:
        answer["NextToken"] = _encode(page.next, binding)
    return answer


def pages_of(items: Iterable[Any], key: Callable[[Any], Any]) -> Fetch:
    """Return the `fetch` of a short listing whose items are all at hand.

    Args:
        items: the items.
        key: an item's sort key, unique in the listing: text.
    """
    ordered = sorted(items, key=key)

    def fetch(after: Any, count: int) -> Page[Any]:
        rest = ordered if after is None else [item for item in ordered if key(item) > after]
        return Page(rest[:count], key(rest[count - 1]) if len(rest) > count else None)

    return fetch


def _encode(key: object, binding: str) -> str:
    payload = msgspec.json.encode(key)
    return base64.urlsafe_b64encode(_checksum(payload, binding) + payload).decode()


def _decode(token: str, binding: str) -> Any:
    try:
        raw = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
    except ValueError:
        raise InvalidInput.because("INVALID_NEXT_TOKEN") from None
    check, payload = raw[:_CHECK_SIZE], raw[_CHECK_SIZE:]
    if check != _checksum(payload, binding):
        raise InvalidInput.because("INVALID_NEXT_TOKEN")
    key = msgspec.json.decode(payload)
    return tuple(key) if isinstance(key, list) else key


def _checksum(payload: bytes, binding: str) -> bytes:
    return hashlib.blake2b(payload, digest_size=_CHECK_SIZE, key=hashlib.sha256(binding.encode()).digest()).digest()
