"""What an account has, and how much it may have."""

from __future__ import annotations

from typing import Any

from cloudward.api import operation
from cloudward_iam.limits import Quota, limit
from cloudward_iam.preferences import DEFAULT_TOKEN_VERSION
from cloudward_iam.state import Ctx

_QUOTAS = {
    "UsersQuota": Quota.USERS_PER_ACCOUNT,
    "GroupsQuota": Quota.GROUPS_PER_ACCOUNT,
    "RolesQuota": Quota.ROLES_PER_ACCOUNT,
    "InstanceProfilesQuota": Quota.INSTANCE_PROFILES_PER_ACCOUNT,
    "ServerCertificatesQuota": Quota.SERVER_CERTIFICATES_PER_ACCOUNT,
    "PoliciesQuota": Quota.POLICIES_PER_ACCOUNT,
    "PolicySizeQuota": Quota.MANAGED_POLICY_SIZE,
    "PolicyVersionsInUseQuota": Quota.POLICY_VERSIONS_IN_USE,
    "VersionsPerPolicyQuota": Quota.VERSIONS_PER_POLICY,
    "UserPolicySizeQuota": Quota.USER_POLICY_SIZE,
    "GroupPolicySizeQuota": Quota.GROUP_POLICY_SIZE,
    "RolePolicySizeQuota": Quota.ROLE_POLICY_SIZE,
    "AssumeRolePolicySizeQuota": Quota.TRUST_POLICY_SIZE,
    "GroupsPerUserQuota": Quota.GROUPS_PER_USER,
    "AccessKeysPerUserQuota": Quota.ACCESS_KEYS_PER_USER,
    "SigningCertificatesPerUserQuota": Quota.SIGNING_CERTIFICATES_PER_USER,
    "AttachedPoliciesPerUserQuota": Quota.ATTACHED_POLICIES_PER_USER,
    "AttachedPoliciesPerGroupQuota": Quota.ATTACHED_POLICIES_PER_GROUP,
    "AttachedPoliciesPerRoleQuota": Quota.ATTACHED_POLICIES_PER_ROLE,
}

_COUNTED = {
    "Users": ("users",),
    "Groups": ("groups",),
    "Roles": ("roles",),
    "InstanceProfiles": ("instance_profiles",),
    "ServerCertificates": ("server_certificates",),
    "Policies": ("policies",),
    "PolicyVersionsInUse": ("policy_versions",),
    "Providers": ("saml_providers", "oidc_providers"),
    "MFADevices": ("mfa_devices",),
}

_OF_ROOT = {
    "AccountMFAEnabled": "mfa_devices",
    "AccountAccessKeysPresent": "access_keys",
    "AccountSigningCertificatesPresent": "signing_certificates",
}


@operation("GetAccountSummary")
def get_account_summary(ctx: Ctx) -> dict[str, Any]:
    """Count what the account has, beside its quotas; by the sizes of tables and indexes, never by a walk."""
    state = ctx.state
    summary = {key: sum(len(getattr(state, name)) for name in names) for key, names in _COUNTED.items()}
    summary |= {key: limit(ctx, quota) for key, quota in _QUOTAS.items()}
    summary |= {key: int(getattr(state, name).count("user_id", ctx.account) > 0) for key, name in _OF_ROOT.items()}
    summary["MFADevicesInUse"] = summary["MFADevices"] - state.mfa_devices.count("assignment", "Unassigned")
    summary["AccountPasswordPresent"] = int(root_has_password(ctx))
    preferences = state.token_preferences.get()
    version = DEFAULT_TOKEN_VERSION if preferences is None else preferences.global_endpoint_token_version
    summary["GlobalEndpointTokenVersion"] = int(version[1])
    return {"SummaryMap": summary}


def root_has_password(ctx: Ctx) -> bool:
    """Tell whether the account's root user has a console password.

    Root users have one from the start, but nobody tells the gateway what it is; it has a record of their passwords only
    after an AssumeRoot session has allowed a root user without one to set it.

    Args:
        ctx: the call.
    """
    profile = ctx.state.login_profiles.get(ctx.account)
    return profile is None or bool(profile.password_hash)
