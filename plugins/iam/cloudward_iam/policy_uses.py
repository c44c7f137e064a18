"""Who uses a managed policy, as permissions policy or as boundary: the look-up behind ListEntitiesForPolicy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from cloudward.api import Page

if TYPE_CHECKING:
    from cloudward.api import TableView
    from cloudward_iam.paging import Fetch
    from cloudward_iam.records.policies import Policy
    from cloudward_iam.state import IamState

MEMBERS = {
    "group": ("PolicyGroups", "GroupName", "GroupId"),
    "user": ("PolicyUsers", "UserName", "UserId"),
    "role": ("PolicyRoles", "RoleName", "RoleId"),
}
"""For each kind of entity the output member, and the members of its items."""

ENTITY_FILTERS = {"User": "user", "Role": "role", "Group": "group"}
"""The values of `EntityFilter` that name a kind; policies cannot be attached to what the others name."""

_STAGES = (
    ("PermissionsPolicy", "group"),
    ("PermissionsPolicy", "role"),
    ("PermissionsPolicy", "user"),
    ("PermissionsBoundary", "role"),
    ("PermissionsBoundary", "user"),
)
_CHUNK = 200


class PolicyUse(NamedTuple):
    """One entity that uses a policy.

    Attributes:
        kind: `user`, `group` or `role`.
        name: its name.
        entity_id: its unique id.
    """

    kind: str
    name: str
    entity_id: str


def uses_of(state: IamState, policy: Policy, entity_filter: str | None, path_prefix: str, usage: str | None) -> Fetch:
    """Return the `fetch` of the entities that use a policy: attachments first, then boundaries not listed before.

    Args:
        state: the account's state.
        policy: the policy.
        entity_filter: only entities of this kind.
        path_prefix: only entities whose paths begin so.
        usage: `PermissionsPolicy` or `PermissionsBoundary`; None for both.
    """
    kind = None if entity_filter is None else ENTITY_FILTERS.get(entity_filter, "")

    def matching(first_stage: int, after: str | None) -> Iterator[tuple[int, PolicyUse]]:
        for number in range(first_stage, len(_STAGES)):
            stage_usage, stage_kind = _STAGES[number]
            if usage in {None, stage_usage} and kind in {None, stage_kind}:
                start = after if number == first_stage else None
                for use in _stage(state, policy, stage_usage, stage_kind, start):
                    twice = stage_usage == "PermissionsBoundary" and usage is None and _attached(state, policy, use)
                    if not twice and (path_prefix == "/" or _path(state, use).startswith(path_prefix)):
                        yield number, use

    def fetch(after: Any, count: int) -> Page[Any]:
        stage, name = after if after is not None else (0, None)
        found: list[tuple[int, PolicyUse]] = []
        for at, use in matching(stage, name):
            if len(found) == count:
                last_stage, last = found[-1]
                return Page([use for _, use in found], (last_stage, last.name))
            found.append((at, use))
        return Page([use for _, use in found], None)

    return fetch


def _stage(state: IamState, policy: Policy, usage: str, kind: str, after: str | None) -> Iterator[PolicyUse]:
    """Iterate over the entities of one kind that use a policy in one way, by name."""
    if usage == "PermissionsPolicy":
        prefix = (policy.policy_id, kind)
        key: Any = None if after is None else (*prefix, after)
        while True:
            page = state.attachments.page(after=key, limit=_CHUNK, prefix=prefix)
            yield from (PolicyUse(kind, item.entity_name, item.entity_id) for item in page.items)
            if page.next is None:
                return
            key = page.next
    name: str | None = after
    while True:
        if kind == "user":
            users = state.users.select_page("boundary", policy.arn, after=name, limit=_CHUNK)
            yield from (PolicyUse(kind, user.user_name, user.user_id) for user in users.items)
            name = users.next
        else:
            roles = state.roles.select_page("boundary", policy.arn, after=name, limit=_CHUNK)
            yield from (PolicyUse(kind, role.role_name, role.role_id) for role in roles.items)
            name = roles.next
        if name is None:
            return


def _attached(state: IamState, policy: Policy, use: PolicyUse) -> bool:
    return (policy.policy_id, use.kind, use.name) in state.attachments


def _path(state: IamState, use: PolicyUse) -> str:
    tables: dict[str, TableView[Any]] = {"user": state.users, "group": state.groups, "role": state.roles}
    entity = tables[use.kind].get(use.name)
    return "" if entity is None else entity.path
