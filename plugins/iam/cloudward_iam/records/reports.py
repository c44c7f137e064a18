"""Reports, and the uses of services that they tell of."""

from datetime import datetime

from cloudward.api import Record


class CredentialReport(Record):
    """An account's credential report."""

    content: str
    """The report as CSV."""
    generated_time: datetime
    """When it is ready."""


class ActionUse(Record):
    """The last time that an action was called, allowed or not."""

    action_name: str
    time: datetime
    region: str


class ServiceUse(Record):
    """The last time that a user or role called a service, allowed or not."""

    entity_id: str
    """The unique id; the account's number for the root user."""
    service_namespace: str
    time: datetime
    region: str
    actions: tuple[ActionUse, ...] = ()
    """The last use of each action, by name."""


class ReportedEntity(Record):
    """A user or role that a report of last accesses is about, and what it called."""

    arn: str
    name: str
    type: str
    id: str
    path: str
    uses: tuple[ServiceUse, ...] = ()


class LastAccessedReport(Record):
    """A report of the last accesses to services by means of a user, group, role or policy."""

    job_id: str
    job_type: str
    requester_id: str
    """Who asked for it and alone may read it: the id of a user or role, the account's number for root."""
    job_creation_date: datetime
    job_completion_date: datetime
    services: tuple[str, ...]
    """The namespaces of the services that the policies let the entities call."""
    actions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Of services whose actions are tracked, the actions that the policies allow."""
    entities: tuple[ReportedEntity, ...] = ()
