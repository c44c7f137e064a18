"""Every reason why IAM refuses to delete something that is still in use: one table.

The rules of a kind are tried in the order given, and the first that applies is answered.  Sources: messages quoted in
public issue reports and recorded from AWS; the order follows IAM User Guide, "Deleting an IAM user", read backwards
where AWS is known to look at attached policies first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloudward_iam.attachments import attachment_count, boundary_count
from cloudward_iam.errors import DeleteConflict

if TYPE_CHECKING:
    from cloudward_iam.records.policies import Policy
    from cloudward_iam.records.principals import Group, InstanceProfile, Role, User
    from cloudward_iam.state import IamState


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason not to delete something.

    Attributes:
        applies: whether the thing, a record, is in use that way.
        message: AWS's message.
    """

    applies: Callable[[IamState, Any], bool]
    message: str


_DETACH = "Cannot delete entity, must detach all policies first."
_INLINE = "Cannot delete entity, must delete policies first."
_REFERENCED = "Cannot delete entity, must remove referenced objects first."
_MEMBERS = "Cannot delete entity, must remove users from group first."
_IN_PROFILE = "Cannot delete entity, must remove roles from instance profile first."
_ATTACHED = "Cannot delete a policy attached to entities."
_VERSIONS = (
    "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
    "The default version is deleted with the policy."
)


def _user_in_group(state: IamState, user: User) -> bool:
    return state.memberships.count("user_id", user.user_id) > 0


def _user_has_access_key(state: IamState, user: User) -> bool:
    return state.access_keys.count("user_id", user.user_id) > 0


def _user_has_login_profile(state: IamState, user: User) -> bool:
    return user.user_id in state.login_profiles


def _has_credential(table: str) -> Callable[[IamState, User], bool]:
    return lambda state, user: getattr(state, table).count("user_id", user.user_id) > 0


def _group_has_users(state: IamState, group: Group) -> bool:
    return any(True for _ in state.memberships.range((group.group_id,)))


def _role_in_profile(state: IamState, role: Role) -> bool:
    return state.instance_profiles.count("role_id", role.role_id) > 0


def _profile_has_role(state: IamState, profile: InstanceProfile) -> bool:
    return profile.role_id is not None


def _policy_in_use(state: IamState, policy: Policy) -> bool:
    return attachment_count(state, policy) + boundary_count(state, policy) > 0


def _policy_has_versions(state: IamState, policy: Policy) -> bool:
    return sum(1 for _ in state.policy_versions.range((policy.policy_id,))) > 1


def _has_attached(id_field: str) -> Callable[[IamState, Any], bool]:
    return lambda state, entity: state.attachments.count("entity_id", getattr(entity, id_field)) > 0


def _has_inline(id_field: str) -> Callable[[IamState, Any], bool]:
    return lambda state, entity: any(True for _ in state.inline_policies.range((getattr(entity, id_field),)))


RULES: dict[str, tuple[Rule, ...]] = {
    "user": (
        Rule(_has_attached("user_id"), _DETACH),
        Rule(_has_inline("user_id"), _INLINE),
        Rule(_user_in_group, _MEMBERS),
        Rule(_user_has_access_key, "Cannot delete entity, must delete access keys first."),
        Rule(_user_has_login_profile, "Cannot delete entity, must delete login profile first."),
        Rule(_has_credential("mfa_devices"), "Cannot delete entity, must delete MFA device first."),
        Rule(_has_credential("signing_certificates"), "Cannot delete entity, must delete certificates first."),
        Rule(_has_credential("ssh_public_keys"), _REFERENCED),
        Rule(_has_credential("service_specific_credentials"), _REFERENCED),
    ),
    "group": (
        Rule(_group_has_users, _MEMBERS),
        Rule(_has_attached("group_id"), _DETACH),
        Rule(_has_inline("group_id"), _INLINE),
    ),
    "role": (
        Rule(_role_in_profile, _IN_PROFILE),
        Rule(_has_attached("role_id"), _DETACH),
        Rule(_has_inline("role_id"), _INLINE),
    ),
    "instance-profile": (Rule(_profile_has_role, _IN_PROFILE),),
    "policy": (
        Rule(_policy_in_use, _ATTACHED),
        Rule(_policy_has_versions, _VERSIONS),
    ),
}


def check_deletable(state: IamState, kind: str, record: object) -> None:
    """Refuse to delete what is in use.

    Args:
        state: the account's state.
        kind: a key of `RULES`.
        record: what is to be deleted.

    Raises:
        DeleteConflict: the first rule that applies.
    """
    for rule in RULES[kind]:
        if rule.applies(state, record):
            raise DeleteConflict(rule.message)
