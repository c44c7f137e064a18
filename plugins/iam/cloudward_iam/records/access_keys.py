"""Long-term access keys."""

from datetime import datetime

from cloudward.api import Record


class AccessKey(Record):
    """An access key of a user, or of the account's root user."""

    access_key_id: str
    user_id: str
    """The user's id; for keys of the root user the account's number, as AWS does."""
    secret_access_key: str
    status: str
    create_date: datetime


class AccessKeyUse(Record):
    """An access key's last use, kept beside the key: it changes often and is nobody's edit."""

    access_key_id: str
    last_used_date: datetime
    service_name: str
    region: str
