"""Partitions, accounts and regions."""

from __future__ import annotations

import pytest

from cloudward.scope import Per, Scope, partition_of


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("us-east-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eusc-de-east-1", "aws-eusc"),
        ("mars-north-1", "aws"),
    ],
)
def test_the_region_tells_the_partition(region: str, partition: str) -> None:
    assert partition_of(region) == partition


def test_a_scope_narrows_to_what_state_belongs_to() -> None:
    whole = Scope("aws", "111122223333", "eu-west-1")
    assert whole.narrowed(Per.PARTITION) == ("aws", "", "")
    assert whole.narrowed(Per.ACCOUNT) == ("aws", "111122223333", "")
    assert whole.narrowed(Per.REGION) == whole
