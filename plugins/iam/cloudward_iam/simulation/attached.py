"""The policies of a user, group or role, compiled: its own, and for a user those of its groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cloudward_iam.attachments import Entity, described
from cloudward_iam.managed_policies import default_text, lookup
from cloudward_iam.records.principals import Group, User
from cloudward_iam.simulation.documents import compiled_anyhow
from cloudward_policy import AttachedPolicy, PolicyKind

if TYPE_CHECKING:
    from cloudward_iam.state import IamState


def identity_policies(state: IamState, entity: Entity) -> tuple[AttachedPolicy, ...]:
    """Return the identity-based policies of an entity, inline ones first, each at what it is attached to.

    Args:
        state: the account's state.
        entity: the user, group or role; a user's groups are included.
    """
    entities: list[Entity] = [entity]
    if isinstance(entity, User):
        entities += groups_of(state, entity)
    return tuple(policy for each in entities for policy in _own(state, each))


def groups_of(state: IamState, user: User) -> list[Group]:
    """Return the groups that a user is in.

    Args:
        state: the account's state.
        user: the user.
    """
    found = []
    for membership in state.memberships.select("user_id", user.user_id):
        group = state.groups.find("group_id", membership.group_id)
        if group is not None:
            found.append(group)
    return sorted(found, key=lambda group: group.group_name.lower())


def boundary_policy(state: IamState, entity: Entity) -> AttachedPolicy | None:
    """Return the permissions boundary of an entity, None where it has none.

    Args:
        state: the account's state.
        entity: the user, group or role; groups never have one.
    """
    if isinstance(entity, Group) or entity.boundary_arn is None:
        return None
    policy = lookup(state, entity.boundary_arn)
    if policy is None:
        return None
    kind, name, _ = described(entity)
    text = default_text(state, policy)
    return AttachedPolicy(compiled_anyhow(text, PolicyKind.BOUNDARY), policy.policy_name, policy.arn, f"{kind}/{name}")


def _own(state: IamState, entity: Entity) -> Iterator[AttachedPolicy]:
    kind, name, entity_id = described(entity)
    source = f"{kind}/{name}"
    for inline in state.inline_policies.range((entity_id,)):
        yield AttachedPolicy(compiled_anyhow(inline.text, PolicyKind.IDENTITY), inline.policy_name, None, source)
    for attachment in state.attachments.select("entity_id", entity_id):
        policy = lookup(state, attachment.policy_arn)
        if policy is not None:
            text = default_text(state, policy)
            yield AttachedPolicy(compiled_anyhow(text, PolicyKind.IDENTITY), policy.policy_name, policy.arn, source)
