"""IAM with the real AWS CLI: the commands that people type."""

from __future__ import annotations

from pathlib import Path

from cloudward.testing import Gateway
from tests.contract.cli import aws, environment, run
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
    assert aws("iam", "list-user-tags", "--user-name", "alice", env=env)["Tags"] == [
        {"Key": "owner", "Value": "alice"}
    ]
