"""IAM with the real AWS CLI: the commands that people type."""

from __future__ import annotations

import base64
import csv
import io
import json
import subprocess
from pathlib import Path
from typing import Any

from cloudward.testing import Gateway
from tests.contract.cli import BIN, aws, environment, run
from tests.contract.iam.expect import ALLOW, TRUST, text

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def test_a_role_for_instances_from_the_command_line(iam_gateway: Gateway, account: str, tmp_path: Path) -> None:
    env = environment(iam_gateway.url, account)
    (tmp_path / "trust.json").write_text(text(TRUST))
    (tmp_path / "allow.json").write_text(text(ALLOW))
    trust, allow = f"file://{tmp_path}/trust.json", f"file://{tmp_path}/allow.json"

    role = aws("iam", "create-role", "--role-name", "web", "--assume-role-policy-document", trust, env=env)["Role"]
    assert role["Arn"] == f"arn:aws:iam::{account}:role/web"
    assert role["AssumeRolePolicyDocument"] == TRUST
    policy = aws("iam", "create-policy", "--policy-name", "list", "--policy-document", allow, env=env)["Policy"]
    for arn in (policy["Arn"], READ_ONLY):
        assert aws("iam", "attach-role-policy", "--role-name", "web", "--policy-arn", arn, env=env) is None
    attached = aws("iam", "list-attached-role-policies", "--role-name", "web", env=env)["AttachedPolicies"]
    assert [found["PolicyName"] for found in attached] == ["list", "ReadOnlyAccess"]
    aws("iam", "create-instance-profile", "--instance-profile-name", "web", env=env)
    named = ("--instance-profile-name", "web", "--role-name", "web")
    aws("iam", "add-role-to-instance-profile", *named, env=env)
    shown = aws("iam", "get-instance-profile", "--instance-profile-name", "web", env=env)["InstanceProfile"]
    assert [held["RoleId"] for held in shown["Roles"]] == [role["RoleId"]]
    refused = run("iam", "delete-role", "--role-name", "web", env=env)
    assert refused.returncode != 0
    assert (
        "An error occurred (DeleteConflict) when calling the DeleteRole operation: "
        "Cannot delete entity, must remove roles from instance profile first."
    ) in refused.stderr


def test_users_and_groups_from_the_command_line(iam_gateway: Gateway, account: str) -> None:
    env = environment(iam_gateway.url, account)
    for name in ("alice", "bob", "carol"):
        aws("iam", "create-user", "--user-name", name, "--tags", f"Key=owner,Value={name}", env=env)
    names = aws("iam", "list-users", "--page-size", "1", "--query", "Users[].UserName", env=env)
    assert names == ["alice", "bob", "carol"]
    aws("iam", "create-group", "--group-name", "team", env=env)
    aws("iam", "add-user-to-group", "--group-name", "team", "--user-name", "bob", env=env)
    assert [user["UserName"] for user in aws("iam", "get-group", "--group-name", "team", env=env)["Users"]] == ["bob"]
    assert aws("iam", "list-user-tags", "--user-name", "alice", env=env)["Tags"] == [{"Key": "owner", "Value": "alice"}]


def test_waiters_return_when_the_resource_is_there(iam_gateway: Gateway, account: str) -> None:
    env = environment(iam_gateway.url, account)
    aws("iam", "create-user", "--user-name", "ada", env=env)
    aws("iam", "create-role", "--role-name", "web", "--assume-role-policy-document", text(TRUST), env=env)
    policy = aws("iam", "create-policy", "--policy-name", "list", "--policy-document", text(ALLOW), env=env)["Policy"]
    aws("iam", "create-instance-profile", "--instance-profile-name", "web", env=env)
    for waiter, *named in (
        ("user-exists", "--user-name", "ada"),
        ("role-exists", "--role-name", "web"),
        ("policy-exists", "--policy-arn", policy["Arn"]),
        ("instance-profile-exists", "--instance-profile-name", "web"),
    ):
        assert aws("iam", "wait", waiter, *named, env=env) is None


def test_a_waiter_waits_for_a_user_that_comes_late(iam_gateway: Gateway, iam: Any, account: str) -> None:
    env = environment(iam_gateway.url, account)
    command = [str(BIN / "aws"), "iam", "wait", "user-exists", "--user-name", "late", "--debug"]
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as waiting:
        assert waiting.stderr is not None
        said = ""
        for line in waiting.stderr:
            said += line
            if "NoSuchEntity" in line:
                iam.create_user(UserName="late")
                break
        waiting.stderr.read()
        assert waiting.wait(60) == 0, said


def test_pages_by_the_flags_of_the_cli(iam_gateway: Gateway, iam: Any, account: str) -> None:
    env = environment(iam_gateway.url, account)
    for number in range(5):
        iam.create_group(GroupName=f"group{number}")
    names = []
    token: tuple[str, ...] = ()
    for expected in (2, 2, 1):
        page = aws("iam", "list-groups", "--max-items", "2", "--page-size", "3", *token, env=env)
        assert len(page["Groups"]) == expected
        names += [group["GroupName"] for group in page["Groups"]]
        token = ("--starting-token", page.get("NextToken", ""))
    assert token[1] == ""
    assert names == [f"group{number}" for number in range(5)]
    page = aws("iam", "list-groups", "--no-paginate", "--max-items", "4", env=env)
    assert (len(page["Groups"]), page["IsTruncated"]) == (4, True)
    rest = aws("iam", "list-groups", "--no-paginate", "--marker", page["Marker"], env=env)
    assert [group["GroupName"] for group in rest["Groups"]] == ["group4"]


def test_policy_versions_from_files(iam_gateway: Gateway, account: str, tmp_path: Path) -> None:
    env = environment(iam_gateway.url, account)
    (tmp_path / "allow.json").write_text(json.dumps(ALLOW, indent=2) + "\n")
    (tmp_path / "broken.json").write_text('{"Version": "2012-10-17", "Statement": ')
    create = ("iam", "create-policy", "--policy-name", "list", "--path", "/team/", "--policy-document")
    arn = aws(*create, f"file://{tmp_path}/allow.json", env=env)["Policy"]["Arn"]
    assert arn == f"arn:aws:iam::{account}:policy/team/list"
    version = ("iam", "create-policy-version", "--policy-arn", arn, "--set-as-default", "--policy-document")
    assert aws(*version, f"file://{tmp_path}/allow.json", env=env)["PolicyVersion"]["VersionId"] == "v2"
    shown = aws("iam", "get-policy-version", "--policy-arn", arn, "--version-id", "v2", env=env)["PolicyVersion"]
    assert (shown["Document"], shown["IsDefaultVersion"]) == (ALLOW, True)
    broken = run(*version, f"file://{tmp_path}/broken.json", env=env)
    assert broken.returncode != 0
    assert "(MalformedPolicyDocument)" in broken.stderr
    assert len(aws("iam", "list-policy-versions", "--policy-arn", arn, env=env)["Versions"]) == 2


def test_the_account_as_scanners_read_it(iam_gateway: Gateway, iam: Any, account: str) -> None:
    env = environment(iam_gateway.url, account)
    iam.create_user(UserName="ada", Tags=[{"Key": "team", "Value": "blue"}])
    iam.put_user_policy(UserName="ada", PolicyName="list", PolicyDocument=text(ALLOW))
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=text(TRUST))
    iam.attach_role_policy(RoleName="web", PolicyArn=READ_ONLY)
    details = aws("iam", "get-account-authorization-details", "--filter", "User", "Role", env=env)
    (user,), (role,) = details["UserDetailList"], details["RoleDetailList"]
    assert (user["UserPolicyList"], user["Tags"]) == (
        [{"PolicyName": "list", "PolicyDocument": ALLOW}],
        [{"Key": "team", "Value": "blue"}],
    )
    assert (role["AssumeRolePolicyDocument"], role["AttachedManagedPolicies"]) == (
        TRUST,
        [{"PolicyName": "ReadOnlyAccess", "PolicyArn": READ_ONLY}],
    )
    assert aws("iam", "get-account-summary", "--query", "SummaryMap.[Users,Roles]", env=env) == [1, 1]
    aws("iam", "generate-credential-report", env=env)
    report = aws("iam", "get-credential-report", env=env)
    rows = list(csv.DictReader(io.StringIO(base64.b64decode(report["Content"]).decode())))
    assert [row["user"] for row in rows] == ["<root_account>", "ada"]


def test_other_outputs_of_the_cli(iam_gateway: Gateway, iam: Any, account: str) -> None:
    env = environment(iam_gateway.url, account)
    iam.create_user(UserName="ada", Path="/team/")
    shown = run("iam", "list-users", "--output", "text", "--query", "Users[].[UserName,Path]", env=env)
    assert shown.stdout == "ada\t/team/\n"
    assert "ada" in run("iam", "list-users", "--output", "table", env=env).stdout
    made = aws("iam", "create-user", "--cli-input-json", text({"UserName": "eve", "Path": "/team/"}), env=env)
    assert made["User"]["Arn"] == f"arn:aws:iam::{account}:user/team/eve"
    missing = run("iam", "get-user", "--user-name", "nobody", env=env)
    assert missing.returncode != 0
    assert "(NoSuchEntity) when calling the GetUser operation: The user with name nobody cannot be found." in (
        missing.stderr
    )
