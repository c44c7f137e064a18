"""Organizations' quotas: AWS's defaults, each a setting.

`CLOUDWARD_ORGANIZATIONS_QUOTA_ACCOUNTS=100`, or `quota_accounts` in the file's table `[plugin.organizations]`.
Source: AWS Organizations User Guide, "Quotas and service limits for AWS Organizations".
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from cloudward.api import check_quotas
from cloudward_organizations.errors import ConstraintViolation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloudward_organizations.state import Ctx


class Quota(Enum):
    """A quota: the reason in AWS's error and AWS's default."""

    ACCOUNTS = ("ACCOUNT_NUMBER_LIMIT_EXCEEDED", 10)
    UNITS = ("OU_NUMBER_LIMIT_EXCEEDED", 2000)
    UNIT_DEPTH = ("OU_DEPTH_LIMIT_EXCEEDED", 5)
    POLICIES_PER_TYPE = ("POLICY_NUMBER_LIMIT_EXCEEDED", 1000)
    POLICY_SIZE = ("POLICY_CONTENT_LIMIT_EXCEEDED", 5120)
    POLICIES_PER_TARGET = ("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", 5)
    TAGS_PER_RESOURCE = ("MAX_TAG_LIMIT_EXCEEDED", 50)

    @property
    def setting(self) -> str:
        """The quota's name in the plugin's settings."""
        return "quota_" + self.name.lower()


def limit(ctx: Ctx, quota: Quota) -> int:
    """Return how much a quota allows.

    Args:
        ctx: the call.
        quota: the quota.
    """
    return int(ctx.config.plugin("organizations").get(quota.setting, quota.value[1]))


def check_quota(ctx: Ctx, quota: Quota, count: int) -> None:
    """Refuse what would go over a quota.

    Args:
        ctx: the call.
        quota: the quota.
        count: how many there would be.

    Raises:
        ConstraintViolation: that is more than the quota allows.
    """
    if count > limit(ctx, quota):
        raise ConstraintViolation.because(quota.value[0])


def check_settings(settings: Mapping[str, object]) -> list[str]:
    """Check the plugin's settings.

    Args:
        settings: the plugin's settings.

    Returns:
        A line for each setting that does not exist.

    Raises:
        ConfigError: a quota that is no whole number.
    """
    return check_quotas("organizations", {quota.setting for quota in Quota}, settings)
