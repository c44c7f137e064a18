"""What calls of services without an exact table need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from cloudward.api import AuthorizationRequest, Scope, parameter_name, root_caller
from cloudward.app import App, create_app
from cloudward.protocols import WireRequest
from cloudward_iam.authorization.needs import Need
from cloudward_iam.authorization.ruled import RuledActions

ACCOUNT = "111111111111"
OTHER = "222222222222"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
Needs = Callable[..., list[Need] | None]


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    made = create_app()
    yield made
    made.shutdown()


@pytest.fixture(scope="module")
def needs(app: App) -> Needs:
    ruled = RuledActions(app)

    def of(name: str, /, **members: Any) -> list[Need] | None:
        service, _, operation = name.partition(".")
        with app.store.begin() as transaction:
            request = AuthorizationRequest(
                "id",
                root_caller("aws", ACCOUNT),
                Scope("aws", ACCOUNT, "eu-west-1"),
                app.catalogue.service(service).operation(operation),
                {parameter_name(member): value for member, value in members.items()},
                transaction,
                datetime(2026, 1, 1, tzinfo=UTC),
                WireRequest("POST", "/"),
            )
            return ruled.needs_of(request)

    return of


def arn(service: str, resource: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:{service}:eu-west-1:{account}:{resource}"


CASES: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    ("sqs.SendMessage", {"QueueUrl": f"http://x/{ACCOUNT}/q"}, [("sqs:SendMessage", arn("sqs", "q"))]),
    ("sqs.CreateQueue", {"QueueName": "q"}, [("sqs:CreateQueue", arn("sqs", "q"))]),
    (
        "sqs.CreateQueue",
        {"QueueName": "q", "tags": {"a": "b"}},
        [("sqs:CreateQueue", arn("sqs", "q")), ("sqs:TagQueue", arn("sqs", "q"))],
    ),
    ("s3.ListBuckets", {}, [("s3:ListAllMyBuckets", "*")]),
    ("s3.GetObject", {"Bucket": "b", "Key": "k/x"}, [("s3:GetObject", "arn:aws:s3:::b/k/x")]),
    (
        "s3.CopyObject",
        {"Bucket": "b", "Key": "k", "CopySource": "/src/key?versionId=3"},
        [("s3:GetObject", "arn:aws:s3:::src/key"), ("s3:PutObject", "arn:aws:s3:::b/k")],
    ),
    (
        "s3.DeleteObjects",
        {"Bucket": "b", "Delete": {"Objects": [{"Key": "x"}, {"Key": "y"}]}},
        [("s3:DeleteObject", "arn:aws:s3:::b/x"), ("s3:DeleteObject", "arn:aws:s3:::b/y")],
    ),
    ("dynamodb.GetItem", {"TableName": "t"}, [("dynamodb:GetItem", arn("dynamodb", "table/t"))]),
    (
        "dynamodb.GetItem",
        {"TableName": arn("dynamodb", "table/t", OTHER)},
        [("dynamodb:GetItem", arn("dynamodb", "table/t", OTHER))],
    ),
    (
        "dynamodb.BatchGetItem",
        {"RequestItems": {"a": {}, "b": {}}},
        [("dynamodb:BatchGetItem", arn("dynamodb", f"table/{name}")) for name in "ab"],
    ),
    (
        "dynamodb.TransactWriteItems",
        {"TransactItems": [{"Put": {"TableName": "t"}}]},
        [("dynamodb:PutItem", arn("dynamodb", "table/t"))],
    ),
    (
        "lambda.Invoke",
        {"FunctionName": arn("lambda", "function:f", OTHER)},
        [("lambda:InvokeFunction", arn("lambda", "function:f", OTHER))],
    ),
    (
        "lambda.CreateFunction",
        {"FunctionName": "f", "Role": ROLE},
        [("lambda:CreateFunction", arn("lambda", "function:f")), ("iam:PassRole", ROLE)],
    ),
    ("ec2.DescribeInstances", {}, [("ec2:DescribeInstances", "*")]),
    ("kms.Encrypt", {"KeyId": arn("kms", "key/0-1", OTHER)}, [("kms:Encrypt", arn("kms", "key/0-1", OTHER))]),
    ("kms.Encrypt", {"KeyId": "alias/mine"}, [("kms:Encrypt", arn("kms", "key/*"))]),
    ("ssm.GetParameter", {"Name": "/a/b"}, [("ssm:GetParameter", arn("ssm", "parameter/a/b"))]),
    ("sns.Publish", {"TopicArn": arn("sns", "t")}, [("sns:Publish", arn("sns", "t"))]),
    (
        "apigateway.CreateResource",
        {"restApiId": "r", "parentId": "p"},
        [("apigateway:POST", "arn:aws:apigateway:eu-west-1::/restapis/r/resources/p")],
    ),
    (
        "stepfunctions.CreateStateMachine",
        {"name": "m", "roleArn": ROLE},
        [("states:CreateStateMachine", arn("states", "stateMachine:m")), ("iam:PassRole", ROLE)],
    ),
    ("dynamodb.DescribeEndpoints", {}, []),
]


@pytest.mark.parametrize(("operation", "members", "expected"), CASES)
def test_actions_and_resources(
    needs: Needs, operation: str, members: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    found = needs(operation, **members)
    assert found is not None
    assert [(need.action, need.resource) for need in found] == expected


@pytest.mark.parametrize(
    ("operation", "members", "principal"),
    [
        ("lambda.CreateFunction", {"FunctionName": "f", "Role": ROLE}, "lambda.amazonaws.com"),
        ("ecs.RegisterTaskDefinition", {"family": "f", "taskRoleArn": ROLE}, "ecs-tasks.amazonaws.com"),
        ("stepfunctions.CreateStateMachine", {"name": "m", "roleArn": ROLE}, "states.amazonaws.com"),
        ("eks.CreateNodegroup", {"clusterName": "c", "nodegroupName": "n", "nodeRole": ROLE}, "ec2.amazonaws.com"),
    ],
)
def test_a_passed_role_names_the_service_that_gets_it(
    needs: Needs, operation: str, members: dict[str, Any], principal: str
) -> None:
    found = needs(operation, **members)
    assert found is not None
    (passed,) = [need for need in found if need.action == "iam:PassRole"]
    assert passed.resource == ROLE
    assert passed.values["iam:passedtoservice"] == principal


def test_tags_of_the_request_are_condition_keys(needs: Needs) -> None:
    found = needs("sqs.CreateQueue", QueueName="q", tags={"Team": "blue"})
    assert found is not None
    assert found[0].values == {"aws:requesttag/team": "blue", "aws:tagkeys": ("Team",)}


def test_a_resource_in_another_account_is_that_account_s(needs: Needs) -> None:
    found = needs("lambda.Invoke", FunctionName=arn("lambda", "function:f", OTHER))
    assert found is not None
    assert found[0].account == OTHER


def test_an_action_that_the_reference_does_not_have_is_not_made_up(needs: Needs) -> None:
    assert needs("opensearchmemory.ListSpaces") is None


def test_most_operations_of_common_services_are_mapped(app: App, needs: Needs) -> None:
    services = ("s3", "sqs", "sns", "dynamodb", "lambda", "ec2", "kms", "secretsmanager", "ssm", "logs", "events")
    names = [f"{service}.{name}" for service in services for name in app.catalogue.service(service).operation_names]
    unmapped = [name for name in names if needs(name) is None]
    assert len(unmapped) < len(names) * 0.04, unmapped
