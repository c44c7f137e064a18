"""Exclusion lists: the policies of a principal that a simulation leaves out.

Source: IAM API Reference, SimulatePrincipalPolicy, PolicyIdentifier and InlinePolicyIdentifierType.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from cloudward_policy import AttachedPolicy, PolicySet

Test: TypeAlias = Callable[[AttachedPolicy], bool]

_POLICY_ARN = re.compile(r"arn:([a-z][a-z0-9-]*):iam::([0-9]{12}|aws):policy/(\S+)")


class InvalidIdentifier(ValueError):
    """A policy identifier that is no valid one."""


def _owned_by_aws(policy: AttachedPolicy) -> bool:
    return policy.arn is not None and policy.arn.split(":", 5)[4] == "aws"


_TYPES: Mapping[str, Test] = {
    "inline": lambda policy: policy.arn is None,
    "aws-managed": _owned_by_aws,
    "user-managed": lambda policy: policy.arn is not None and not _owned_by_aws(policy),
}
_WHOLE_KINDS = ("permission-boundary", "scp", "rcp")


def without(policies: PolicySet, identifiers: Iterable[Mapping[str, Any]]) -> PolicySet:
    """Return policies less those that an exclusion list names.

    Identifiers of policies that are not there are ignored, as are those of resource control policies.

    Args:
        policies: the policies of a principal.
        identifiers: the list's entries, by member names.

    Raises:
        InvalidIdentifier: an entry is no valid identifier.
    """
    tests: list[Test] = []
    kinds: set[str] = set()
    for identifier in identifiers:
        given = [name for name, value in identifier.items() if value is not None]
        if len(given) != 1:
            raise InvalidIdentifier(
                "A policy identifier has exactly one of PolicyType, PolicyArn and InlinePolicyIdentifier"
            )
        value = identifier[given[0]]
        if given[0] == "PolicyArn":
            tests.append(_by_arn(value))
        elif given[0] == "InlinePolicyIdentifier":
            tests.append(_inline(value))
        elif value in _WHOLE_KINDS:
            kinds.add(value)
        elif value in _TYPES:
            tests.append(_TYPES[value])
        else:
            raise InvalidIdentifier(f"Invalid policy type: {value}")
    boundary = policies.boundary
    if "permission-boundary" in kinds:
        boundary = None
    return replace(
        policies,
        identity=tuple(policy for policy in policies.identity if not any(test(policy) for test in tests)),
        boundary=boundary,
        scps=() if "scp" in kinds else policies.scps,
    )


def _by_arn(arn: str) -> Test:
    match = _POLICY_ARN.fullmatch(arn)
    if match is None:
        raise InvalidIdentifier(f"Invalid policy ARN: {arn}")
    partition, account, name = match.groups()
    fits = _pattern(name, arn)
    prefix = f"arn:{partition}:iam::{account}:policy/"

    def test(policy: AttachedPolicy) -> bool:
        found = policy.arn
        return found is not None and found.startswith(prefix) and fits(found.removeprefix(prefix))

    return test


def _inline(identifier: Mapping[str, Any]) -> Test:
    name, kind = identifier["PolicyName"], identifier["AttachmentType"]
    owner = identifier["AttachmentName"]
    if kind not in ("user", "group", "role"):
        raise InvalidIdentifier(f"Invalid attachment type: {kind}")
    fits = _pattern(owner, owner)

    def test(policy: AttachedPolicy) -> bool:
        found_kind, _, found_owner = policy.source.partition("/")
        return policy.arn is None and policy.name == name and found_kind == kind and fits(found_owner)

    return test


def _pattern(text: str, shown: str) -> Callable[[str], bool]:
    """The test for a name with at most one `*` and any number of `?`."""
    if text.count("*") > 1:
        raise InvalidIdentifier(f"Only one * is allowed in {shown}")
    written = {"*": ".*", "?": "."}
    found = re.compile("".join(written.get(letter) or re.escape(letter) for letter in text), re.DOTALL)
    return lambda name: found.fullmatch(name) is not None
