"""The catalogue of AWS managed policies: shipped data, read when the first one is asked for.

The index takes about a megabyte of memory once it is read; documents stay in their file.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from itertools import islice
from types import MappingProxyType

import msgspec

from cloudward_iam.records.policies import Policy

OWNER = "aws"
"""What stands in place of the account in the ARNs of AWS's own policies."""


class _Row(msgspec.Struct, array_like=True, frozen=True, gc=False):
    name: str
    path: str
    default_version_id: str
    create_date: datetime
    update_date: datetime
    offset: int
    length: int


class _Index(msgspec.Struct, gc=False):
    policies: tuple[_Row, ...]


@dataclass(frozen=True, slots=True)
class _Catalogue:
    rows: Mapping[str, _Row]
    keys: Sequence[str]


@cache
def _catalogue() -> _Catalogue:
    text = files("cloudward_specs").joinpath("managed_policies", "index.json").read_bytes()
    rows = {row.name.lower(): row for row in msgspec.json.decode(text, type=_Index).policies}
    return _Catalogue(MappingProxyType(rows), tuple(sorted(rows)))


def find(partition: str, path: str, name: str) -> Policy | None:
    """Return an AWS managed policy, None when there is none of that path and name.

    Args:
        partition: the partition that asks; it is part of the ARN.
        path: the policy's path.
        name: its name.
    """
    row = _catalogue().rows.get(name.lower())
    if row is None or row.path != path or row.name != name:
        return None
    return _policy(partition, row)


def after(partition: str, name: str | None) -> Iterator[Policy]:
    """Iterate over the AWS managed policies whose names come after a name, in order.

    Args:
        partition: the partition that asks.
        name: the name, in any case; None for all.
    """
    found = _catalogue()
    start = 0 if name is None else bisect_right(found.keys, name.lower())
    return (_policy(partition, found.rows[key]) for key in islice(found.keys, start, None))


def document(partition: str, name: str) -> str:
    """Return the JSON text of an AWS managed policy's document.

    Args:
        partition: the partition that asks; the ARNs in the document are its own.
        name: the policy's name.

    Raises:
        KeyError: there is no such policy.
    """
    row = _catalogue().rows[name.lower()]
    with files("cloudward_specs").joinpath("managed_policies", "documents.bin").open("rb") as stream:
        stream.seek(row.offset)
        text = zlib.decompress(stream.read(row.length)).decode()
    return text if partition == "aws" else text.replace('"arn:aws:', f'"arn:{partition}:')


def count() -> int:
    """Return how many AWS managed policies there are."""
    return len(_catalogue().keys)


@cache
def _policy(partition: str, row: _Row) -> Policy:
    return Policy(
        policy_name=row.name,
        policy_id=_policy_id(row.path, row.name),
        arn=f"arn:{partition}:iam::{OWNER}:policy{row.path}{row.name}",
        path=row.path,
        default_version_id=row.default_version_id,
        create_date=row.create_date,
        update_date=row.update_date,
    )


def _policy_id(path: str, name: str) -> str:
    """Return a policy's id: AWS publishes none, so it is derived from what identifies the policy, and never changes."""
    digest = hashlib.sha256(f"policy{path}{name}".encode()).digest()
    return "ANPA" + base64.b32encode(digest).decode()[:17]
