"""Where a call happens: partition, account and region."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import NamedTuple

DEFAULT_ACCOUNT = "000000000000"
DEFAULT_REGION = "us-east-1"

_PARTITION_BY_REGION_PREFIX = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
    "eusc-": "aws-eusc",
}


class Per(Enum):
    """What a piece of state belongs to; the value is the number of leading `Scope` fields that identify it."""

    PARTITION = 1
    ACCOUNT = 2
    REGION = 3


class Scope(NamedTuple):
    """The partition, account and region that a call is bound to.

    Attributes:
        partition: `aws`, `aws-cn`, `aws-us-gov` …
        account: the 12-digit account id; empty for state kept per partition.
        region: the region's code; empty for state kept per account.
    """

    partition: str
    account: str = ""
    region: str = ""

    def narrowed(self, per: Per) -> Scope:
        """Return the scope with the fields that do not identify state kept `per` left empty.

        Args:
            per: what the state belongs to.
        """
        match per:
            case Per.PARTITION:
                return Scope(self.partition)
            case Per.ACCOUNT:
                return Scope(self.partition, self.account)
            case Per.REGION:
                return self


def is_account(text: str) -> bool:
    """Tell whether a text is an account id: twelve digits.

    Args:
        text: the text.
    """
    return len(text) == 12 and text.isascii() and text.isdigit()


@lru_cache(maxsize=256)
def partition_of(region: str) -> str:
    """Return the partition that a region belongs to, `aws` for an unknown one.

    Args:
        region: a region code such as `cn-north-1`.
    """
    for prefix, partition in _PARTITION_BY_REGION_PREFIX.items():
        if region.startswith(prefix):
            return partition
    return "aws"
