"""Policies inside users, groups and roles: what the operations of the three have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudward_iam.attachments import Entity, described
from cloudward_iam.documents import inline_document
from cloudward_iam.errors import NoSuchEntity
from cloudward_iam.paging import paged
from cloudward_iam.records.policies import InlinePolicy
from cloudward_policy import size_without_whitespace

if TYPE_CHECKING:
    from cloudward_iam.state import Ctx

_MISSING = {
    "user": NoSuchEntity.user_policy,
    "group": NoSuchEntity.group_policy,
    "role": NoSuchEntity.role_policy,
}


def put_inline(ctx: Ctx, entity: Entity, policy_name: str, text: str) -> None:
    """Put a policy into an entity, in place of the one of that name.

    Args:
        ctx: the call.
        entity: the user, group or role.
        policy_name: the policy's name.
        text: its document.

    Raises:
        MalformedPolicyDocument: AWS refuses the document.
        LimitExceeded: the entity's inline policies are too long together.
    """
    kind, name, entity_id = described(entity)
    others = sum(
        size_without_whitespace(policy.text)
        for policy in ctx.state.inline_policies.range((entity_id,))
        if policy.policy_name != policy_name
    )
    document = inline_document(ctx, kind, name, text, others)
    ctx.state.inline_policies.put(InlinePolicy(entity_id=entity_id, policy_name=policy_name, policy_document=document))


def get_inline(ctx: Ctx, entity: Entity, policy_name: str) -> dict[str, Any]:
    """Return an entity's inline policy, by output members.

    Args:
        ctx: the call.
        entity: the user, group or role.
        policy_name: the policy's name.

    Raises:
        NoSuchEntity: the entity has no such policy.
    """
    kind, _, entity_id = described(entity)
    policy = ctx.state.inline_policies.get((entity_id, policy_name))
    if policy is None:
        raise _MISSING[kind](policy_name)
    return {"PolicyName": policy.policy_name, "PolicyDocument": policy.policy_document}


def list_inline(ctx: Ctx, listing: str, entity: Entity, marker: str | None, max_items: int | None) -> dict[str, Any]:
    """Answer one page of the names of an entity's inline policies.

    Args:
        ctx: the call.
        listing: the operation's name.
        entity: the user, group or role.
        marker: the request's marker.
        max_items: the most to answer.
    """
    entity_id = described(entity)[2]
    policies = ctx.state.inline_policies
    return paged(
        ctx,
        "PolicyNames",
        lambda after, count: policies.page(after=after, limit=count, prefix=(entity_id,)),
        listing=listing,
        marker=marker,
        max_items=max_items,
        bound_to=(entity_id,),
        show=lambda policy: policy.policy_name,
    )


def delete_inline(ctx: Ctx, entity: Entity, policy_name: str) -> None:
    """Take an inline policy out of an entity.

    Args:
        ctx: the call.
        entity: the user, group or role.
        policy_name: the policy's name.

    Raises:
        NoSuchEntity: the entity has no such policy.
    """
    kind, _, entity_id = described(entity)
    if (entity_id, policy_name) not in ctx.state.inline_policies:
        raise _MISSING[kind](policy_name)
    ctx.state.inline_policies.remove((entity_id, policy_name))
