"""Managed policies, the account's own and AWS's, seen alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudward_iam import aws_policies
from cloudward_iam.arns import parse_arn
from cloudward_iam.errors import Invalid, InvalidInput, NoSuchEntity

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloudward_iam.records.policies import Policy
    from cloudward_iam.state import Ctx, IamState


def is_aws_owned(policy: Policy) -> bool:
    """Tell whether a policy is AWS's own.

    Args:
        policy: the policy.
    """
    return policy.arn.split(":", 5)[4] == aws_policies.OWNER


def lookup(state: IamState, policy_arn: str) -> Policy | None:
    """Return a managed policy by its ARN, None when the account has none and AWS neither.

    Args:
        state: the account's state.
        policy_arn: the ARN.
    """
    parts = parse_arn(policy_arn)
    if parts is None or parts.kind != "policy":
        return None
    if parts.account == aws_policies.OWNER:
        return aws_policies.find(parts.partition, parts.path, parts.name)
    policy = state.policies.get(parts.name)
    return policy if policy is not None and policy.arn == policy_arn else None


def find_policy(ctx: Ctx, policy_arn: str, *, missing: Callable[..., Any] = NoSuchEntity.policy) -> Policy:
    """Return the managed policy that a request names.

    Args:
        ctx: the call.
        policy_arn: its ARN.
        missing: makes the error for a policy that does not exist, from the ARN.

    Raises:
        Invalid: the text is no ARN.
        InvalidInput: the ARN is no policy's.
        NoSuchEntity: there is no such policy.
    """
    policy = lookup(ctx.state, policy_arn)
    if policy is not None:
        return policy
    if policy_arn.count(":") < 5 or not policy_arn.startswith("arn:"):
        raise Invalid.unparsable_arn()
    parts = parse_arn(policy_arn)
    if parts is None or parts.kind != "policy":
        raise InvalidInput.arn(policy_arn)
    raise missing(policy_arn)


def default_text(state: IamState, policy: Policy) -> str:
    """Return the JSON text of a managed policy's default version.

    Args:
        state: the state of the account that owns it, or that uses AWS's.
        policy: the policy.
    """
    if is_aws_owned(policy):
        return aws_policies.document(policy.arn.split(":", 2)[1], policy.policy_name)
    return state.policy_versions[policy.policy_id, int(policy.default_version_id[1:])].text


def is_for_services(policy: Policy) -> bool:
    """Tell whether a managed policy is AWS's own for a service-linked role: nothing else may carry it.

    Args:
        policy: the policy.
    """
    return policy.path.startswith("/aws-service-role/")
