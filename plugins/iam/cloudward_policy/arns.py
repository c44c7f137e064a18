"""The parts of an ARN."""

from __future__ import annotations

import re
from typing import NamedTuple

ARN_FIELDS = 6
PARTITIONS = frozenset(
    {"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc", "*"}
)
ACCOUNT_ID = re.compile(r"[0-9]{12}")


class Arn(NamedTuple):
    """`arn:partition:service:region:account:resource`; the resource may itself hold colons."""

    partition: str
    service: str
    region: str
    account: str
    resource: str


def split_arn(text: str) -> Arn | None:
    """Split an ARN; None when it is not one or lacks fields."""
    parts = text.split(":", ARN_FIELDS - 1)
    if len(parts) != ARN_FIELDS or parts[0] != "arn":
        return None
    return Arn(*parts[1:])


def complete_arn(text: str) -> str:
    """Complete an ARN that lacks fields with `*`, as IAM does in identity-based policies."""
    missing = ARN_FIELDS - 1 - text.count(":")
    return text + ":*" * missing if missing > 0 and text.startswith("arn:") else text
