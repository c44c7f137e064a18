"""`cloudward simulate` and `cloudward policy check` on files, with no gateway there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cloudward.cli.main import cli
from cloudward.errors import ConfigError
from cloudward.testing import Gateway

BUCKET = "arn:aws:s3:::reports"


def cloudward(*arguments: object, text: str | None = None) -> Result:
    return CliRunner().invoke(cli, [*map(str, arguments)], standalone_mode=False, input=text)


def write(path: Path, *statements: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2), "utf-8")
    return path


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@pytest.fixture
def reader(tmp_path: Path) -> Path:
    return write(tmp_path / "reader.json", allow("s3:Get*", f"{BUCKET}/*"))


def outcomes(result: Result) -> list[str]:
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return [action["outcome"] for action in json.loads(result.output)["actions"]]


def simulate(*arguments: object) -> list[str]:
    return outcomes(cloudward("simulate", *arguments, "--format", "json"))


def test_each_action_on_each_resource(reader: Path) -> None:
    arguments = ("--policy", reader, "--action", "s3:GetObject", "--action", "s3:PutObject")
    found = simulate(*arguments, "--resource", f"{BUCKET}/a", "--resource", "arn:aws:s3:::other/a")
    assert found == ["allowed", "implicitDeny", "implicitDeny", "implicitDeny"]


def test_exit_codes(reader: Path) -> None:
    allowed = cloudward("simulate", "--policy", reader, "--action", "s3:GetObject", "--resource", f"{BUCKET}/a")
    denied = cloudward("simulate", "--policy", reader, "--action", "s3:GetObject", "--resource", "arn:aws:s3:::x/a")
    assert (allowed.exit_code, denied.exit_code) == (0, 1)
    assert "To allow it: Add this statement to an identity-based policy of the caller." in denied.output
    assert f"its Resource {BUCKET}/* does not match arn:aws:s3:::x/a" in denied.output


def test_boundary_and_scps(reader: Path, tmp_path: Path) -> None:
    narrow = write(tmp_path / "narrow.json", allow("sqs:*"))
    wide = write(tmp_path / "wide.json", allow("*"))
    asked = ("--policy", reader, "--action", "s3:GetObject", "--resource", f"{BUCKET}/a")
    assert simulate(*asked, "--boundary", wide, "--scp", wide, "--scp", wide) == ["allowed"]
    assert simulate(*asked, "--boundary", narrow) == ["implicitDeny"]
    assert simulate(*asked, "--scp", wide, "--scp", narrow) == ["implicitDeny"]


def test_context_with_one_value_and_with_several(tmp_path: Path) -> None:
    condition = {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}, "Bool": {"aws:SecureTransport": "true"}}
    path = write(tmp_path / "p.json", allow("ec2:CreateTags", Condition=condition))
    asked = ("--policy", path, "--action", "ec2:CreateTags", "--context", "aws:SecureTransport=true")
    assert simulate(*asked, "--context", "aws:TagKeys=a", "--context", "aws:TagKeys=b") == ["allowed"]
    assert simulate(*asked, "--context", "aws:TagKeys=a", "--context", "aws:TagKeys=c") == ["implicitDeny"]


def test_another_accounts_resource_needs_both_policies(reader: Path, tmp_path: Path) -> None:
    bob = "arn:aws:iam::111111111111:user/bob"
    resource = write(tmp_path / "bucket.json", {**allow("s3:GetObject", f"{BUCKET}/*"), "Principal": {"AWS": bob}})
    asked = ("--offline", "--principal", bob, "--action", "s3:GetObject", "--resource", f"{BUCKET}/a")
    abroad = ("--resource-policy", resource, "--resource-owner", "222222222222")
    assert simulate(*asked, *abroad, "--policy", reader) == ["allowed"]
    assert simulate(*asked, *abroad) == ["implicitDeny"]
    assert simulate(*asked, "--resource-policy", resource) == ["allowed"]


def test_the_principals_of_a_state_file_and_of_an_export(gateway: Gateway, tmp_path: Path) -> None:
    iam = gateway.client("iam")
    iam.create_user(UserName="bob")
    document = {"Version": "2012-10-17", "Statement": [allow("s3:*")]}
    iam.put_user_policy(UserName="bob", PolicyName="own", PolicyDocument=json.dumps(document))
    export = tmp_path / "export.json"
    assert cloudward("state", "export", export, "--endpoint", gateway.url).exit_code == 0
    asked = (
        "--principal",
        "arn:aws:iam::000000000000:user/bob",
        "--action",
        "s3:GetObject",
        "--action",
        "sqs:SendMessage",
    )
    assert simulate(*asked, "--state", export) == ["allowed", "implicitDeny"]
    assert simulate(*asked, "--endpoint", gateway.url) == ["allowed", "implicitDeny"]
    ghost = ("--principal", "arn:aws:iam::000000000000:user/ghost", "--action", "s3:GetObject")
    for where in (("--state", export), ("--endpoint", gateway.url)):
        result = cloudward("simulate", *ghost, *where)
        assert isinstance(result.exception, ConfigError)
        assert str(result.exception) == "there is no user ghost in account 000000000000"


def test_documents_that_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text('{"Version": "2012-10-17",\n "Statement": [{"Effect": "Allow"}]}', "utf-8")
    result = cloudward("simulate", "--policy", path, "--action", "s3:GetObject")
    assert isinstance(result.exception, ConfigError)
    assert "broken.json" in str(result.exception)


@pytest.mark.parametrize(
    "arguments", [("--action", "s3:*"), ("--action", "GetObject"), ("--action", "s3:Get", "--context", "x")]
)
def test_questions_that_make_no_sense(arguments: tuple[str, ...], reader: Path) -> None:
    assert cloudward("simulate", "--policy", reader, *arguments).exception is not None
    assert cloudward("simulate", "--action", "s3:GetObject").exception is not None


def test_a_sound_document(reader: Path) -> None:
    result = cloudward("policy", "check", reader)
    assert (result.exit_code, result.output) == (0, "1 document checked, nothing found\n")


def test_findings_have_file_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(
        '{\n  "Version": "2012-10-17",\n  "Statement": [\n'
        '    {"Effect": "Allow", "Action": "GetObject", "Resource": "*"}\n  ]\n}\n',
        "utf-8",
    )
    result = cloudward("policy", "check", path)
    assert result.exit_code == 1
    assert result.stdout == (
        f"{path}:4:35: error: Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc. [action]\n"
    )
    found = json.loads(cloudward("policy", "check", path, "--format", "json").stdout)
    assert (found["errors"], found["findings"][0]["line"], found["findings"][0]["column"]) == (1, 4, 35)


def test_the_kind_is_told_by_the_elements(tmp_path: Path) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    path = write(tmp_path / "trust.json", trust)
    assert cloudward("policy", "check", path).exit_code == 0
    assert cloudward("policy", "check", "--kind", "identity", path).exit_code == 1


def test_standard_input() -> None:
    result = cloudward("policy", "check", "-", text="not JSON")
    assert result.exit_code == 1
    assert result.stdout.startswith("-:1:1: error: ")
