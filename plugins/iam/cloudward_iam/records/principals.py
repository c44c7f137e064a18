"""Users, groups, roles and instance profiles."""

from datetime import datetime
from urllib.parse import unquote

from cloudward.api import Record
from cloudward_iam.records.tags import Tag


class AttachedPermissionsBoundary(Record):
    """The managed policy that bounds a user or role."""

    permissions_boundary_arn: str
    permissions_boundary_type: str = "Policy"


class User(Record):
    """An IAM user."""

    path: str
    user_name: str
    user_id: str
    arn: str
    create_date: datetime
    password_last_used: datetime | None = None
    permissions_boundary: AttachedPermissionsBoundary | None = None
    tags: tuple[Tag, ...] | None = None

    @property
    def boundary_arn(self) -> str | None:
        """The ARN of the permissions boundary, None without one."""
        return None if self.permissions_boundary is None else self.permissions_boundary.permissions_boundary_arn


class Group(Record):
    """An IAM group."""

    path: str
    group_name: str
    group_id: str
    arn: str
    create_date: datetime


class Membership(Record):
    """A user's place in a group; it carries the user's name so that a group lists its users in order."""

    group_id: str
    user_name: str
    user_id: str


class RoleLastUsed(Record):
    """When and where a role's credentials were last used."""

    last_used_date: datetime | None = None
    region: str | None = None


class SourceRoleTemplate(Record):
    """The role template that a role was acquired from."""

    template_arn: str | None = None
    template_minor_version: int | None = None


class Role(Record):
    """An IAM role; its trust policy is kept percent-encoded, the form in which IAM answers documents."""

    path: str
    role_name: str
    role_id: str
    arn: str
    create_date: datetime
    assume_role_policy_document: str
    description: str | None = None
    max_session_duration: int = 3600
    permissions_boundary: AttachedPermissionsBoundary | None = None
    tags: tuple[Tag, ...] | None = None
    source_role_template: SourceRoleTemplate | None = None
    role_last_used: RoleLastUsed | None = None
    """Filled in answers only; state keeps it in `RoleUse`."""
    trusted_arns: tuple[str, ...] = ()
    """The account's own users and roles that the trust policy names, which AWS ties to their unique ids."""

    @property
    def trust_policy(self) -> str:
        """The trust policy's JSON text."""
        return unquote(self.assume_role_policy_document)

    @property
    def boundary_arn(self) -> str | None:
        """The ARN of the permissions boundary, None without one."""
        return None if self.permissions_boundary is None else self.permissions_boundary.permissions_boundary_arn

    @property
    def service_linked(self) -> bool:
        """Whether an AWS service owns the role."""
        return self.path.startswith("/aws-service-role/")


class InstanceProfile(Record):
    """An instance profile and the role in it, by the role's id, so that nothing names a role twice."""

    path: str
    instance_profile_name: str
    instance_profile_id: str
    arn: str
    create_date: datetime
    role_id: str | None = None
    tags: tuple[Tag, ...] | None = None


class RoleUse(Record):
    """A role's last use, kept beside the role: it changes often and is nobody's edit."""

    role_id: str
    last_used_date: datetime
    region: str
