"""What the stream has seen, folded into least-privilege policies."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from cloudward_iam.stream.least import least
from cloudward_policy import PolicyKind

if TYPE_CHECKING:
    from cloudward_iam.stream.hub import PolicyStream

VERSION = "2012-10-17"
ARN_FIELDS = 6
_TYPED = re.compile(r"((?:[a-z][a-z0-9-]*)[/:])(.+)", re.DOTALL)


class _Need(NamedTuple):
    """An action, and the condition of its statement as JSON, empty for none."""

    action: str
    condition: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What callers need.

    Attributes:
        principals: the callers, by ARN, of role sessions their roles.
        identity: the identity-based policy that allows all of it.
        resources: resource-based policies that are needed beside it, by the resource's ARN.
        calls: how many calls were seen, those of other callers included.
        unmapped: operations whose actions are not known, with the number of their calls.
        overflow: how many decisions could not be remembered.
    """

    principals: tuple[str, ...]
    identity: Mapping[str, Any]
    resources: Mapping[str, Mapping[str, Any]]
    calls: int
    unmapped: Mapping[str, int]
    overflow: int


def fold(stream: PolicyStream, principal: str | None = None, *, generalise: bool = False) -> Summary:
    """Fold what a stream has seen into policies.

    Args:
        stream: the stream.
        principal: the ARN of the only caller that counts, of a user or role (or one of its sessions); None for all.
        generalise: whether several resources of one type become a pattern for all of that type.
    """
    resources_of: dict[_Need, set[str]] = defaultdict(set)
    granted: dict[str, dict[str, tuple[Any, set[str]]]] = defaultdict(dict)
    principals: set[str] = set()
    for (caller, _, _), permission in list(stream.permissions.items()):
        if principal is not None and not is_principal(caller, principal):
            continue
        principals.add(caller)
        for one in least(permission.sample.request, permission.sample.policies):
            action = one.statement["Action"]
            if one.kind is PolicyKind.IDENTITY:
                condition = one.statement.get("Condition")
                need = _Need(action, json.dumps(condition) if condition is not None else "")
                resources_of[need].add(one.statement["Resource"])
            else:
                who = one.statement["Principal"]
                granted[one.attached_to].setdefault(str(who), (one.statement, set()))[1].add(action)
    if generalise:
        resources_of = {need: set(generalised(found)) for need, found in resources_of.items()}
    return Summary(
        tuple(sorted(principals)),
        {"Version": VERSION, "Statement": _grouped(resources_of)},
        {
            arn: {
                "Version": VERSION,
                "Statement": [{**statement, "Action": _plain(actions)} for statement, actions in by_who.values()],
            }
            for arn, by_who in sorted(granted.items())
        },
        stream.calls,
        dict(stream.unmapped),
        stream.overflow,
    )


def is_principal(caller: str, principal: str) -> bool:
    """Tell whether a caller is meant by an ARN.

    Args:
        caller: the ARN of a user or role.
        principal: the ARN of a user or role, or of a session of a role; the latter does not tell the role's path.
    """
    if caller == principal:
        return True
    meant, own = principal.split(":", 5), caller.split(":", 5)
    return (
        len(meant) == len(own) == ARN_FIELDS
        and meant[2] == "sts"
        and meant[5].startswith("assumed-role/")
        and own[5].startswith("role/")
        and (meant[1], meant[4]) == (own[1], own[4])
        and meant[5].split("/")[1] == own[5].rpartition("/")[2]
    )


def _grouped(resources_of: Mapping[_Need, set[str]]) -> list[dict[str, Any]]:
    """One statement for all actions on the same resources under the same condition."""
    actions_on: dict[tuple[frozenset[str], str], set[str]] = defaultdict(set)
    for need, resources in resources_of.items():
        actions_on[frozenset(resources), need.condition].add(need.action)
    statements: list[dict[str, Any]] = []
    for (places, condition), actions in actions_on.items():
        statement = {"Effect": "Allow", "Action": _plain(actions), "Resource": _plain(places)}
        statements.append({**statement, "Condition": json.loads(condition)} if condition else statement)
    return sorted(statements, key=lambda statement: (str(statement["Resource"]), str(statement["Action"])))


def _plain(values: Iterable[str]) -> str | list[str]:
    ordered = sorted(values)
    return ordered[0] if len(ordered) == 1 else ordered


def generalised(resources: Iterable[str]) -> list[str]:
    """Replace several resources of one type in one account and region by a pattern for all of that type.

    Buckets, queues and others whose ARNs name no type become a pattern for the longest beginning that they share.

    Args:
        resources: the ARNs.

    Returns:
        The ARNs and patterns, sorted.
    """
    by_type: dict[str, list[str]] = defaultdict(list)
    for resource in set(resources):
        by_type[_type_of(resource)].append(resource)
    found: list[str] = []
    for lead, members in by_type.items():
        if len(members) == 1 or not lead:
            found += members
        elif lead.endswith("/") or lead.count(":") >= ARN_FIELDS:
            found.append(f"{lead}*")
        else:
            found.append(f"{_shared(members)}*")
    return sorted(set(found))


def _type_of(resource: str) -> str:
    """The part of an ARN that resources of one type share: up to the type, or a bucket for what is in it."""
    parts = resource.split(":", 5)
    if len(parts) < 6:
        return ""
    lead = ":".join(parts[:5]) + ":"
    if parts[2] == "s3" and not parts[4]:
        bucket, slash, _ = parts[5].partition("/")
        return f"{lead}{bucket}/" if slash else lead
    match = _TYPED.fullmatch(parts[5])
    return f"{lead}{match[1]}" if match else lead


def _shared(texts: list[str]) -> str:
    first, last = min(texts), max(texts)
    length = next((at for at, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first))
    return first[:length]
