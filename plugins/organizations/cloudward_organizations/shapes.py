"""Records as answers show them, with their ARNs."""

from __future__ import annotations

from typing import Any

from cloudward_organizations.records import Account, CreateAccountStatus, Handshake, Organization, Policy, Unit
from cloudward_organizations.state import Ctx
from cloudward_organizations.tree import path_of

AVAILABLE_TYPES = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")
"""The types of policy that organizations can have here: those that decide what is allowed."""

ROOT_NAME = "Root"


def arn(ctx: Ctx, organization: Organization, kind: str, *parts: str) -> str:
    """Return the ARN of something of an organization; all belong to the management account.

    Args:
        ctx: the call.
        organization: the organization.
        kind: `account`, `ou`, `policy` …
        parts: what follows the organization's id.
    """
    path = "/".join((kind, organization.id, *parts))
    return f"arn:{ctx.partition}:organizations::{organization.management_account}:{path}"


def organization_shape(ctx: Ctx, organization: Organization) -> dict[str, Any]:
    """Return an organization.

    Args:
        ctx: the call.
        organization: the organization.
    """
    management = ctx.state.accounts[organization.management_account]
    # Of the policy types AWS lists service control policies here, and always; roots tell which are enabled.
    available = [{"Type": AVAILABLE_TYPES[0], "Status": "ENABLED"}] if organization.all_features else []
    return {
        "Id": organization.id,
        "Arn": arn(ctx, organization, "organization"),
        "FeatureSet": organization.feature_set,
        "MasterAccountArn": arn(ctx, organization, "account", management.id),
        "MasterAccountId": management.id,
        "MasterAccountEmail": management.email,
        "AvailablePolicyTypes": available,
    }


def root_shape(ctx: Ctx, organization: Organization) -> dict[str, Any]:
    """Return an organization's root.

    Args:
        ctx: the call.
        organization: the organization.
    """
    return {
        "Id": organization.root_id,
        "Arn": arn(ctx, organization, "root", organization.root_id),
        "Name": ROOT_NAME,
        "PolicyTypes": [{"Type": name, "Status": "ENABLED"} for name in organization.policy_types],
    }


def account_shape(ctx: Ctx, organization: Organization, account: Account) -> dict[str, Any]:
    """Return an account.

    Args:
        ctx: the call.
        organization: its organization.
        account: the account.
    """
    return {
        **_member(ctx, organization, account),
        "Paths": [f"{path_of(ctx.state, organization, account.parent_id)}{account.id}/"],
    }


def _member(ctx: Ctx, organization: Organization, account: Account) -> dict[str, Any]:
    return {
        "Id": account.id,
        "Arn": arn(ctx, organization, "account", account.id),
        "Email": account.email,
        "Name": account.name,
        "Status": account.status,
        "State": account.status,
        "JoinedMethod": account.joined_method,
        "JoinedTimestamp": account.joined_timestamp,
    }


def administrator_shape(ctx: Ctx, organization: Organization, account: Account, since: object) -> dict[str, Any]:
    """Return a delegated administrator.

    Args:
        ctx: the call.
        organization: its organization.
        account: the account.
        since: when it became one.
    """
    return {**_member(ctx, organization, account), "DelegationEnabledDate": since}


def unit_shape(ctx: Ctx, organization: Organization, unit: Unit) -> dict[str, Any]:
    """Return an organizational unit.

    Args:
        ctx: the call.
        organization: its organization.
        unit: the unit.
    """
    return {
        "Id": unit.id,
        "Arn": arn(ctx, organization, "ou", unit.id),
        "Name": unit.name,
        "Path": path_of(ctx.state, organization, unit.id),
    }


def policy_summary(ctx: Ctx, organization: Organization, policy: Policy) -> dict[str, Any]:
    """Return a policy without its content.

    Args:
        ctx: the call.
        organization: its organization.
        policy: the policy.
    """
    return {
        "Id": policy.id,
        "Arn": policy_arn(ctx.partition, organization, policy),
        "Name": policy.name,
        "Description": policy.description,
        "Type": policy.type,
        "AwsManaged": policy.aws_managed,
    }


def policy_arn(partition: str, organization: Organization, policy: Policy) -> str:
    """Return a policy's ARN.

    Args:
        partition: the partition.
        organization: the organization that uses it.
        policy: the policy.
    """
    if policy.aws_managed:
        return f"arn:{partition}:organizations::aws:policy/{policy.type.lower()}/{policy.id}"
    owner = organization.management_account
    return f"arn:{partition}:organizations::{owner}:policy/{organization.id}/{policy.type.lower()}/{policy.id}"


def status_shape(status: CreateAccountStatus) -> dict[str, Any]:
    """Return a request to create an account.

    Args:
        status: the request.
    """
    return {
        "Id": status.id,
        "AccountName": status.account_name,
        "State": status.state,
        "RequestedTimestamp": status.requested_timestamp,
        "CompletedTimestamp": status.completed_timestamp,
        "AccountId": status.account_id,
        "FailureReason": status.failure_reason,
    }


def handshake_shape(ctx: Ctx, organization: Organization, handshake: Handshake) -> dict[str, Any]:
    """Return a handshake.

    Args:
        ctx: the call.
        organization: the organization that began it.
        handshake: the handshake.
    """
    management = ctx.state.accounts[organization.management_account]
    about: dict[str, Any] = {
        "Type": "ORGANIZATION",
        "Value": organization.id,
        "Resources": [
            {"Type": "MASTER_EMAIL", "Value": management.email},
            {"Type": "MASTER_NAME", "Value": management.name},
            {"Type": "ORGANIZATION_FEATURE_SET", "Value": organization.feature_set},
        ],
    }
    parties = [{"Id": organization.id.removeprefix("o-"), "Type": "ORGANIZATION"}]
    resources = [about]
    if handshake.account_id is not None:
        by_email = handshake.target_type == "EMAIL"
        target = ctx.state.accounts[handshake.account_id].email if by_email else handshake.account_id
        parties.append({"Id": target, "Type": handshake.target_type})
        resources.append({"Type": handshake.target_type, "Value": target})
    if handshake.notes:
        resources.append({"Type": "NOTES", "Value": handshake.notes})
    if handshake.parent_id is not None:
        resources.append({"Type": "PARENT_HANDSHAKE", "Value": handshake.parent_id})
    return {
        "Id": handshake.id,
        "Arn": arn(ctx, organization, "handshake", handshake.action.lower(), handshake.id),
        "Parties": parties,
        "State": handshake.state,
        "RequestedTimestamp": handshake.requested_timestamp,
        "ExpirationTimestamp": handshake.expiration_timestamp,
        "Action": handshake.action,
        "Resources": resources,
    }
