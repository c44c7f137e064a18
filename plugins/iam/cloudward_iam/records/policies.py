"""Managed policies, their versions and attachments, and inline policies.

Documents are kept percent-encoded, the form in which IAM answers them.
"""

from datetime import datetime
from urllib.parse import unquote

from cloudward.api import Record
from cloudward_iam.records.tags import Tag


class Policy(Record):
    """A customer managed policy."""

    policy_name: str
    policy_id: str
    arn: str
    path: str
    default_version_id: str
    create_date: datetime
    update_date: datetime
    description: str | None = None
    tags: tuple[Tag, ...] | None = None
    last_version: int = 1
    """The number of the newest version ever made; numbers are not given out again."""


class PolicyVersion(Record):
    """A version of a customer managed policy."""

    policy_id: str
    number: int
    document: str
    create_date: datetime

    @property
    def version_id(self) -> str:
        """The version's id, `v` and its number."""
        return f"v{self.number}"

    @property
    def text(self) -> str:
        """The document's JSON text."""
        return unquote(self.document)


class InlinePolicy(Record):
    """A policy that lives in a user, group or role."""

    entity_id: str
    policy_name: str
    policy_document: str

    @property
    def text(self) -> str:
        """The document's JSON text."""
        return unquote(self.policy_document)


class Attachment(Record):
    """A managed policy attached to a user, group or role.

    It carries the names that listings are sorted by; a rename of the entity makes a new record.
    """

    policy_id: str
    entity_kind: str
    entity_name: str
    entity_id: str
    policy_name: str
    policy_arn: str
