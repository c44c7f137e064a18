"""What tests of IAM share: documents, pages, and what they expect of refusals."""

from __future__ import annotations

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
