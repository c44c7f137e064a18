"""IAM's quotas: AWS's defaults, each a setting.

`CLOUDWARD_IAM_QUOTA_USERS_PER_ACCOUNT=100000`, or `quota_users_per_account` in the file's table `[plugin.iam]`.
Source: IAM User Guide, "IAM and AWS STS quotas".
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING

from cloudward.api import check_quotas
from cloudward_iam.errors import LimitExceeded

if TYPE_CHECKING:
    from cloudward_iam.state import Ctx


class Quota(Enum):
    """A quota: its name in AWS's messages and AWS's default."""

    ACCESS_KEYS_PER_USER = ("AccessKeysPerUser", 2)
    ATTACHED_POLICIES_PER_GROUP = ("PoliciesPerGroup", 10)
    ATTACHED_POLICIES_PER_ROLE = ("PoliciesPerRole", 20)
    ATTACHED_POLICIES_PER_USER = ("PoliciesPerUser", 10)
    CLIENT_IDS_PER_OIDC_PROVIDER = ("ClientIdsPerOpenIdConnectProvider", 100)
    GROUPS_PER_ACCOUNT = ("GroupsPerAccount", 300)
    GROUPS_PER_USER = ("GroupsPerUser", 10)
    GROUP_POLICY_SIZE = ("GroupPolicySize", 5120)
    INSTANCE_PROFILES_PER_ACCOUNT = ("InstanceProfilesPerAccount", 1000)
    MANAGED_POLICY_SIZE = ("PolicySize", 6144)
    MFA_DEVICES_PER_USER = ("MFADevicesPerUser", 8)
    OIDC_PROVIDERS_PER_ACCOUNT = ("OpenIdConnectProvidersPerAccount", 100)
    POLICIES_PER_ACCOUNT = ("PoliciesPerAccount", 1500)
    POLICY_VERSIONS_IN_USE = ("PolicyVersionsInUse", 10000)
    ROLES_PER_ACCOUNT = ("RolesPerAccount", 1000)
    ROLES_PER_INSTANCE_PROFILE = ("InstanceSessionsPerInstanceProfile", 1)
    ROLE_POLICY_SIZE = ("RolePolicySize", 10240)
    SAML_PROVIDERS_PER_ACCOUNT = ("SAMLProvidersPerAccount", 100)
    SERVER_CERTIFICATES_PER_ACCOUNT = ("ServerCertificatesPerAccount", 20)
    SERVICE_SPECIFIC_CREDENTIALS_PER_USER = ("ServiceSpecificCredentialsPerUser", 2)
    SIGNING_CERTIFICATES_PER_USER = ("CertificatesPerUser", 2)
    SSH_KEYS_PER_USER = ("SSHPublicKeysPerUser", 5)
    TAGS_PER_RESOURCE = ("TagsPerResource", 50)
    TRUST_POLICY_SIZE = ("ACLSizePerRole", 2048)
    USERS_PER_ACCOUNT = ("UsersPerAccount", 5000)
    USER_POLICY_SIZE = ("UserPolicySize", 2048)
    VERSIONS_PER_POLICY = ("VersionsPerPolicy", 5)
    VIRTUAL_MFA_DEVICES_PER_ACCOUNT = ("VirtualMFADevicesPerAccount", 5000)

    @property
    def label(self) -> str:
        """The quota's name in AWS's messages."""
        return self.value[0]

    @property
    def setting(self) -> str:
        """The quota's name in the plugin's settings."""
        return "quota_" + self.name.lower()


def check_settings(settings: Mapping[str, object]) -> list[str]:
    """Check the plugin's settings of quotas.

    Args:
        settings: the plugin's settings.

    Returns:
        A line for each quota that does not exist.

    Raises:
        ConfigError: a quota that is no whole number.
    """
    quotas = {name: value for name, value in settings.items() if name.startswith("quota_")}
    return check_quotas("iam", {quota.setting for quota in Quota}, quotas)


def limit(ctx: Ctx, quota: Quota) -> int:
    """Return how much a quota allows.

    Args:
        ctx: the call.
        quota: the quota.
    """
    return int(ctx.config.plugin("iam").get(quota.setting, quota.value[1]))


def check_quota(ctx: Ctx, quota: Quota, count: int) -> None:
    """Refuse what would go over a quota.

    Args:
        ctx: the call.
        quota: the quota.
        count: how many there would be.

    Raises:
        LimitExceeded: that is more than the quota allows.
    """
    allowed = limit(ctx, quota)
    if count > allowed:
        raise LimitExceeded.quota(quota.label, allowed)
