"""What roles are bound to."""

from datetime import datetime

from cloudward.api import Record


class RoleBinding(Record):
    """An instance or a container that runs as a role.

    `source` is `imds` or `container`; `identity` the instance's or the task's id, which names its sessions; `secret`
    what a container must show.
    """

    name: str
    source: str
    role_arn: str
    region: str
    identity: str
    secret: str
    created_at: datetime
