"""Quotas as settings."""

from __future__ import annotations

import pytest

from cloudward.errors import ConfigError
from cloudward_iam.limits import check_settings


def test_a_misspelt_quota_is_reported() -> None:
    assert check_settings({"quota_user_per_account": "3", "other": "x", "quota_users_per_account": 3}) == [
        "unknown setting quota_user_per_account of plugin iam; did you mean quota_users_per_account?"
    ]


@pytest.mark.parametrize("value", ["many", "-1", "1.5", True, ""])
def test_a_quota_is_a_whole_number(value: object) -> None:
    with pytest.raises(ConfigError, match="setting quota_users_per_account of plugin iam must be a whole number"):
        check_settings({"quota_users_per_account": value})
