"""Delegation requests: temporary access that a product provider asks an account for."""

from datetime import datetime

from cloudward.api import Record


class PolicyParameter(Record):
    """A value that a delegation's policy template is filled with."""

    name: str | None = None
    values: tuple[str, ...] | None = None
    type: str | None = None


class DelegationPermission(Record):
    """The permissions that a delegation asks for."""

    policy_template_arn: str | None = None
    parameters: tuple[PolicyParameter, ...] | None = None


class DelegationRequest(Record):
    """A delegation request.  It lives in the requestor's account until someone owns it, then in the owner's."""

    delegation_request_id: str
    description: str
    permissions: DelegationPermission
    permission_policy: str | None = None
    role_permission_restriction_arns: tuple[str, ...] | None = None
    requestor_id: str
    requestor_name: str | None = None
    requestor_workflow_id: str
    notification_channel: str
    create_date: datetime
    updated_time: datetime
    expiration_time: datetime
    session_duration: int
    state: str
    owner_account_id: str | None = None
    owner_id: str | None = None
    approver_id: str | None = None
    approver_unique_id: str | None = None
    request_message: str | None = None
    redirect_url: str | None = None
    notes: str | None = None
    rejection_reason: str | None = None
    only_send_by_owner: bool = False
    token: str | None = None
    """The exchange token, once it was sent."""
