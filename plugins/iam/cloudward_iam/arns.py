"""IAM's ARNs: made from path and name, and taken apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cloudward.api import Scope

PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc")

_ARN = re.compile(r"arn:([a-z][a-z0-9-]*):iam::([0-9]{12}|aws):(.+)", re.DOTALL)


class IamArn(NamedTuple):
    """An IAM ARN in parts.

    Attributes:
        partition: `aws`, `aws-cn` …
        account: the 12-digit account, or `aws` for what AWS owns.
        kind: the resource type, `user`, `policy` …
        path: the path with both slashes, `/` when there is none.
        name: the friendly name.
    """

    partition: str
    account: str
    kind: str
    path: str
    name: str


def make_arn(scope: Scope, kind: str, path: str, name: str) -> str:
    """Return the ARN of a resource of an account.

    Args:
        scope: the partition and account.
        kind: the resource type, `user`, `instance-profile` …
        path: the path with both slashes.
        name: the friendly name.
    """
    return f"arn:{scope.partition}:iam::{scope.account}:{kind}{path}{name}"


def parse_arn(text: str) -> IamArn | None:
    """Take an IAM ARN apart, None for anything else.

    Args:
        text: the ARN.
    """
    match = _ARN.fullmatch(text)
    if match is None:
        return None
    partition, account, resource = match.groups()
    kind, slash, rest = resource.partition("/")
    path, _, name = rest.rpartition("/")
    if not slash or not name:
        return None
    return IamArn(partition, account, kind, f"/{path}/" if path else "/", name)
