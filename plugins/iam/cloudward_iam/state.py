"""What IAM keeps of an account: one line a table.

Everything that belongs to an entity is keyed by the entity's unique id, so that a rename carries it along and a name
made again does not inherit it.
"""

from __future__ import annotations

from typing import TypeAlias

from cloudward.api import Context, Per, State, index, table
from cloudward_iam.paging import ancestors
from cloudward_iam.records.access_keys import AccessKey, AccessKeyUse
from cloudward_iam.records.account import AccountAlias
from cloudward_iam.records.policies import Attachment, InlinePolicy, Policy, PolicyVersion
from cloudward_iam.records.principals import Group, InstanceProfile, Membership, Role, RoleUse, User

_PARTITION = Per.PARTITION
_UNDER = index("under", key=lambda record: ancestors(record.path), multi=True)
_BOUNDARY = index("boundary", key=lambda entity: entity.boundary_arn)


class IamState(State, per=Per.ACCOUNT):
    """Everything that one account owns in IAM."""

    # Users, groups, roles
    users = table(
        User, key="user_name", fold_case=True, indexes=(index("user_id", unique_in=_PARTITION), _UNDER, _BOUNDARY)
    )
    groups = table(Group, key="group_name", fold_case=True, indexes=(index("group_id", unique_in=_PARTITION), _UNDER))
    memberships = table(Membership, key=("group_id", "user_name"), fold_case=True, indexes=(index("user_id"),))
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
    )
    role_uses = table(RoleUse, key="role_id")
    instance_profiles = table(
        InstanceProfile,
        key="instance_profile_name",
        fold_case=True,
        indexes=(index("instance_profile_id", unique_in=_PARTITION), index("role_id"), _UNDER),
    )
    # Credentials
    access_keys = table(AccessKey, key="access_key_id", unique_in=_PARTITION, indexes=(index("user_id"),))
    access_key_uses = table(AccessKeyUse, key="access_key_id")
    # Policies
    policies = table(
        Policy, key="policy_name", fold_case=True, indexes=(index("policy_id", unique_in=_PARTITION), _UNDER)
    )
    policy_versions = table(PolicyVersion, key=("policy_id", "number"))
    attachments = table(
        Attachment,
        key=("policy_id", "entity_kind", "entity_name"),
        fold_case=True,
        indexes=(index("policy_id"), index("entity_id")),
    )
    inline_policies = table(InlinePolicy, key=("entity_id", "policy_name"))
    # The account
    account_aliases = table(AccountAlias, key="account_alias", unique_in=_PARTITION)


Ctx: TypeAlias = Context[IamState]
