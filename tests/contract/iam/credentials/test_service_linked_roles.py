from __future__ import annotations

import json
from datetime import timedelta
from importlib.resources import files
from typing import Any

import pytest

from cloudward.api import hookimpl
from cloudward.clock import Clock
from cloudward.config import Config
from cloudward.testing import Gateway, running_gateway
from tests.contract.iam.credentials.expect import refused

TEMPLATES = json.loads(files("cloudward_specs").joinpath("service_linked_roles.json").read_text())["roles"]


@pytest.fixture(scope="module")
def one_client(shared: Gateway) -> Any:
    """One client for the many services."""
    return shared.client("iam", "424242424242")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template["service"])
def test_every_service_makes_its_role_with_its_policies(one_client: Any, template: dict[str, Any]) -> None:
    iam = one_client
    service = template["service"]
    if template["suffix"]:
        role = iam.create_service_linked_role(AWSServiceName=service, CustomSuffix="mine")["Role"]
        assert role["RoleName"] == f"{template['role']}_mine"
    else:
        with refused("InvalidInput", f"Custom suffix is not allowed for {service}", 400):
            iam.create_service_linked_role(AWSServiceName=service, CustomSuffix="mine")
        role = iam.create_service_linked_role(AWSServiceName=service, Description="ours")["Role"]
        assert (role["RoleName"], role["Description"]) == (template["role"], "ours")
    assert role["Path"] == f"/aws-service-role/{service}/"
    assert role["AssumeRolePolicyDocument"]["Statement"] == [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    ]
    attached = iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [
        f"arn:aws:iam::aws:policy/{policy}" for policy in template["policies"]
    ]
    task = iam.delete_service_linked_role(RoleName=role["RoleName"])["DeletionTaskId"]
    assert task.startswith(f"task/aws-service-role/{service}/{role['RoleName']}/")
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
    with refused("NoSuchEntity"):
        iam.get_role(RoleName=role["RoleName"])


def test_a_role_is_made_once_in_aws_s_words(iam: Any) -> None:
    iam.create_service_linked_role(AWSServiceName="batch.amazonaws.com")
    with refused(
        "InvalidInput",
        "Service role name AWSServiceRoleForBatch has been taken in this account, please try a different suffix.",
        400,
    ):
        iam.create_service_linked_role(AWSServiceName="batch.amazonaws.com")


def test_other_principals_and_long_names_are_refused(iam: Any) -> None:
    with refused("InvalidInput"):
        iam.create_service_linked_role(AWSServiceName="example.com")
    with refused("InvalidInput"):
        iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com", CustomSuffix="x" * 60)
    assert iam.list_roles(PathPrefix="/aws-service-role/")["Roles"] == []


def test_the_account_does_not_change_such_a_role(iam: Any) -> None:
    iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    with refused("UnmodifiableEntity", status=400):
        iam.delete_role(RoleName="AWSServiceRoleForECS")


def test_only_service_linked_roles_are_deleted_so(iam: Any) -> None:
    with refused("NoSuchEntity", status=404):
        iam.delete_service_linked_role(RoleName="missing")
    with refused("InvalidInput", status=400):
        iam.get_service_linked_role_deletion_status(DeletionTaskId="nonsense")
    with refused("NoSuchEntity", status=404):
        iam.get_service_linked_role_deletion_status(DeletionTaskId="task/aws-service-role/a/b/c")


def test_deletion_takes_as_long_as_the_setting_says() -> None:
    clock = Clock()
    config = Config(plugin_settings={"iam": {"service_linked_role_deletion_seconds": 60}})
    with running_gateway(config, clock=clock) as gateway:
        iam = gateway.client("iam")
        iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
        task = iam.delete_service_linked_role(RoleName="AWSServiceRoleForECS")["DeletionTaskId"]
        assert iam.delete_service_linked_role(RoleName="AWSServiceRoleForECS")["DeletionTaskId"] == task
        assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "IN_PROGRESS"
        assert iam.get_role(RoleName="AWSServiceRoleForECS")
        clock.move(timedelta(seconds=61))
        assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
        with refused("NoSuchEntity"):
            iam.get_role(RoleName="AWSServiceRoleForECS")


class Cluster:
    """A plugin whose service still uses a role."""

    ARN = "arn:aws:ecs:eu-west-1:000000000000:cluster/main"

    @hookimpl
    def cloudward_role_usage(self, role_arn: str) -> list[tuple[str, str]]:
        return [("eu-west-1", self.ARN)] if role_arn.endswith("AWSServiceRoleForECS") else []


def test_a_role_in_use_is_kept() -> None:
    with running_gateway(plugins={"cluster": Cluster()}) as gateway:
        iam = gateway.client("iam")
        iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
        task = iam.delete_service_linked_role(RoleName="AWSServiceRoleForECS")["DeletionTaskId"]
        status = iam.get_service_linked_role_deletion_status(DeletionTaskId=task)
        assert status["Status"] == "FAILED"
        assert status["Reason"]["RoleUsageList"] == [{"Region": "eu-west-1", "Resources": [Cluster.ARN]}]
        assert iam.get_role(RoleName="AWSServiceRoleForECS")
