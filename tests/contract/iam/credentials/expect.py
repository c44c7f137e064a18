"""What tests expect of answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError


@contextmanager
def refused(code: str, message: str | None = None, status: int | None = None) -> Iterator[None]:
    """Expect a call to fail.

    Args:
        code: the error code.
        message: the whole message, or nothing to leave it open.
        status: the HTTP status, or nothing to leave it open.
    """
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    if message is not None:
        assert error["Message"] == message
    if status is not None:
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def paged(call: Callable[..., Any], member: str, size: int = 2, **arguments: Any) -> list[Any]:
    """Return all items of a listing, fetched in pages, and check that the pages are as asked for.

    Args:
        call: the client's method.
        member: the output member with the items.
        size: `MaxItems`.
        arguments: the request.
    """
    items: list[Any] = []
    marker: dict[str, str] = {}
    while True:
        page = call(MaxItems=size, **arguments, **marker)
        items += page[member]
        if not page["IsTruncated"]:
            assert "Marker" not in page
            return items
        assert len(page[member]) == size
        marker = {"Marker": page["Marker"]}


def tags_of(call: Callable[..., Any], **arguments: Any) -> dict[str, str]:
    """Return a resource's tags as a dict.

    Args:
        call: the client's `list_…_tags`.
        arguments: the request.
    """
    return {tag["Key"]: tag["Value"] for tag in paged(call, "Tags", 1, **arguments)}


def tags(**pairs: str) -> list[dict[str, str]]:
    """Return tags as requests take them.

    Args:
        pairs: keys and values.
    """
    return [{"Key": key, "Value": value} for key, value in pairs.items()]
