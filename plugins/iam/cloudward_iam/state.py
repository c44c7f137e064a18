"""What IAM keeps of an account: one line a table.

Everything that belongs to an entity is keyed by the entity's unique id, so that a rename carries it along and a name
made again does not inherit it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from cloudward.api import Context, Per, Record, State, index, reference, single, table
from cloudward_iam.paging import ancestors
from cloudward_iam.records.access_keys import AccessKey, AccessKeyUse
from cloudward_iam.records.account import AccountAlias
from cloudward_iam.records.certificates import ServerCertificate, SigningCertificate
from cloudward_iam.records.credentials import LoginProfile, PasswordPolicy, ServiceSpecificCredential, SSHPublicKey
from cloudward_iam.records.delegation import DelegationRequest
from cloudward_iam.records.federation import OpenIDConnectProvider, SAMLProvider
from cloudward_iam.records.mfa import MFADevice
from cloudward_iam.records.organizations import OrganizationsAccessReport, OrganizationsFeatures
from cloudward_iam.records.policies import Attachment, InlinePolicy, Policy, PolicyVersion
from cloudward_iam.records.preferences import AccountProperty, OutboundFederation, TokenPreferences
from cloudward_iam.records.principals import Group, InstanceProfile, Membership, Role, RoleUse, User
from cloudward_iam.records.reports import CredentialReport, LastAccessedReport, ServiceUse
from cloudward_iam.records.service_linked_roles import DeletionTask

_PARTITION = Per.PARTITION
_UNDER = index("under", key=lambda record: ancestors(record.path), multi=True)
_BOUNDARY = index("boundary", key=lambda entity: entity.boundary_arn)
# Of the root user's credentials, `user_id` is the account's number.
_OF_USER = reference("user_id", "users.user_id", unless=lambda credential: (credential.user_id or "").isdigit())
_OF_ROLE = reference("role_id", "roles.role_id")
_OF_ENTITY = reference("entity_id", "users.user_id", "groups.group_id", "roles.role_id")
_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)


def _checked_name(field: str) -> Callable[[Record], str | None]:
    """Return a check of imported records: a name as IAM's API would take it."""

    def check(record: Record) -> str | None:
        name = getattr(record, field)
        return None if _NAME.fullmatch(name) else f"{field} {name!r} is not a valid name"

    return check


class IamState(State, per=Per.ACCOUNT):
    """Everything that one account owns in IAM."""

    # Users, groups, roles
    users = table(
        User,
        key="user_name",
        fold_case=True,
        indexes=(index("user_id", unique_in=_PARTITION), _UNDER, _BOUNDARY),
        check=_checked_name("user_name"),
    )
    groups = table(
        Group,
        key="group_name",
        fold_case=True,
        indexes=(index("group_id", unique_in=_PARTITION), _UNDER),
        check=_checked_name("group_name"),
    )
    memberships = table(
        Membership,
        key=("group_id", "user_name"),
        fold_case=True,
        indexes=(index("user_id"),),
        references=(reference("user_name", "users"), reference("group_id", "groups.group_id")),
    )
    roles = table(
        Role,
        key="role_name",
        fold_case=True,
        indexes=(
            index("role_id", unique_in=_PARTITION),
            _UNDER,
            _BOUNDARY,
            index("trusted", key=lambda role: role.trusted_arns, multi=True),
        ),
        check=_checked_name("role_name"),
    )
    role_uses = table(RoleUse, key="role_id", references=(_OF_ROLE,))
    instance_profiles = table(
        InstanceProfile,
        key="instance_profile_name",
        fold_case=True,
        indexes=(index("instance_profile_id", unique_in=_PARTITION), index("role_id"), _UNDER),
        references=(_OF_ROLE,),
        check=_checked_name("instance_profile_name"),
    )
    # Credentials
    access_keys = table(
        AccessKey, key="access_key_id", unique_in=_PARTITION, indexes=(index("user_id"),), references=(_OF_USER,)
    )
    access_key_uses = table(AccessKeyUse, key="access_key_id", references=("access_keys", "access_key_id"))
    login_profiles = table(LoginProfile, key="user_id", references=(_OF_USER,))
    mfa_devices = table(
        MFADevice,
        key="serial_number",
        indexes=(
            index("user_id"),
            index("virtual", key=lambda device: device.virtual or None),
            index("assignment", key=lambda device: device.assignment),
        ),
        references=(_OF_USER,),
    )
    ssh_public_keys = table(SSHPublicKey, key="ssh_public_key_id", indexes=(index("user_id"),), references=(_OF_USER,))
    service_specific_credentials = table(
        ServiceSpecificCredential,
        key="service_specific_credential_id",
        indexes=(
            index("user_id"),
            index("service_name"),
            index("user_service", key=lambda found: f"{found.user_id}/{found.service_name}"),
            index("secret_hash", unique_in=_PARTITION),
        ),
        references=(_OF_USER,),
    )
    server_certificates = table(ServerCertificate, key="server_certificate_name", fold_case=True, indexes=(_UNDER,))
    signing_certificates = table(
        SigningCertificate,
        key="certificate_id",
        indexes=(index("user_id"), index("fingerprint")),
        references=(_OF_USER,),
    )
    # Federation
    saml_providers = table(SAMLProvider, key="name")
    oidc_providers = table(OpenIDConnectProvider, key="url")
    # Policies
    policies = table(
        Policy,
        key="policy_name",
        fold_case=True,
        indexes=(index("policy_id", unique_in=_PARTITION), _UNDER),
        check=_checked_name("policy_name"),
    )
    policy_versions = table(
        PolicyVersion, key=("policy_id", "number"), references=(reference("policy_id", "policies.policy_id"),)
    )
    attachments = table(
        Attachment,
        key=("policy_id", "entity_kind", "entity_name"),
        fold_case=True,
        indexes=(index("policy_id"), index("entity_id")),
        references=(_OF_ENTITY,),
    )
    inline_policies = table(InlinePolicy, key=("entity_id", "policy_name"), references=(_OF_ENTITY,))
    # The account
    account_aliases = table(AccountAlias, key="account_alias", unique_in=_PARTITION)
    password_policy = single(PasswordPolicy)
    token_preferences = single(TokenPreferences)
    outbound_federation = single(OutboundFederation)
    properties = table(AccountProperty, key="name")
    organizations_features = single(OrganizationsFeatures)
    organizations_reports = table(OrganizationsAccessReport, key="job_id")
    delegation_requests = table(
        DelegationRequest,
        key="delegation_request_id",
        unique_in=_PARTITION,
        indexes=(
            index("owner_id"),
            index("owner_account_id", key=lambda one: one.owner_account_id if one.owner_id else None),
            index("workflow", key=lambda one: (one.requestor_id, one.requestor_workflow_id), unique_in=_PARTITION),
        ),
    )
    # Reports
    credential_report = single(CredentialReport)
    service_uses = table(
        ServiceUse,
        key=("entity_id", "service_namespace"),
        references=(
            reference("entity_id", "users.user_id", "roles.role_id", unless=lambda use: use.entity_id.isdigit()),
        ),
    )
    last_accessed_reports = table(LastAccessedReport, key="job_id")
    # Service-linked roles
    deletion_tasks = table(DeletionTask, key="deletion_task_id", indexes=(index("role_id"),))


Ctx: TypeAlias = Context[IamState]
