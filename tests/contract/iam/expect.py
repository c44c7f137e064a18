"""What tests of IAM share: documents, pages, and what they expect of refusals."""

from __future__ import annotations

import json
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

ALLOW: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}],
}
TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


def text(document: object) -> str:
    """Return a document as JSON text."""
    return json.dumps(document)

ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}
"""A small identity-based policy."""

TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
"""A small trust policy."""


def text(document: dict[str, Any]) -> str:
    """Return a document as JSON text.

    Args:
        document: the document.
    """
    return json.dumps(document)


@contextmanager
def refused(code: str, message: str | None = None, status: int | None = None) -> Iterator[None]:
    """Expect a call to fail with an error code, and with a message and HTTP status where they are given."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    if message is not None:
        assert error["Message"] == message
    if status is not None:
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def page_names(client: Any, operation: str, member: str, field: str, size: int, **parameters: Any) -> list[list[str]]:
    """Return a listing page by page, as the values of one field, following the markers."""
    pages = []
    while True:
        page = getattr(client, operation)(MaxItems=size, **parameters)
        pages.append([item[field] for item in page[member]])
        if not page["IsTruncated"]:
            assert "Marker" not in page
            return pages
        parameters["Marker"] = page["Marker"]


def page_names(client: Any, operation: str, member: str, name: str, size: int, **arguments: Any) -> list[list[str]]:
    """Return the names on every page of a listing, following its markers by hand.

    Args:
        client: the client.
        operation: its method's name.
        member: the output member with the items.
        name: the items' member to return.
        size: `MaxItems`.
        arguments: the request.
    """
    pages = []
    marker: dict[str, str] = {}
    while True:
        page = getattr(client, operation)(MaxItems=size, **arguments, **marker)
        pages.append([item[name] for item in page[member]])
        if not page["IsTruncated"]:
            assert "Marker" not in page
            return pages
        marker = {"Marker": page["Marker"]}
