"""The account summary and the credential report, with boto3."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloudward.clock import Clock
from cloudward.config import Config
from cloudward.testing import Gateway, running_gateway
from tests.contract.iam.expect import ALLOW, TRUST, refused, text

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    """A clock that the test moves."""
    clock = Clock()
    clock.freeze(NOW)
    return clock


@pytest.fixture
def slow(clock: Clock) -> Any:
    """A gateway whose credential reports take a minute."""
    config = Config(plugin_settings={"iam": {"credential_report_seconds": 60}})
    with running_gateway(config, clock=clock) as gateway:
        yield gateway


def rows(iam: Any) -> dict[str, dict[str, str]]:
    """Return the report's lines by user."""
    iam.generate_credential_report()
    content = iam.get_credential_report()["Content"].decode()
    return {row["user"]: row for row in csv.DictReader(io.StringIO(content))}


def summary(iam: Any) -> dict[str, int]:
    return dict(iam.get_account_summary()["SummaryMap"])


def test_account_summary_of_an_empty_account(iam: Any) -> None:
    found = summary(iam)
    assert set(found) == set(iam.meta.service_model.shape_for("summaryKeyType").enum)
    assert {key: value for key, value in found.items() if value and not key.endswith("Quota")} == {
        "AccountPasswordPresent": 1,
        "GlobalEndpointTokenVersion": 1,
    }
    assert (found["UsersQuota"], found["PolicySizeQuota"], found["VersionsPerPolicyQuota"]) == (5000, 6144, 5)
    assert (found["AssumeRolePolicySizeQuota"], found["PolicyVersionsInUseQuota"]) == (2048, 10000)


def test_account_summary_counts(iam: Any, account: str) -> None:
    for name in ("alice", "bob"):
        iam.create_user(UserName=name)
    iam.create_group(GroupName="group")
    iam.create_role(RoleName="role", AssumeRolePolicyDocument=text(TRUST))
    iam.create_instance_profile(InstanceProfileName="profile")
    arn = iam.create_policy(PolicyName="policy", PolicyDocument=text(ALLOW))["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=text(ALLOW))
    iam.create_virtual_mfa_device(VirtualMFADeviceName="device")
    iam.create_access_key()
    iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v2Token")
    found = summary(iam)
    assert [found[key] for key in ("Users", "Groups", "Roles", "InstanceProfiles")] == [2, 1, 1, 1]
    assert [found[key] for key in ("Policies", "PolicyVersionsInUse", "Providers")] == [1, 2, 0]
    assert [found[key] for key in ("MFADevices", "MFADevicesInUse", "AccountMFAEnabled")] == [1, 0, 0]
    assert (found["AccountAccessKeysPresent"], found["GlobalEndpointTokenVersion"]) == (1, 2)
    iam.delete_user(UserName="bob")
    assert summary(iam)["Users"] == 1


def test_credential_report_has_awss_columns_and_a_line_for_root(iam: Any, account: str) -> None:
    assert iam.generate_credential_report()["State"] == "STARTED"
    report = iam.get_credential_report()
    assert report["ReportFormat"] == "text/csv"
    header, root = report["Content"].decode().split("\n")
    assert header == (
        "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,"
        "password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
        "access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,"
        "access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
        "cert_1_last_rotated,cert_2_active,cert_2_last_rotated"
    )
    date = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"
    assert re.fullmatch(
        rf"<root_account>,arn:aws:iam::{account}:root,{date},not_supported,no_information,not_supported,not_supported,"
        "false,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A",
        root,
    )


def test_credential_report_of_users(iam: Any, account: str, client: Callable[..., Any]) -> None:
    iam.update_account_password_policy(MaxPasswordAge=30)
    iam.create_user(UserName="Bare")
    iam.create_user(UserName="alice")
    iam.create_login_profile(UserName="alice", Password="correct-Horse7")
    keys = [iam.create_access_key(UserName="alice")["AccessKey"] for _ in range(2)]
    keys.sort(key=lambda key: key["AccessKeyId"])
    iam.update_access_key(UserName="alice", AccessKeyId=keys[1]["AccessKeyId"], Status="Inactive")
    client("sts", keys[0], region_name="eu-west-1").get_caller_identity()
    found = rows(iam)
    assert list(found) == ["<root_account>", "alice", "Bare"]
    bare = found["Bare"]
    assert (bare["password_enabled"], bare["password_last_used"], bare["password_last_changed"]) == (
        "false", "N/A", "N/A",
    )  # fmt: skip
    alice = found["alice"]
    assert (alice["arn"], alice["mfa_active"]) == (f"arn:aws:iam::{account}:user/alice", "false")
    assert (alice["password_enabled"], alice["password_last_used"]) == ("true", "no_information")
    changed, rotation = (
        datetime.fromisoformat(alice[name]) for name in ("password_last_changed", "password_next_rotation")
    )
    assert rotation - changed == timedelta(days=30)
    assert (alice["access_key_1_active"], alice["access_key_2_active"]) == ("true", "false")
    assert alice["access_key_2_last_rotated"] != "N/A", "inactive keys keep their date"
    assert (alice["access_key_1_last_used_service"], alice["access_key_1_last_used_region"]) == ("sts", "eu-west-1")
    assert alice["access_key_2_last_used_date"] == "N/A"


def test_credential_report_errors(iam: Any) -> None:
    with refused("ReportNotPresent", status=410):
        iam.get_credential_report()


def test_credential_report_states(slow: Gateway, clock: Clock) -> None:
    iam = slow.client("iam")
    description = "No report exists. Starting a new report generation task"
    started = iam.generate_credential_report()
    assert (started["State"], started["Description"]) == ("STARTED", description)
    assert iam.generate_credential_report()["State"] == "INPROGRESS"
    with refused("ReportInProgress", status=404):
        iam.get_credential_report()
    clock.move(timedelta(seconds=60))
    iam.create_user(UserName="late")
    assert iam.generate_credential_report()["State"] == "COMPLETE"
    report = iam.get_credential_report()
    assert report["GeneratedTime"] == NOW + timedelta(seconds=60)
    clock.move(timedelta(hours=4) - timedelta(seconds=1))
    assert iam.get_credential_report()["Content"] == report["Content"], "no other report within four hours"
    clock.move(timedelta(seconds=1))
    with refused("ReportExpired", status=410):
        iam.get_credential_report()
    assert iam.generate_credential_report()["State"] == "STARTED"
    clock.move(timedelta(minutes=1))
    assert b"\nlate," in iam.get_credential_report()["Content"]
