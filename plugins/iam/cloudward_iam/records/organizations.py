"""What IAM keeps for an organization: root access features and access reports."""

from datetime import datetime

from cloudward.api import Record


class OrganizationsFeatures(Record):
    """The features of centralized root access that an organization has switched on."""

    enabled_features: tuple[str, ...] = ()


class ServiceAccess(Record):
    """The last access to a service from within an entity of an organization."""

    service_name: str
    service_namespace: str
    region: str | None = None
    entity_path: str | None = None
    last_authenticated_time: datetime | None = None
    total_authenticated_entities: int | None = None


class OrganizationsAccessReport(Record):
    """A report of last accesses for an entity of an organization."""

    job_id: str
    entity_path: str
    organizations_policy_id: str | None = None
    job_creation_date: datetime
    job_completion_date: datetime
    failed: bool = False
    access_details: tuple[ServiceAccess, ...] = ()
