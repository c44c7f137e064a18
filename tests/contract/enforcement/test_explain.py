"""Explanations of decisions: by route and by command, for denials and allows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner, Result

from cloudward.cli.main import cli
from cloudward.config import Config
from cloudward.errors import ConfigError
from cloudward.testing import Gateway, running_gateway
from tests.contract.enforcement.conftest import Account, allow, deny, policy, trust


def get(gateway: Gateway, path: str) -> Any:
    with urlopen(f"{gateway.url}/_cloudward/{path}") as answer:
        return json.load(answer)


def cloudward(gateway: Gateway, *arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments, "--endpoint", gateway.url], standalone_mode=False)


def explained(account: Account, call: Any) -> dict[str, Any]:
    """Make a call, allowed or not, and return its explanation."""
    try:
        metadata = call()["ResponseMetadata"]
    except ClientError as error:
        metadata = error.response["ResponseMetadata"]
    found: dict[str, Any] = get(account.gateway, f"decisions/{metadata['RequestId']}")
    return found


def test_a_condition_that_did_not_hold(account: Account) -> None:
    read = {"Sid": "Read", **allow("iam:Get*", StringEquals={"aws:PrincipalTag/team": "red"})}
    key = account.user("bob", allow("s3:*"), read, Tags=[{"Key": "team", "Value": "blue"}])
    bob = account.client("iam", key)
    found = explained(account, lambda: bob.get_user(UserName="bob"))
    assert found["allowed"] is False
    assert found["caller"] == f"user bob of account {account.number}"
    (action,) = found["actions"]
    assert (action["action"], action["resource"]) == ("iam:GetUser", account.arn("user/bob"))
    assert (action["outcome"], action["kind"]) == ("implicitDeny", "identity-based policy")
    # The statement that matched longest comes first, with both sides of what did not match.
    nearest, other = action["others"]
    assert (nearest["sid"], nearest["element"], nearest["expected"], nearest["actual"]) == (
        "Read",
        "Condition",
        ["red"],
        "blue",
    )
    assert nearest["because"] == (
        'its condition StringEquals wants aws:PrincipalTag/team to be "red"; the request has "blue"'
    )
    assert (other["element"], other["because"]) == ("Action", "its Action s3:* does not match iam:GetUser")
    text = policy(allow("s3:*"), read)
    assert text.split("\n")[nearest["line"] - 1][nearest["column"] - 1 :] == "{"
    assert json.loads(nearest["text"]) == read


def test_the_suggested_statement_is_enough(account: Account) -> None:
    bob = account.client("iam", account.user("bob", allow("s3:*")))
    found = explained(account, lambda: bob.list_access_keys(UserName="bob"))
    (remedy,) = found["actions"][0]["remedies"]
    assert remedy["sentence"] == "Add this statement to an identity-based policy of user bob."
    assert remedy["statement"] == {
        "Effect": "Allow",
        "Action": "iam:ListAccessKeys",
        "Resource": account.arn("user/bob"),
    }
    account.root.put_user_policy(UserName="bob", PolicyName="more", PolicyDocument=policy(remedy["statement"]))
    found = explained(account, lambda: bob.list_access_keys(UserName="bob"))
    assert found["allowed"] is True
    (action,) = found["actions"]
    assert action["remedies"] == []
    (statement,) = action["determining"]
    assert (statement["policy"], statement["attached_to"]) == ("more", "user/bob")
    assert action["because"].startswith("Allowed by statement 1 (line ")
    assert action["because"].endswith(" of the inline policy more of user bob.")


def test_everything_that_is_missing_is_told_at_once(account: Account) -> None:
    bounds = account.policy("bounds", allow("s3:*"))
    bob = account.client("iam", account.user("bob", allow("s3:*"), PermissionsBoundary=bounds))
    found = explained(account, lambda: bob.list_users())
    first, second = found["actions"][0]["remedies"]
    assert (first["kind"], second["kind"]) == ("identity-based policy", "permissions boundary")
    assert second["sentence"] == f"Add this statement to the permissions boundary bounds ({bounds}) of user bob."
    account.root.put_user_policy(UserName="bob", PolicyName="more", PolicyDocument=policy(first["statement"]))
    account.root.create_policy_version(
        PolicyArn=bounds, PolicyDocument=policy(allow("s3:*"), second["statement"]), SetAsDefault=True
    )
    bob.list_users()


def test_an_explicit_deny_in_a_groups_managed_policy(account: Account) -> None:
    key = account.user("bob", allow("iam:*"))
    arn = account.policy("guard", {"Sid": "NoDelete", **deny("iam:Delete*")})
    account.root.create_group(GroupName="devs")
    account.root.add_user_to_group(GroupName="devs", UserName="bob")
    account.root.attach_group_policy(GroupName="devs", PolicyArn=arn)
    bob = account.client("iam", key)
    found = explained(account, lambda: bob.delete_user(UserName="bob"))
    (action,) = found["actions"]
    assert action["outcome"] == "explicitDeny"
    (remedy,) = action["remedies"]
    assert remedy["statement"] is None
    assert remedy["sentence"] == (
        'Lift the explicit deny in statement "NoDelete" (line 4, column 5) of the managed policy guard '
        f"({arn}) attached to group devs."
    )


def test_a_trust_policy(account: Account) -> None:
    sts = account.client("sts", account.user("bob", allow("sts:AssumeRole")))
    role = account.role("app", policy(trust({"Service": "ec2.amazonaws.com"})))
    found = explained(account, lambda: sts.assume_role(RoleArn=role, RoleSessionName="me"))
    (action,) = found["actions"]
    assert action["because"] == "Denied: the role's trust policy does not allow it."
    (remedy,) = action["remedies"]
    assert remedy["sentence"] == f"Add this statement to the trust policy of {role}."
    assert remedy["statement"]["Principal"] == {"AWS": account.arn("user/bob")}
    account.root.update_assume_role_policy(RoleName="app", PolicyDocument=policy(remedy["statement"]))
    sts.assume_role(RoleArn=role, RoleSessionName="me")


def test_keys_that_the_request_does_not_have(account: Account) -> None:
    bob = account.client("iam", account.user("bob", allow("iam:*", Bool={"aws:MultiFactorAuthPresent": "true"})))
    found = explained(account, lambda: bob.list_users())
    (action,) = found["actions"]
    assert action["missing_context"] == ["aws:MultiFactorAuthPresent"]
    assert action["others"][0]["because"].endswith("the request has no such key")


def test_root_and_calls_without_permissions(account: Account) -> None:
    found = explained(account, lambda: account.root.list_users())
    assert found["actions"][0]["because"] == "Allowed: the root user needs no policy that allows it."
    sts = account.client("sts", account.user("bob"))
    found = explained(account, sts.get_caller_identity)
    assert found["allowed"] is True


def test_the_command(account: Account) -> None:
    bob = account.client("iam", account.user("bob", {"Sid": "Other", **allow("s3:*")}))
    with pytest.raises(ClientError) as caught:
        bob.create_user(UserName="eve")
    request_id = caught.value.response["ResponseMetadata"]["RequestId"]
    result = cloudward(account.gateway, "explain", request_id)
    assert result.exception is None
    assert result.output.startswith("Denied.\n")
    assert f"user bob of account {account.number}" in result.output
    assert f"iam:CreateUser on {account.arn('user/eve')}: implicitly denied" in result.output
    assert '"Action": "iam:CreateUser",' in result.output
    assert (
        'Allow statement "Other" (line 4, column 5) of the inline policy inline of user bob: '
        "its Action s3:* does not match iam:CreateUser"
    ) in result.output
    assert get(account.gateway, f"decisions/{request_id}")["text"] + "\n" == result.output
    by_principal = cloudward(
        account.gateway, "explain", "--last-denied", "--principal", account.arn("user/bob"), "--format", "json"
    )
    assert json.loads(by_principal.output)["request_id"] == request_id


def test_the_last_decisions(account: Account) -> None:
    bob = account.client("iam", account.user("bob", allow("iam:ListUsers")))
    bob.list_users()
    with pytest.raises(ClientError):
        bob.list_roles()
    arn = account.arn("user/bob")
    listed = get(account.gateway, f"decisions?principal={arn}")["decisions"]
    assert [(one["operation"], one["allowed"]) for one in listed] == [("ListRoles", False), ("ListUsers", True)]
    denied = get(account.gateway, f"decisions?denied=1&principal={arn}")["decisions"]
    assert [one["operation"] for one in denied] == ["ListRoles"]
    assert denied[0]["actions"][0]["outcome"] == "implicitDeny"
    with pytest.raises(HTTPError) as caught:
        get(account.gateway, "decisions?limit=0")
    caught.value.close()
    assert caught.value.code == 400


def test_requests_that_are_not_known(account: Account) -> None:
    result = cloudward(account.gateway, "explain", "11111111-2222-3333-4444-555555555555")
    assert isinstance(result.exception, ConfigError)
    assert "is among the last 1000" in str(result.exception)


def test_without_enforcement_the_explanation_says_so(gateway: Gateway) -> None:
    metadata = gateway.client("iam").list_users()["ResponseMetadata"]
    found = get(gateway, f"decisions/{metadata['RequestId']}")
    assert (found["allowed"], found["actions"]) == (None, [])
    assert found["conclusion"] == "Policies were not looked at: enforcement was off for this call."


def test_soft_enforcement_tells_what_would_have_happened() -> None:
    with running_gateway(Config(enforce="soft", log_requests=False)) as gateway:
        iam = gateway.client("iam")
        iam.create_user(UserName="bob")
        bob = gateway.as_credentials(iam.create_access_key(UserName="bob")["AccessKey"], "iam")
        metadata = bob.list_users()["ResponseMetadata"]
        found = get(gateway, f"decisions/{metadata['RequestId']}")
        assert (found["allowed"], found["status"]) == (False, 200)
        assert found["conclusion"] == "The policies deny it, but it went ahead: enforcement is soft."
        assert found["actions"][0]["because"] == (
            "Denied: user bob has no identity-based policies, so nothing allows it."
        )


def test_simulation_and_explanation_of_an_organizations_policies(new_account: Callable[[], Account]) -> None:
    management, member = new_account(), new_account()
    bob = member.client("iam", member.user("bob", allow("*")))
    organizations = management.client("organizations", {"AccessKeyId": management.number, "SecretAccessKey": "test"})
    organizations.create_organization(FeatureSet="ALL")
    handshake = organizations.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": member.number})
    member.client("organizations", {"AccessKeyId": member.number, "SecretAccessKey": "test"}).accept_handshake(
        HandshakeId=handshake["Handshake"]["Id"]
    )
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    guard = organizations.create_policy(
        Name="guard", Description="", Type="SERVICE_CONTROL_POLICY", Content=policy(deny("iam:CreateUser"))
    )["Policy"]["PolicySummary"]
    organizations.attach_policy(PolicyId=guard["Id"], TargetId=member.number)
    simulated = member.root.simulate_principal_policy(
        PolicySourceArn=member.arn("user/bob"), ActionNames=["iam:CreateUser", "iam:ListUsers"]
    )["EvaluationResults"]
    assert [one["EvalDecision"] for one in simulated] == ["explicitDeny", "allowed"]
    assert [one["OrganizationsDecisionDetail"]["AllowedByOrganizations"] for one in simulated] == [False, True]
    found = explained(member, lambda: bob.create_user(UserName="eve"))
    (action,) = found["actions"]
    assert action["kind"] == "service control policy"
    assert action["because"].startswith(
        "Denied by statement 1 (line 4, column 5) of the service control policy guard ("
    )
