"""On, soft and off: at start, at run time, for some accounts and services only."""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from cloudward.app import create_app
from cloudward.cli.main import cli
from cloudward.config import Config
from cloudward.errors import ConfigError
from cloudward.testing import Gateway, running_gateway
from tests.contract.enforcement.conftest import Account, account_number, allow, denied, policy, trust


def ask(gateway: Gateway, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(gateway.url + path, data)) as answer:
        return json.loads(answer.read())


def refused(gateway: Gateway, path: str, body: object) -> str:
    """Expect a request to be refused with 400, and return the reason."""
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(gateway, path, body)
    with caught.value as error:
        assert error.code == 400
        return str(json.loads(error.read())["error"])


def allowed(account: Account, key: Any) -> bool:
    try:
        account.client("iam", key).list_users()
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return False
    return True


def test_off_allows_everything_and_evaluates_nothing(boto: Any) -> None:
    with running_gateway() as gateway:
        account = Account(gateway, boto, account_number())
        key = account.user("bob")
        answer = account.client("iam", key).list_users()
        record = gateway.app.recent_calls.get(answer["ResponseMetadata"]["RequestId"])
        assert record is not None
        assert record.decision is None
        role = account.role("nobody", policy(trust({"Service": "ec2.amazonaws.com"})))
        account.client("sts", key).assume_role(RoleArn=role, RoleSessionName="any")


def test_off_and_watched_evaluates_and_allows(boto: Any) -> None:
    with running_gateway() as gateway:
        account = Account(gateway, boto, account_number())
        key = account.user("bob")
        gateway.app.enforcement.watch()
        answer = account.client("iam", key).list_users()
        record = gateway.app.recent_calls.get(answer["ResponseMetadata"]["RequestId"])
        assert record is not None
        assert record.decision is not None
        assert record.decision["allowed"] is False
        assert record.decision["mode"] == "off"
        gateway.app.enforcement.unwatch()
        answer = account.client("iam", key).list_users()
        record = gateway.app.recent_calls.get(answer["ResponseMetadata"]["RequestId"])
        assert record is not None
        assert record.decision is None


def test_soft_logs_what_it_would_deny(boto: Any, caplog: pytest.LogCaptureFixture) -> None:
    with running_gateway(Config(enforce="soft")) as gateway:
        account = Account(gateway, boto, account_number())
        key = account.user("bob", allow("iam:ListGroups"))
        with caplog.at_level(logging.WARNING, "cloudward.authorize"):
            account.client("iam", key).list_groups()
            assert caplog.records == []
            account.client("iam", key).list_users()
    (logged,) = caplog.records
    text = logged.getMessage()
    assert logged.levelno == logging.WARNING
    assert "would be denied: User: " + account.arn("user/bob") in text
    assert "iam.ListUsers by " + account.arn("user/bob") in text
    assert '"Action": "iam:ListUsers"' in text


def test_a_denial_is_logged_with_the_statement_that_denied(boto: Any, caplog: pytest.LogCaptureFixture) -> None:
    with running_gateway(Config(enforce="on")) as gateway:
        account = Account(gateway, boto, account_number())
        statement = {"Sid": "NoUsers", "Effect": "Deny", "Action": "iam:ListUsers", "Resource": "*"}
        key = account.user("bob", statement)
        with caplog.at_level(logging.WARNING, "cloudward.authorize"):
            assert not allowed(account, key)
    text = caplog.records[0].getMessage()
    assert "statement NoUsers of inline on user/bob, line 4, column 5" in text


def test_switched_at_run_time(boto: Any) -> None:
    with running_gateway() as gateway:
        account = Account(gateway, boto, account_number())
        other = Account(gateway, boto, account_number())
        key, other_key = account.user("bob"), other.user("bob")
        assert allowed(account, key)
        shown = ask(gateway, "/_cloudward/enforcement", {"mode": "on"})
        assert shown["mode"] == "on"
        assert not allowed(account, key)
        assert ask(gateway, "/_cloudward/info")["enforcement"] == "on"
        shown = ask(gateway, "/_cloudward/enforcement", {"accounts": [other.number]})
        assert other.number in shown["in_words"]
        assert allowed(account, key)
        assert not allowed(other, other_key)
        ask(gateway, "/_cloudward/enforcement", {"accounts": [], "services": ["sts"]})
        assert allowed(account, key)
        assert ask(gateway, "/_cloudward/enforcement") == {
            "mode": "on",
            "in_words": "Policies are enforced. Only for services sts.",
            "accounts": [],
            "services": ["sts"],
        }
        assert "maybe" in refused(gateway, "/_cloudward/enforcement", {"mode": "maybe"})


def test_switched_as_localstack_s_users_do(boto: Any) -> None:
    with running_gateway() as gateway:
        account = Account(gateway, boto, account_number())
        key = account.user("bob")
        assert ask(gateway, "/_aws/iam/config") == {"state": "ENGINE_ONLY"}
        assert ask(gateway, "/_aws/iam/config", {"state": "ENFORCED"}) == {"state": "ENFORCED"}
        assert not allowed(account, key)
        assert ask(gateway, "/_aws/iam/config", {"state": "SOFT_MODE"}) == {"state": "SOFT_MODE"}
        assert allowed(account, key)
        assert "ENFORCED" in refused(gateway, "/_aws/iam/config", {"state": "SOMETIMES"})


def test_switched_from_the_command_line(boto: Any) -> None:
    with running_gateway() as gateway:
        account = Account(gateway, boto, account_number())
        key = account.user("bob")
        run = CliRunner().invoke(cli, ["enforcement", "on", "--endpoint", gateway.url])
        assert run.output == "enforcement on: Policies are enforced.\n"
        assert not allowed(account, key)
        run = CliRunner().invoke(cli, ["enforcement", "--services", "sqs,sts", "--endpoint", gateway.url])
        assert run.output == "enforcement on: Policies are enforced. Only for services sqs, sts.\n"
        assert allowed(account, key)
        CliRunner().invoke(cli, ["enforcement", "--services", "all", "--endpoint", gateway.url])
        assert not allowed(account, key)


def test_settings_name_accounts_and_services(boto: Any) -> None:
    number = account_number()
    config = Config(enforce="on", enforce_accounts=(number,), enforce_services=("iam",))
    with running_gateway(config) as gateway:
        bound, free = Account(gateway, boto, number), Account(gateway, boto, account_number())
        assert not allowed(bound, bound.user("bob"))
        assert allowed(free, free.user("bob"))
        role = bound.role("nobody", policy(trust({"Service": "ec2.amazonaws.com"})))
        key = bound.root.create_access_key(UserName="bob")["AccessKey"]
        bound.client("sts", key).assume_role(RoleArn=role, RoleSessionName="s1")


def test_enforcement_needs_somebody_who_decides() -> None:
    with pytest.raises(ConfigError, match="no loaded plugin decides"):
        create_app(Config(enforce="on", disable_plugins=("iam",)))
    with pytest.raises(ConfigError, match="no loaded plugin decides"):
        create_app(Config(enforce="soft", disable_plugins=("iam",)))
    with running_gateway(Config(disable_plugins=("iam",))) as gateway:
        assert "no loaded plugin decides" in refused(gateway, "/_cloudward/enforcement", {"mode": "on"})


def test_a_deleted_key_is_not_root_once_enforcement_is_switched_on(boto: Any) -> None:
    with running_gateway() as gateway:
        account = Account(gateway, boto, account_number())
        key = account.user("bob")
        account.root.delete_access_key(UserName="bob", AccessKeyId=key["AccessKeyId"])
        assert allowed(account, key)
        ask(gateway, "/_cloudward/enforcement", {"mode": "on"})
        with denied("The security token included in the request is invalid.", code="InvalidClientTokenId"):
            account.client("iam", key).list_users()
