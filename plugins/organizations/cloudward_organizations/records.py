"""What Organizations keeps.

Fields are the members of the model's shapes as `xform_name`s; a few more serve look-ups.
"""

from datetime import datetime

from cloudward.api import Record


class Tag(Record):
    """A tag."""

    key: str
    value: str


class Tagged(Record):
    """The tags of a root, organizational unit, account or policy."""

    resource_id: str
    tags: tuple[Tag, ...]


class Organization(Record):
    """An organization and its root."""

    id: str
    feature_set: str
    management_account: str
    root_id: str
    policy_types: tuple[str, ...] = ()
    """The types of policy that are enabled in the root."""

    @property
    def all_features(self) -> bool:
        """Whether it is more than consolidated billing."""
        return self.feature_set == "ALL"


class Account(Record):
    """An account that is in an organization, or was."""

    id: str
    email: str
    name: str
    organization_id: str | None = None
    parent_id: str | None = None
    """The root or organizational unit that it is in; None outside an organization."""
    status: str = "ACTIVE"
    joined_method: str = "CREATED"
    joined_timestamp: datetime
    billing_access: str = "ALLOW"
    """Whether IAM users may see its bills, as CreateAccount was told."""


class Unit(Record):
    """An organizational unit."""

    id: str
    name: str
    organization_id: str
    parent_id: str


class Policy(Record):
    """A policy of an organization."""

    id: str
    organization_id: str
    name: str
    type: str
    description: str
    content: str
    aws_managed: bool = False


class Attachment(Record):
    """A policy attached to a root, organizational unit or account."""

    organization_id: str
    target_id: str
    policy_id: str
    policy_type: str


class CreateAccountStatus(Record):
    """A request to create an account."""

    id: str
    organization_id: str
    account_name: str
    state: str
    requested_timestamp: datetime
    completed_timestamp: datetime | None = None
    account_id: str | None = None
    failure_reason: str | None = None


class Handshake(Record):
    """An invitation, or the way to all features."""

    id: str
    organization_id: str
    action: str
    state: str
    requested_timestamp: datetime
    expiration_timestamp: datetime
    account_id: str | None = None
    """Who has to answer; None for the organization itself."""
    target_type: str = "ACCOUNT"
    """How the invitation named the account, by ACCOUNT or by EMAIL."""
    notes: str | None = None
    tags: tuple[Tag, ...] = ()
    """What the account is tagged with when it joins."""
    parent_id: str | None = None
    """The request for all features that a member approves."""


class ServiceAccess(Record):
    """A service that the organization trusts."""

    organization_id: str
    service_principal: str
    date_enabled: datetime


class Delegation(Record):
    """An account that administers a service for the organization."""

    organization_id: str
    account_id: str
    service_principal: str
    delegation_enabled_date: datetime
