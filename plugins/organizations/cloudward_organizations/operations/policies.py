"""Policies of an organization, and what they are attached to."""

from __future__ import annotations

from typing import Any

from cloudward.api import operation
from cloudward_organizations.attachments import attach
from cloudward_organizations.errors import (
    ConstraintViolation,
    DuplicateAttachment,
    DuplicatePolicy,
    InvalidInput,
    MalformedPolicyDocument,
    PolicyInUse,
    PolicyNotAttached,
    PolicyTypeNotEnabled,
)
from cloudward_organizations.identifiers import policy_id as new_policy_id
from cloudward_organizations.limits import Quota, check_quota
from cloudward_organizations.lookups import check_target, managed_organization, readable_organization
from cloudward_organizations.lookups import policy as find_policy
from cloudward_organizations.managed import MANAGED, NOT_DETACHABLE
from cloudward_organizations.operations.policy_types import check_available
from cloudward_organizations.paging import paged, pages_of
from cloudward_organizations.records import Attachment, Organization, Policy
from cloudward_organizations.shapes import ROOT_NAME, arn, policy_summary
from cloudward_organizations.state import Ctx
from cloudward_organizations.tagging import Tags, add_tags, forget_tags, read_tags
from cloudward_organizations.tree import target_type
from cloudward_policy import MalformedPolicy, PolicyKind, check_document

_KINDS = {"SERVICE_CONTROL_POLICY": PolicyKind.SCP, "RESOURCE_CONTROL_POLICY": PolicyKind.RCP}
_ARN_KINDS = {"ROOT": "root", "ORGANIZATIONAL_UNIT": "ou", "ACCOUNT": "account"}


@operation("CreatePolicy")
def create_policy(
    ctx: Ctx,
    *,
    content: str,
    description: str,
    name: str,
    type: str,  # noqa: A002 - the model's name
    tags: Tags = (),
) -> dict[str, Any]:
    """Make a policy, attached to nothing yet."""
    organization = managed_organization(ctx)
    check_available(organization, type)
    fresh = read_tags(tags)
    _check_name(ctx, organization, type, name)
    _check_content(ctx, type, content)
    check_quota(ctx, Quota.POLICIES_PER_TYPE, ctx.state.policies.count("type", (organization.id, type)) + 1)
    policy = Policy(
        id=new_policy_id(),
        organization_id=organization.id,
        name=name,
        type=type,
        description=description,
        content=content,
    )
    ctx.state.policies.add(policy)
    add_tags(ctx, policy.id, fresh)
    return _shown(ctx, organization, policy)


def _check_name(ctx: Ctx, organization: Organization, policy_type: str, name: str) -> None:
    if name == MANAGED[policy_type].name or ctx.state.policies.count("name", (organization.id, policy_type, name)):
        raise DuplicatePolicy.policy()


def _check_content(ctx: Ctx, policy_type: str, content: str) -> None:
    check_quota(ctx, Quota.POLICY_SIZE, len(content))
    try:
        check_document(content, _KINDS[policy_type])
    except MalformedPolicy as error:
        raise MalformedPolicyDocument(error.message) from None


def _shown(ctx: Ctx, organization: Organization, policy: Policy) -> dict[str, Any]:
    return {"Policy": {"PolicySummary": policy_summary(ctx, organization, policy), "Content": policy.content}}


@operation("DescribePolicy")
def describe_policy(ctx: Ctx, *, policy_id: str) -> dict[str, Any]:
    """Return a policy with its content."""
    organization = readable_organization(ctx)
    return _shown(ctx, organization, find_policy(ctx.state, organization, policy_id))


@operation("UpdatePolicy")
def update_policy(
    ctx: Ctx, *, policy_id: str, name: str | None = None, description: str | None = None, content: str | None = None
) -> dict[str, Any]:
    """Change a policy, in force at once wherever it is attached; what is not given stays."""
    organization = managed_organization(ctx)
    policy = _changeable(ctx, organization, policy_id)
    if name is not None and name != policy.name:
        _check_name(ctx, organization, policy.type, name)
    if content is not None:
        _check_content(ctx, policy.type, content)
    changed = policy.replace(
        name=policy.name if name is None else name,
        description=policy.description if description is None else description,
        content=policy.content if content is None else content,
    )
    return _shown(ctx, organization, ctx.state.policies.put(changed))


def _changeable(ctx: Ctx, organization: Organization, policy_id: str) -> Policy:
    policy = find_policy(ctx.state, organization, policy_id)
    if policy.aws_managed:
        raise InvalidInput.because("IMMUTABLE_POLICY")
    return policy


@operation("DeletePolicy")
def delete_policy(ctx: Ctx, *, policy_id: str) -> None:
    """Delete a policy that is attached to nothing."""
    organization = managed_organization(ctx)
    policy = _changeable(ctx, organization, policy_id)
    if ctx.state.attachments.count("policy", (organization.id, policy.id)):
        raise PolicyInUse.policy()
    forget_tags(ctx, policy.id)
    ctx.state.policies.remove(policy.id)


@operation("ListPolicies")
def list_policies(
    ctx: Ctx,
    *,
    filter: str,  # noqa: A002 - the model's name
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, Any]:
    """List the policies of a type, AWS's own included."""
    organization = readable_organization(ctx)
    own = ctx.state.policies.select("type", (organization.id, filter))
    managed = [MANAGED[filter]] if filter in MANAGED and organization.all_features else []
    return paged(
        ctx,
        "Policies",
        pages_of([*own, *managed], lambda policy: policy.id),
        listing="ListPolicies",
        next_token=next_token,
        max_results=max_results,
        bound_to=(filter,),
        show=lambda policy: policy_summary(ctx, organization, policy),
    )


@operation("AttachPolicy")
def attach_policy(ctx: Ctx, *, policy_id: str, target_id: str) -> None:
    """Attach a policy to a root, organizational unit or account."""
    organization = managed_organization(ctx)
    policy = find_policy(ctx.state, organization, policy_id)
    check_target(ctx, organization, target_id)
    if policy.type not in organization.policy_types:
        raise PolicyTypeNotEnabled.operation()
    if (target_id, policy.type, policy.id) in ctx.state.attachments:
        raise DuplicateAttachment.policy()
    check_quota(ctx, Quota.POLICIES_PER_TARGET, _attached(ctx, target_id, policy.type) + 1)
    attach(ctx.state, organization, policy, target_id)


@operation("DetachPolicy")
def detach_policy(ctx: Ctx, *, policy_id: str, target_id: str) -> None:
    """Detach a policy; one of each type must stay."""
    organization = managed_organization(ctx)
    policy = find_policy(ctx.state, organization, policy_id)
    check_target(ctx, organization, target_id)
    key = (target_id, policy.type, policy.id)
    if key not in ctx.state.attachments:
        raise PolicyNotAttached.policy()
    if policy.id in NOT_DETACHABLE:
        raise InvalidInput.because("NON_DETACHABLE_POLICY")
    if _attached(ctx, target_id, policy.type) == 1:
        raise ConstraintViolation.because("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    ctx.state.attachments.remove(key)


def _attached(ctx: Ctx, target_id: str, policy_type: str) -> int:
    return sum(1 for _ in ctx.state.attachments.range((target_id, policy_type)))


@operation("ListPoliciesForTarget")
def list_policies_for_target(
    ctx: Ctx,
    *,
    target_id: str,
    filter: str,  # noqa: A002 - the model's name
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, Any]:
    """List the policies of a type that are attached right to a root, organizational unit or account."""
    organization = readable_organization(ctx)
    check_target(ctx, organization, target_id)
    attachments = ctx.state.attachments

    def show(attachment: Attachment) -> dict[str, Any]:
        return policy_summary(ctx, organization, find_policy(ctx.state, organization, attachment.policy_id))

    return paged(
        ctx,
        "Policies",
        lambda after, count: attachments.page(after=after, limit=count, prefix=(target_id, filter)),
        listing="ListPoliciesForTarget",
        next_token=next_token,
        max_results=max_results,
        bound_to=(target_id, filter),
        show=show,
    )


@operation("ListTargetsForPolicy")
def list_targets_for_policy(
    ctx: Ctx, *, policy_id: str, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the roots, organizational units and accounts that a policy is attached to."""
    organization = readable_organization(ctx)
    policy = find_policy(ctx.state, organization, policy_id)
    attachments = ctx.state.attachments
    return paged(
        ctx,
        "Targets",
        lambda after, count: attachments.select_page("policy", (organization.id, policy.id), after=after, limit=count),
        listing="ListTargetsForPolicy",
        next_token=next_token,
        max_results=max_results,
        bound_to=(policy_id,),
        show=lambda attachment: _target(ctx, organization, attachment.target_id),
    )


def _target(ctx: Ctx, organization: Organization, target_id: str) -> dict[str, str]:
    kind = target_type(target_id)
    names = {
        "ROOT": lambda: ROOT_NAME,
        "ORGANIZATIONAL_UNIT": lambda: ctx.state.units[target_id].name,
        "ACCOUNT": lambda: ctx.state.accounts[target_id].name,
    }
    return {
        "TargetId": target_id,
        "Arn": arn(ctx, organization, _ARN_KINDS[kind], target_id),
        "Name": names[kind](),
        "Type": kind,
    }
