"""What the resource browser shows of an account; no secrets are among it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudward.api import Scope
from cloudward_iam.attachments import Entity, attachment_count, described
from cloudward_iam.records.principals import Group, Role, User
from cloudward_iam.simulation.attached import groups_of
from cloudward_iam.state import IamState

if TYPE_CHECKING:
    from cloudward.api import App


def accounts(app: App) -> list[dict[str, Any]]:
    """Return every account that has anything in IAM, with how much of it.

    Args:
        app: the gateway.
    """
    found = []
    with app.store.begin() as transaction:
        for scope in app.store.scopes("iam"):
            if not scope.account:
                continue
            state = transaction.state(IamState, scope)
            found.append(
                {
                    "partition": scope.partition,
                    "account": scope.account,
                    "users": len(state.users),
                    "groups": len(state.groups),
                    "roles": len(state.roles),
                    "policies": len(state.policies),
                }
            )
    return found


def account(app: App, partition: str, number: str) -> dict[str, Any]:
    """Return an account's users, groups, roles and managed policies with their documents.

    Args:
        app: the gateway.
        partition: the partition.
        number: the account.
    """
    with app.store.begin() as transaction:
        state = transaction.state(IamState, Scope(partition, number))
        return {
            "users": [
                {
                    **_entity(state, user),
                    "groups": [group.group_name for group in groups_of(state, user)],
                    "access_keys": [
                        {"id": key.access_key_id, "status": key.status}
                        for key in state.access_keys.select("user_id", user.user_id)
                    ],
                }
                for user in state.users
            ],
            "groups": [
                {
                    **_entity(state, group),
                    "users": [member.user_name for member in state.memberships.range((group.group_id,))],
                }
                for group in state.groups
            ],
            "roles": [{**_entity(state, role), "trust_policy": role.trust_policy} for role in state.roles],
            "policies": [
                {
                    "name": policy.policy_name,
                    "arn": policy.arn,
                    "attachments": attachment_count(state, policy),
                    "versions": [
                        {
                            "id": version.version_id,
                            "default": version.version_id == policy.default_version_id,
                            "document": version.text,
                        }
                        for version in state.policy_versions.range((policy.policy_id,))
                    ],
                }
                for policy in state.policies
            ],
        }


def _entity(state: IamState, entity: Entity) -> dict[str, Any]:
    _, name, entity_id = described(entity)
    found: dict[str, Any] = {
        "name": name,
        "arn": entity.arn,
        "id": entity_id,
        "created": entity.create_date,
        "inline_policies": [
            {"name": policy.policy_name, "document": policy.text}
            for policy in state.inline_policies.range((entity_id,))
        ],
        "attached_policies": [
            {"name": attachment.policy_name, "arn": attachment.policy_arn}
            for attachment in state.attachments.select("entity_id", entity_id)
        ],
    }
    if not isinstance(entity, Group):
        found["boundary"] = entity.boundary_arn
        found["tags"] = {tag.key: tag.value for tag in _tagged(entity)}
    return found


def _tagged(entity: User | Role) -> Any:
    return entity.tags or ()
