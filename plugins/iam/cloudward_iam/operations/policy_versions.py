"""Versions of managed policies."""

from __future__ import annotations

from typing import Any

from cloudward.api import operation
from cloudward_iam import aws_policies
from cloudward_iam.documents import encode, managed_document
from cloudward_iam.errors import DeleteConflict, LimitExceeded, NoSuchEntity
from cloudward_iam.limits import Quota, check_quota, limit
from cloudward_iam.managed_policies import find_policy, is_aws_owned
from cloudward_iam.operations.managed_policies import find_own_policy
from cloudward_iam.paging import paged, pages_of
from cloudward_iam.records.policies import Policy, PolicyVersion
from cloudward_iam.state import Ctx


@operation("CreatePolicyVersion")
def create_policy_version(
    ctx: Ctx, *, policy_arn: str, policy_document: str, set_as_default: bool = False
) -> dict[str, Any]:
    """Add a version to a customer managed policy; version numbers are never given out again."""
    policy = find_own_policy(ctx, policy_arn)
    document = managed_document(ctx, policy_document)
    allowed = limit(ctx, Quota.VERSIONS_PER_POLICY)
    if len(versions_of(ctx, policy)) >= allowed:
        raise LimitExceeded.versions(allowed)
    check_quota(ctx, Quota.POLICY_VERSIONS_IN_USE, len(ctx.state.policy_versions) + 1)
    now = ctx.now.replace(microsecond=0)
    version = PolicyVersion(
        policy_id=policy.policy_id, number=policy.last_version + 1, document=document, create_date=now
    )
    ctx.state.policy_versions.add(version)
    policy = policy.replace(
        last_version=version.number,
        update_date=now,
        default_version_id=version.version_id if set_as_default else policy.default_version_id,
    )
    ctx.state.policies.put(policy)
    return {"PolicyVersion": shown(policy, version)}


def versions_of(ctx: Ctx, policy: Policy) -> list[PolicyVersion]:
    """Return the versions of a managed policy; of AWS's own only the newest is known.

    Args:
        ctx: the call.
        policy: the policy.
    """
    if is_aws_owned(policy):
        text = aws_policies.document(ctx.partition, policy.policy_name)
        number = int(policy.default_version_id[1:])
        return [
            PolicyVersion(
                policy_id=policy.policy_id, number=number, document=encode(text), create_date=policy.update_date
            )
        ]
    return list(ctx.state.policy_versions.range((policy.policy_id,)))


def shown(policy: Policy, version: PolicyVersion, *, with_document: bool = False) -> dict[str, Any]:
    """Return a version as answers show it.

    Args:
        policy: the policy.
        version: one of its versions.
        with_document: whether the document is shown.
    """
    return {
        "VersionId": version.version_id,
        "IsDefaultVersion": version.version_id == policy.default_version_id,
        "CreateDate": version.create_date,
        "Document": version.document if with_document else None,
    }


def _version(ctx: Ctx, policy: Policy, version_id: str) -> PolicyVersion:
    for version in versions_of(ctx, policy):
        if version.version_id == version_id:
            return version
    raise NoSuchEntity.policy_version(policy.arn, version_id)


@operation("GetPolicyVersion")
def get_policy_version(ctx: Ctx, *, policy_arn: str, version_id: str) -> dict[str, Any]:
    """Return a version of a managed policy with its document."""
    policy = find_policy(ctx, policy_arn)
    return {"PolicyVersion": shown(policy, _version(ctx, policy, version_id), with_document=True)}


@operation("ListPolicyVersions")
def list_policy_versions(
    ctx: Ctx, *, policy_arn: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the versions of a managed policy, the newest first."""
    policy = find_policy(ctx, policy_arn)
    return paged(
        ctx,
        "Versions",
        pages_of(versions_of(ctx, policy), lambda version: -version.number),
        listing="ListPolicyVersions",
        marker=marker,
        max_items=max_items,
        bound_to=(policy.policy_id,),
        show=lambda version: shown(policy, version),
    )


@operation("DeletePolicyVersion")
def delete_policy_version(ctx: Ctx, *, policy_arn: str, version_id: str) -> None:
    """Delete a version that is not the default."""
    policy = find_own_policy(ctx, policy_arn)
    version = _version(ctx, policy, version_id)
    if version.version_id == policy.default_version_id:
        raise DeleteConflict.default_version()
    ctx.state.policy_versions.remove((policy.policy_id, version.number))


@operation("SetDefaultPolicyVersion")
def set_default_policy_version(ctx: Ctx, *, policy_arn: str, version_id: str) -> None:
    """Put another version into force wherever the policy is attached."""
    policy = find_own_policy(ctx, policy_arn)
    version = _version(ctx, policy, version_id)
    ctx.state.policies.put(policy.replace(default_version_id=version.version_id))
