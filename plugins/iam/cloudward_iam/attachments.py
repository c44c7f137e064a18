"""Which managed policies hang on which users, groups and roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from cloudward_iam.errors import NoSuchEntity, PolicyNotAttachable
from cloudward_iam.limits import Quota, check_quota
from cloudward_iam.managed_policies import find_policy, is_for_services
from cloudward_iam.paging import paged, pages_of
from cloudward_iam.records.policies import Attachment
from cloudward_iam.records.principals import Group, Role, User

if TYPE_CHECKING:
    from cloudward_iam.records.policies import Policy
    from cloudward_iam.state import Ctx, IamState

Entity: TypeAlias = User | Group | Role

QUOTAS = {
    "user": Quota.ATTACHED_POLICIES_PER_USER,
    "group": Quota.ATTACHED_POLICIES_PER_GROUP,
    "role": Quota.ATTACHED_POLICIES_PER_ROLE,
}


def described(entity: Entity) -> tuple[str, str, str]:
    """Return an entity's kind, name and unique id.

    Args:
        entity: a user, group or role.
    """
    match entity:
        case User():
            return "user", entity.user_name, entity.user_id
        case Group():
            return "group", entity.group_name, entity.group_id
        case Role():
            return "role", entity.role_name, entity.role_id


def attach(ctx: Ctx, entity: Entity, policy_arn: str) -> None:
    """Attach a managed policy; doing so twice is no error.

    Args:
        ctx: the call.
        entity: what to attach it to.
        policy_arn: the policy's ARN.

    Raises:
        NoSuchEntity: there is no such policy.
        PolicyNotAttachable: it is one for service-linked roles.
        LimitExceeded: the entity has as many as it may.
    """
    policy = find_policy(ctx, policy_arn, missing=NoSuchEntity.not_attachable)
    kind, name, entity_id = described(entity)
    if is_for_services(policy) and not (isinstance(entity, Role) and entity.service_linked):
        raise PolicyNotAttachable.service_role()
    attachments = ctx.state.attachments
    if (policy.policy_id, kind, name) in attachments:
        return
    check_quota(ctx, QUOTAS[kind], attachments.count("entity_id", entity_id) + 1)
    attachments.add(
        Attachment(
            policy_id=policy.policy_id,
            entity_kind=kind,
            entity_name=name,
            entity_id=entity_id,
            policy_name=policy.policy_name,
            policy_arn=policy.arn,
        )
    )


def detach(ctx: Ctx, entity: Entity, policy_arn: str) -> None:
    """Detach a managed policy.

    Args:
        ctx: the call.
        entity: what to detach it from.
        policy_arn: the policy's ARN.

    Raises:
        NoSuchEntity: there is no such policy, or it is not attached.
    """
    policy = find_policy(ctx, policy_arn)
    kind, name, _ = described(entity)
    key = (policy.policy_id, kind, name)
    if key not in ctx.state.attachments:
        raise NoSuchEntity.policy(policy_arn)
    ctx.state.attachments.remove(key)


def list_attached(
    ctx: Ctx, listing: str, entity: Entity, path_prefix: str | None, marker: str | None, max_items: int | None
) -> dict[str, Any]:
    """Answer one page of the managed policies attached to an entity, by name.

    Args:
        ctx: the call.
        listing: the operation's name.
        entity: the user, group or role.
        path_prefix: what the policies' paths must begin with.
        marker: the request's marker.
        max_items: the most to answer.
    """
    entity_id = described(entity)[2]
    found = [
        attachment
        for attachment in ctx.state.attachments.select("entity_id", entity_id)
        if path_prefix in {None, "/"} or _path(attachment).startswith(path_prefix or "")
    ]
    return paged(
        ctx,
        "AttachedPolicies",
        pages_of(found, lambda attachment: (attachment.policy_name.lower(), attachment.policy_id)),
        listing=listing,
        marker=marker,
        max_items=max_items,
        bound_to=(entity_id, path_prefix),
        show=lambda attachment: {"PolicyName": attachment.policy_name, "PolicyArn": attachment.policy_arn},
    )


def attachment_count(state: IamState, policy: Policy) -> int:
    """Return how many users, groups and roles of an account a managed policy is attached to.

    Args:
        state: the account's state.
        policy: the policy.
    """
    return state.attachments.count("policy_id", policy.policy_id)


def boundary_count(state: IamState, policy: Policy) -> int:
    """Return how many users and roles of an account a managed policy bounds.

    Args:
        state: the account's state.
        policy: the policy.
    """
    return state.users.count("boundary", policy.arn) + state.roles.count("boundary", policy.arn)


def rename_entity(state: IamState, entity_id: str, name: str) -> None:
    """Carry a user's, group's or role's policies over to its new name.

    Args:
        state: the account's state.
        entity_id: the entity's unique id.
        name: its new name.
    """
    for attachment in list(state.attachments.select("entity_id", entity_id)):
        state.attachments.replace(_key(attachment), attachment.replace(entity_name=name))


def _key(record: Attachment) -> tuple[str, str, str]:
    return record.policy_id, record.entity_kind, record.entity_name


def _path(attachment: Attachment) -> str:
    resource = attachment.policy_arn.split(":", 5)[5].removeprefix("policy")
    return resource[: resource.rindex("/") + 1]
