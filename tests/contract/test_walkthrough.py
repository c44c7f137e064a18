"""The getting-started flow with the real AWS CLI, awslocal and boto3."""

from __future__ import annotations

import re

import pytest

from cloudward.config import Config
from cloudward.ids import account_of_key
from cloudward.testing import Gateway, running_gateway
from tests.contract.cli import aws, environment, run

ROOT = {
    "UserId": "AKIAIOSFODNN7EXAMPLE",
    "Account": "000000000000",
    "Arn": "arn:aws:iam::000000000000:root",
}


def test_root_then_user_then_key_then_identity_by_key(gateway: Gateway) -> None:
    root = environment(gateway.url)
    assert aws("sts", "get-caller-identity", env=root) == ROOT

    user = aws("iam", "create-user", "--user-name", "test", env=root)["User"]
    assert re.fullmatch(r"AIDA[A-Z2-7]{17}", user["UserId"])
    assert user["Arn"] == "arn:aws:iam::000000000000:user/test"

    key = aws("iam", "create-access-key", "--user-name", "test", env=root)["AccessKey"]
    assert re.fullmatch(r"LKIA[A-Z2-7]{16}", key["AccessKeyId"])
    assert re.fullmatch(r"[A-Za-z0-9+/]{40}", key["SecretAccessKey"])
    assert account_of_key(key["AccessKeyId"]) == "000000000000"
    assert key["Status"] == "Active"

    as_user = environment(gateway.url, key["AccessKeyId"], key["SecretAccessKey"])
    assert aws("sts", "get-caller-identity", env=as_user) == {
        "UserId": user["UserId"],
        "Account": "000000000000",
        "Arn": "arn:aws:iam::000000000000:user/test",
    }


def test_awslocal_works_unchanged(gateway: Gateway) -> None:
    port = gateway.url.rsplit(":", 1)[1]
    env = environment(gateway.url, GATEWAY_LISTEN=f":{port}", LOCALSTACK_HOST=f"127.0.0.1:{port}")
    del env["AWS_ENDPOINT_URL"]
    assert aws("sts", "get-caller-identity", env=env, program="awslocal") == ROOT
    created = aws("iam", "create-user", "--user-name", "local", env=env, program="awslocal")
    assert created["User"]["UserName"] == "local"


def test_a_12_digit_key_selects_the_account(gateway: Gateway) -> None:
    identity = gateway.client("sts", "111122223333").get_caller_identity()
    assert identity["Account"] == "111122223333"
    assert identity["Arn"] == "arn:aws:iam::111122223333:root"
    gateway.client("iam", "111122223333").create_user(UserName="only-here")
    assert gateway.client("iam").list_users()["Users"] == []
    assert [user["UserName"] for user in gateway.client("iam", "111122223333").list_users()["Users"]] == ["only-here"]


def test_an_unknown_key_is_root_of_the_account_it_encodes(gateway: Gateway) -> None:
    key = (
        gateway.client("iam", "111122223333").create_user(UserName="u")
        and gateway.client("iam", "111122223333").create_access_key(UserName="u")["AccessKey"]
    )
    with running_gateway() as other:
        identity = other.client("sts", key["AccessKeyId"]).get_caller_identity()
    assert identity["Arn"] == "arn:aws:iam::111122223333:root"


def test_get_access_key_info_reads_the_account_from_the_key(gateway: Gateway) -> None:
    iam = gateway.client("iam", "444455556666")
    iam.create_user(UserName="u")
    key = iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"]
    assert gateway.client("sts").get_access_key_info(AccessKeyId=key)["Account"] == "444455556666"


def test_parity_key_ids_begin_like_aws_ones() -> None:
    with running_gateway(Config(parity_access_key_ids=True)) as gateway:
        iam = gateway.client("iam")
        iam.create_user(UserName="u")
        assert iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"].startswith("AKIA")


@pytest.mark.parametrize(("region", "arn"), [("cn-north-1", "arn:aws-cn:iam::000000000000:root")])
def test_the_region_tells_the_partition(gateway: Gateway, region: str, arn: str) -> None:
    assert gateway.client("sts", region=region).get_caller_identity()["Arn"] == arn


def test_the_cli_shows_aws_errors(gateway: Gateway) -> None:
    failed = run("iam", "get-user", "--user-name", "nobody", env=environment(gateway.url))
    assert failed.returncode != 0
    assert (
        "An error occurred (NoSuchEntity) when calling the GetUser operation: "
        "The user with name nobody cannot be found." in failed.stderr
    )
