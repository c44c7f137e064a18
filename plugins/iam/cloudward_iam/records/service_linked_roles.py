"""The tasks that delete service-linked roles."""

from datetime import datetime

from cloudward.api import Record


class RoleUsage(Record):
    """Resources that still use a service-linked role."""

    region: str
    resources: tuple[str, ...]


class DeletionTask(Record):
    """The deletion of a service-linked role, which AWS does on its own time."""

    deletion_task_id: str
    role_id: str
    role_name: str
    submitted_at: datetime
    finishes_at: datetime
    status: str = "IN_PROGRESS"
    reason: str | None = None
    role_usage_list: tuple[RoleUsage, ...] = ()
