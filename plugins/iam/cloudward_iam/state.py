"""What IAM keeps of an account: one line a table.

Everything that belongs to an entity is keyed by the entity's unique id, so that a rename carries it along and a name
made again does not inherit it.
"""

from __future__ import annotations

from typing import TypeAlias

from cloudward.api import Context, Per, State, index, single, table
from cloudward_iam.records.access_keys import AccessKey, AccessKeyUse
from cloudward_iam.records.account import AccountAlias
from cloudward_iam.records.policies import Attachment, InlinePolicy, Policy, PolicyVersion
from cloudward_iam.records.principals import Group, InstanceProfile, Membership, Role, RoleUse, User

_PARTITION = Per.PARTITION
_BOUNDARY = index("boundary", key=lambda entity: entity.boundary_arn)


class IamState(State, per=Per.ACCOUNT):
    """Everything that one account owns in IAM."""

    # Users, groups, roles
    users = table(User, key="user_name", fold_case=True, indexes=(index("user_id", unique_in=_PARTITION), _BOUNDARY))
    groups = table(Group, key="group_name", fold_case=True, indexes=(index("group_id", unique_in=_PARTITION),))
    memberships = table(Membership, key=("group_id", "user_name"), fold_case=True, indexes=(index("user_id"),))
    roles = table(Role, key="role_name", fold_case=True, indexes=(index("role_id", unique_in=_PARTITION), _BOUNDARY))
    role_uses = table(RoleUse, key="role_id")
    instance_profiles = table(
        InstanceProfile,
        key="instance_profile_name",
        fold_case=True,
        indexes=(index("instance_profile_id", unique_in=_PARTITION), index("role_id")),
    )
    # Credentials
    access_keys = table(AccessKey, key="access_key_id", unique_in=_PARTITION, indexes=(index("user_id"),))
    access_key_uses = table(AccessKeyUse, key="access_key_id")
    # Policies
    policies = table(Policy, key="policy_name", fold_case=True, indexes=(index("policy_id", unique_in=_PARTITION),))
    policy_versions = table(PolicyVersion, key=("policy_id", "number"))
    attachments = table(
        Attachment,
        key=("policy_id", "entity_kind", "entity_name"),
        fold_case=True,
        indexes=(index("policy_id"), index("entity_id")),
    )
    inline_policies = table(InlinePolicy, key=("entity_id", "policy_name"))
    # The account
    account_alias = single(AccountAlias)


Ctx: TypeAlias = Context[IamState]
