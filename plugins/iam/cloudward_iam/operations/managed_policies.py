"""Customer managed policies and the listing of all managed policies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cloudward.api import Page, operation, unique_id
from cloudward_iam import aws_policies
from cloudward_iam.arns import make_arn
from cloudward_iam.attachments import attachment_count, boundary_count
from cloudward_iam.deletion import check_deletable
from cloudward_iam.documents import managed_document
from cloudward_iam.errors import EntityAlreadyExists, NotAuthorized
from cloudward_iam.limits import Quota, check_quota
from cloudward_iam.managed_policies import find_policy, is_aws_owned
from cloudward_iam.paging import Fetch, one_after_another, paged, under
from cloudward_iam.records.policies import Policy, PolicyVersion
from cloudward_iam.state import Ctx
from cloudward_iam.tags import Tags, listed, merged, without

_USES: dict[str, Callable[..., int]] = {"PermissionsPolicy": attachment_count, "PermissionsBoundary": boundary_count}
_LOCAL, _AWS = "0", "1"


@operation("CreatePolicy")
def create_policy(
    ctx: Ctx,
    *,
    policy_name: str,
    policy_document: str,
    path: str = "/",
    description: str | None = None,
    tags: Tags = (),
) -> dict[str, Any]:
    """Make a customer managed policy with its first version."""
    policies = ctx.state.policies
    document = managed_document(ctx, policy_document)
    if policy_name in policies:
        raise EntityAlreadyExists.policy(policy_name)
    check_quota(ctx, Quota.POLICIES_PER_ACCOUNT, len(policies) + 1)
    check_quota(ctx, Quota.POLICY_VERSIONS_IN_USE, len(ctx.state.policy_versions) + 1)
    now = ctx.now.replace(microsecond=0)
    policy = Policy(
        policy_name=policy_name,
        policy_id=unique_id("ANPA"),
        arn=make_arn(ctx.scope, "policy", path, policy_name),
        path=path,
        default_version_id="v1",
        create_date=now,
        update_date=now,
        description=description,
        tags=merged(ctx, None, tags),
    )
    policies.add(policy)
    version = PolicyVersion(policy_id=policy.policy_id, number=1, document=document, create_date=now)
    ctx.state.policy_versions.add(version)
    return {"Policy": {**in_listing(ctx, policy), "Tags": policy.tags}}


@operation("GetPolicy")
def get_policy(ctx: Ctx, *, policy_arn: str) -> dict[str, Any]:
    """Return a managed policy, the account's own or AWS's, with how often the account uses it."""
    policy = find_policy(ctx, policy_arn)
    return {"Policy": {**in_listing(ctx, policy), "Description": policy.description, "Tags": policy.tags or ()}}


def in_listing(ctx: Ctx, policy: Policy) -> dict[str, Any]:
    """Return a managed policy as listings show it: without description and tags.

    Args:
        ctx: the call; the account's uses are counted.
        policy: the policy.
    """
    return {
        "PolicyName": policy.policy_name,
        "PolicyId": policy.policy_id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": policy.default_version_id,
        "AttachmentCount": attachment_count(ctx.state, policy),
        "PermissionsBoundaryUsageCount": boundary_count(ctx.state, policy),
        "IsAttachable": True,
        "CreateDate": policy.create_date,
        "UpdateDate": policy.update_date,
    }


@operation("ListPolicies")
def list_policies(
    ctx: Ctx,
    *,
    scope: str = "All",
    only_attached: bool = False,
    path_prefix: str = "/",
    policy_usage_filter: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """List managed policies by name, the account's own before AWS's."""
    used: Callable[[Policy], bool] | None = None
    if policy_usage_filter is not None:
        count = _USES[policy_usage_filter]
        used = lambda policy: count(ctx.state, policy) > 0  # noqa: E731 - the two tests read best side by side
    elif only_attached:
        used = lambda policy: attachment_count(ctx.state, policy) > 0  # noqa: E731

    def aws_page(after: Any, count: int) -> Page[Policy]:
        found = []
        for policy in aws_policies.after(ctx.partition, after):
            if policy.path.startswith(path_prefix) and (used is None or used(policy)):
                found.append(policy)
                if len(found) > count:
                    return Page(found[:count], found[count - 1].policy_name)
        return Page(found, None)

    local = _filtered(under(ctx.state.policies, path_prefix), used)
    sources = {_LOCAL: local, _AWS: aws_page}
    if scope != "All":
        sources.pop(_AWS if scope == "Local" else _LOCAL)
    return paged(
        ctx,
        "Policies",
        one_after_another(sources),
        listing="ListPolicies",
        marker=marker,
        max_items=max_items,
        bound_to=(scope, str(only_attached), path_prefix, policy_usage_filter),
        show=lambda policy: in_listing(ctx, policy),
    )


def _filtered(fetch: Fetch, where: Callable[[Policy], bool] | None) -> Fetch:
    """Return a `fetch` of the records that pass a test."""
    if where is None:
        return fetch

    def filtered(after: Any, count: int) -> Page[Policy]:
        found: list[Policy] = []
        while True:
            page = fetch(after, count)
            for policy in page.items:
                if where(policy):
                    if len(found) == count:
                        return Page(found, found[-1].policy_name)
                    found.append(policy)
            if page.next is None:
                return Page(found, None)
            after = page.next

    return filtered


@operation("DeletePolicy")
def delete_policy(ctx: Ctx, *, policy_arn: str) -> None:
    """Delete a customer managed policy that is attached nowhere and has no versions but the default."""
    policy = find_own_policy(ctx, policy_arn)
    check_deletable(ctx.state, "policy", policy)
    for version in list(ctx.state.policy_versions.range((policy.policy_id,))):
        ctx.state.policy_versions.remove((version.policy_id, version.number))
    ctx.state.policies.remove(policy.policy_name)


def find_own_policy(ctx: Ctx, policy_arn: str) -> Policy:
    """Return a managed policy that the account may change.

    Args:
        ctx: the call.
        policy_arn: its ARN.

    Raises:
        NoSuchEntity: there is no such policy.
        NotAuthorized: it is AWS's own.
    """
    policy = find_policy(ctx, policy_arn)
    if is_aws_owned(policy):
        raise NotAuthorized.aws_owned_policy()
    return policy


@operation("TagPolicy")
def tag_policy(ctx: Ctx, *, policy_arn: str, tags: Tags) -> None:
    """Set tags of a customer managed policy."""
    policy = find_own_policy(ctx, policy_arn)
    ctx.state.policies.put(policy.replace(tags=merged(ctx, policy.tags, tags)))


@operation("UntagPolicy")
def untag_policy(ctx: Ctx, *, policy_arn: str, tag_keys: Sequence[str]) -> None:
    """Take tags from a customer managed policy."""
    policy = find_own_policy(ctx, policy_arn)
    ctx.state.policies.put(policy.replace(tags=without(policy.tags, tag_keys)))


@operation("ListPolicyTags")
def list_policy_tags(
    ctx: Ctx, *, policy_arn: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List a managed policy's tags by key."""
    policy = find_policy(ctx, policy_arn)
    return listed(ctx, "ListPolicyTags", policy.policy_id, policy.tags, marker, max_items)
