"""What Organizations keeps of a partition, one line a table; organizations and accounts find each other by ids."""

from __future__ import annotations

from typing import TypeAlias

from cloudward.api import Context, Per, State, index, reference, table
from cloudward_organizations.records import (
    Account,
    Attachment,
    CreateAccountStatus,
    Delegation,
    Handshake,
    Organization,
    Policy,
    ServiceAccess,
    Tagged,
    Unit,
)

_PARTITION = Per.PARTITION
_OF_ORGANIZATION = reference("organization_id", "organizations")


class OrganizationsState(State, per=_PARTITION):
    """The organizations of a partition."""

    organizations = table(
        Organization,
        key="id",
        indexes=(index("root_id", unique_in=_PARTITION), index("management_account", unique_in=_PARTITION)),
    )
    accounts = table(
        Account,
        key="id",
        indexes=(
            index("email", fold_case=True, unique_in=_PARTITION),
            index("organization_id"),
            index("parent_id"),
        ),
        references=(_OF_ORGANIZATION,),
    )
    units = table(
        Unit,
        key="id",
        indexes=(
            index("organization_id"),
            index("parent_id"),
            index("name", key=lambda unit: (unit.parent_id, unit.name)),
        ),
        references=(_OF_ORGANIZATION,),
    )
    policies = table(
        Policy,
        key="id",
        indexes=(
            index("organization_id"),
            index("type", key=lambda policy: (policy.organization_id, policy.type)),
            index("name", key=lambda policy: (policy.organization_id, policy.type, policy.name)),
        ),
        references=(_OF_ORGANIZATION,),
    )
    attachments = table(
        Attachment,
        key=("target_id", "policy_type", "policy_id"),
        indexes=(
            index("policy", key=lambda found: (found.organization_id, found.policy_id)),
            index("type", key=lambda found: (found.organization_id, found.policy_type)),
        ),
        references=(_OF_ORGANIZATION,),
    )
    create_account_statuses = table(
        CreateAccountStatus, key="id", indexes=(index("organization_id"),), references=(_OF_ORGANIZATION,)
    )
    handshakes = table(
        Handshake,
        key="id",
        indexes=(index("organization_id"), index("account_id"), index("parent_id")),
        references=(_OF_ORGANIZATION,),
    )
    service_access = table(ServiceAccess, key=("organization_id", "service_principal"), references=(_OF_ORGANIZATION,))
    delegations = table(
        Delegation, key=("organization_id", "account_id", "service_principal"), references=(_OF_ORGANIZATION,)
    )
    tags = table(Tagged, key="resource_id")


Ctx: TypeAlias = Context[OrganizationsState]
