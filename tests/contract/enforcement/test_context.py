"""The request context, as conditions see it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError

from cloudward.config import Config
from cloudward.testing import running_gateway
from cloudward_iam.crypto import totp
from tests.contract.enforcement.conftest import Account, account_number, allow, denied, policy, trust


def may(account: Account, key: Any, condition: dict[str, Any]) -> bool:
    """Tell whether a user may list users under a condition, and not under its opposite."""
    found = []
    for effect in ("Allow", "Deny"):
        statements = [{"Effect": effect, "Action": "iam:ListUsers", "Resource": "*", "Condition": condition}]
        if effect == "Deny":
            statements.append(allow("iam:ListUsers"))
        account.root.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=policy(*statements))
        try:
            account.client("iam", key, config=ClientConfig(user_agent="tester/1.0")).list_users()
        except ClientError as error:
            if error.response["Error"]["Code"] != "AccessDenied":
                raise
            found.append(False)
        else:
            found.append(True)
    assert found[0] is not found[1], "a condition that allows must also deny"
    return found[0]


def test_keys_of_the_request(account: Account) -> None:
    key = account.user("bob", Tags=[{"Key": "Team", "Value": "blue"}])
    soon = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")  # noqa: TID251
    holding: list[dict[str, Any]] = [
        {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}},
        {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
        {"StringLike": {"aws:UserAgent": "tester/*"}},
        {"Bool": {"aws:SecureTransport": "false"}},
        {"DateLessThan": {"aws:CurrentTime": soon}},
        {"NumericGreaterThan": {"aws:EpochTime": "1700000000"}},
        {"StringEquals": {"aws:RequestedRegion": "us-east-1"}},
        {"StringEquals": {"aws:username": "bob", "aws:PrincipalType": "User"}},
        {"StringLike": {"aws:userid": "AIDA*"}},
        {"ArnEquals": {"aws:PrincipalArn": account.arn("user/bob")}},
        {"StringEquals": {"aws:PrincipalAccount": account.number, "aws:ResourceAccount": account.number}},
        {"StringEquals": {"aws:PrincipalTag/team": "blue"}},
        {"Bool": {"aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false"}},
        {"Null": {"aws:MultiFactorAuthPresent": "true", "aws:TokenIssueTime": "true", "aws:PrincipalOrgID": "true"}},
        {"Null": {"aws:SourceVpce": "true", "aws:CalledVia": "true", "aws:SourceIdentity": "true"}},
    ]
    for condition in holding:
        assert may(account, key, condition), condition
    failing: list[dict[str, Any]] = [
        {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        {"StringEquals": {"aws:PrincipalTag/team": "red"}},
        {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
        {"DateGreaterThan": {"aws:CurrentTime": soon}},
    ]
    for condition in failing:
        assert not may(account, key, condition), condition


def test_tags_of_the_resource_and_of_the_request(account: Account) -> None:
    key = account.user(
        "bob",
        allow("iam:GetRole", StringEquals={"aws:ResourceTag/env": "dev"}),
        allow("iam:DeleteRole", StringEquals={"iam:ResourceTag/ENV": "dev"}),
        allow(
            "iam:TagRole",
            **{
                "StringEquals": {"aws:RequestTag/env": ["dev", "test"]},
                "ForAllValues:StringEquals": {"aws:TagKeys": ["env"]},
            },
        ),
        allow("iam:UntagRole", **{"ForAllValues:StringLike": {"aws:TagKeys": ["x*"]}}),
    )
    bob = account.client("iam", key)
    service = policy(trust({"Service": "ec2.amazonaws.com"}))
    account.role("dev", service, Tags=[{"Key": "env", "Value": "dev"}])
    account.role("prod", service, Tags=[{"Key": "env", "Value": "prod"}])
    begin = f"User: {account.arn('user/bob')} is not authorized to perform:"
    bob.get_role(RoleName="dev")
    calls: list[tuple[str, Callable[[], object]]] = [
        ("iam:GetRole", lambda: bob.get_role(RoleName="prod")),
        ("iam:DeleteRole", lambda: bob.delete_role(RoleName="prod")),
        ("iam:TagRole", lambda: bob.tag_role(RoleName="prod", Tags=[{"Key": "env", "Value": "prod"}])),
        (
            "iam:TagRole",
            lambda: bob.tag_role(
                RoleName="prod", Tags=[{"Key": "env", "Value": "dev"}, {"Key": "owner", "Value": "bob"}]
            ),
        ),
        ("iam:UntagRole", lambda: bob.untag_role(RoleName="prod", TagKeys=["env", "x1"])),
    ]
    for action, call in calls:
        with denied(
            f"{begin} {action} on resource: role prod because no identity-based policy allows the {action} action"
        ):
            call()
    bob.tag_role(RoleName="prod", Tags=[{"Key": "env", "Value": "dev"}])
    bob.get_role(RoleName="prod")
    bob.untag_role(RoleName="prod", TagKeys=["x1"])
    bob.delete_role(RoleName="dev")


def test_sessions_carry_their_keys(account: Account) -> None:
    key = account.user("bob", allow("sts:*"))
    actions = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    role = account.role(
        "r",
        policy(trust({"AWS": account.arn("root")}, actions)),
        allow(
            "iam:ListUsers",
            StringEquals={"aws:SourceIdentity": "bob", "aws:PrincipalType": "AssumedRole"},
            ArnEquals={"aws:PrincipalArn": account.arn("role/r")},
            Bool={"aws:MultiFactorAuthPresent": "false"},
            StringLike={"aws:userid": "AROA*:me"},
            Null={"aws:TokenIssueTime": "false", "aws:username": "true"},
        ),
    )
    sts = account.client("sts", key)
    with_identity = sts.assume_role(RoleArn=role, RoleSessionName="me", SourceIdentity="bob")["Credentials"]
    account.client("iam", with_identity).list_users()
    without = sts.assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    with denied(
        f"User: arn:aws:sts::{account.number}:assumed-role/r/me is not authorized to perform: iam:ListUsers on "
        f"resource: {account.arn('user/')} because no identity-based policy allows the iam:ListUsers action"
    ):
        account.client("iam", without).list_users()


def test_mfa_is_known_to_sessions_that_proved_it(boto: Any) -> None:
    with running_gateway(Config(enforce="on", log_requests=False)) as gateway:
        account = Account(gateway, boto, account_number())
        key = account.user("bob", allow("iam:ListUsers", Bool={"aws:MultiFactorAuthPresent": "true"}))
        made = account.root.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
        seed = totp.decode_seed(made["Base32StringSeed"].decode())
        clock = gateway.app.clock
        clock.freeze(clock.now())
        step = totp.counter_at(clock.timestamp())
        codes = [totp.code(seed, counter) for counter in (step - 1, step)]
        account.root.enable_mfa_device(
            UserName="bob",
            SerialNumber=made["SerialNumber"],
            AuthenticationCode1=codes[0],
            AuthenticationCode2=codes[1],
        )
        sts = account.client("sts", key)
        proved = sts.get_session_token(SerialNumber=made["SerialNumber"], TokenCode=totp.code(seed, step + 1))
        account.client("iam", proved["Credentials"]).list_users()
        with denied(
            f"User: {account.arn('user/bob')} is not authorized to perform: iam:ListUsers on resource: "
            f"{account.arn('user/')} because no identity-based policy allows the iam:ListUsers action"
        ):
            account.client("iam", key).list_users()
