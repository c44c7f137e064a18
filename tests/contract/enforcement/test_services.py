"""Services without an exact table, passed roles, resource policies, and organizations."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudward.config import Config
from cloudward.testing import Gateway, running_gateway
from tests.contract.enforcement.conftest import Account, account_number, allow, denied, deny, policy, trust
from tests.contract.enforcement.services import ORGANIZATION, Services

LAMBDA = {"Service": "lambda.amazonaws.com"}


@pytest.fixture(scope="module")
def services() -> Services:
    return Services()


@pytest.fixture(scope="module")
def with_services(services: Services) -> Iterator[Gateway]:
    with running_gateway(Config(enforce="on", log_requests=False), plugins={"services": services}) as running:
        running.app.check_outputs = False
        yield running


@pytest.fixture
def new_account(with_services: Gateway, boto: Any) -> Callable[[], Account]:
    return lambda: Account(with_services, boto, account_number())


def test_an_action_by_the_rule_on_a_resource_from_the_request(account: Account) -> None:
    queue = f"arn:aws:sqs:us-east-1:{account.number}:good"
    key = account.user("bob", allow("sqs:SendMessage", queue), allow("sqs:ListQueues"))
    sqs = account.client("sqs", key)
    sqs.list_queues()
    sqs.send_message(QueueUrl=f"http://localhost:4566/{account.number}/good", MessageBody="m")
    with denied(
        f"User: {account.arn('user/bob')} is not authorized to perform: sqs:SendMessage on resource: "
        f"arn:aws:sqs:us-east-1:{account.number}:bad "
        "because no identity-based policy allows the sqs:SendMessage action",
        code="AccessDeniedException",
        status=400,
    ):
        sqs.send_message(QueueUrl=f"http://localhost:4566/{account.number}/bad", MessageBody="m")


def test_every_protocol_has_its_own_fault(account: Account) -> None:
    key = account.user("bob")
    me = account.arn("user/bob")
    with denied(
        f"User: {me} is not authorized to perform: dynamodb:DeleteTable on resource: "
        f"arn:aws:dynamodb:us-east-1:{account.number}:table/t "
        "because no identity-based policy allows the dynamodb:DeleteTable action",
        code="AccessDeniedException",
        status=400,
    ):
        account.client("dynamodb", key).delete_table(TableName="t")
    with denied(
        f'User: {me} is not authorized to perform: s3:DeleteBucket on resource: "arn:aws:s3:::my-bucket" '
        "because no identity-based policy allows the s3:DeleteBucket action"
    ):
        account.client("s3", key).delete_bucket(Bucket="my-bucket")
    with pytest.raises(ClientError) as caught:
        account.client("ec2", key).describe_instances()
    error = caught.value.response["Error"]
    assert error["Code"] == "UnauthorizedOperation"
    message, _, encoded = error["Message"].partition(" Encoded authorization failure message: ")
    assert message == (
        f"You are not authorized to perform this operation. User: {me} is not authorized to perform: "
        "ec2:DescribeInstances because no identity-based policy allows the ec2:DescribeInstances action"
    )
    sts = account.client("sts", {"AccessKeyId": account.number, "SecretAccessKey": "test"})
    decoded = json.loads(sts.decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"])
    assert decoded["allowed"] is False
    assert decoded["explicitDeny"] is False
    assert decoded["matchedStatements"] == {"items": []}
    assert decoded["context"]["action"] == "ec2:DescribeInstances"
    assert decoded["context"]["principal"]["arn"] == me
    assert {"key": "aws:username", "values": {"items": [{"value": "bob"}]}} in decoded["context"]["conditions"]["items"]


def test_an_explicit_deny_is_decoded_with_its_statement(account: Account) -> None:
    key = account.user("bob", {"Sid": "NoLooking", **deny("ec2:Describe*")})
    with pytest.raises(ClientError, match="with an explicit deny in an identity-based policy") as caught:
        account.client("ec2", key).describe_instances()
    encoded = caught.value.response["Error"]["Message"].rpartition(" ")[2]
    sts = account.client("sts", {"AccessKeyId": account.number, "SecretAccessKey": "test"})
    decoded = json.loads(sts.decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"])
    assert decoded["explicitDeny"] is True
    (statement,) = decoded["matchedStatements"]["items"]
    assert statement["statementId"] == "NoLooking"
    assert statement["effect"] == "DENY"
    assert statement["actions"] == {"items": [{"value": "ec2:Describe*"}]}


def test_passing_a_role_is_decided_on_its_own(account: Account) -> None:
    key = account.user(
        "bob",
        allow("lambda:CreateFunction"),
        allow("iam:PassRole", account.arn("role/app-*"), StringEquals={"iam:PassedToService": "lambda.amazonaws.com"}),
    )
    client = account.client("lambda", key)

    def create(role: str) -> Any:
        return client.create_function(FunctionName="f", Role=role, Code={"ZipFile": b"x"})

    good = account.role("app-one", policy(trust(LAMBDA)))
    bad = account.role("admin", policy(trust(LAMBDA)))
    assert create(good)["Role"] == good
    with denied(
        f"User: {account.arn('user/bob')} is not authorized to perform: iam:PassRole on resource: {bad} "
        "because no identity-based policy allows the iam:PassRole action",
        code="AccessDeniedException",
    ):
        create(bad)


def test_a_role_in_an_instance_profile_is_passed_to_ec2(account: Account) -> None:
    key = account.user(
        "bob",
        allow("ec2:RunInstances"),
        allow(["iam:AddRoleToInstanceProfile", "iam:CreateInstanceProfile"]),
        allow("iam:PassRole", account.arn("role/web"), StringEquals={"iam:PassedToService": "ec2.amazonaws.com"}),
    )
    for name in ("web", "admin"):
        account.role(name, policy(trust({"Service": "ec2.amazonaws.com"})))
        account.root.create_instance_profile(InstanceProfileName=f"{name}-profile")
    iam = account.client("iam", key)
    iam.add_role_to_instance_profile(InstanceProfileName="web-profile", RoleName="web")
    message = (
        f"User: {account.arn('user/bob')} is not authorized to perform: iam:PassRole on resource: "
        "role admin because no identity-based policy allows the iam:PassRole action"
    )
    with denied(message):
        iam.add_role_to_instance_profile(InstanceProfileName="admin-profile", RoleName="admin")
    account.root.add_role_to_instance_profile(InstanceProfileName="admin-profile", RoleName="admin")
    ec2 = account.client("ec2", key)
    ec2.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1, IamInstanceProfile={"Name": "web-profile"})
    with pytest.raises(ClientError, match="iam:PassRole on resource: " + account.arn("role/admin")):
        ec2.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1, IamInstanceProfile={"Name": "admin-profile"})


def test_an_operation_that_cannot_be_mapped_is_denied_and_says_so(account: Account) -> None:
    key = account.user("bob", allow("*"))
    with pytest.raises(ClientError) as caught:
        account.client("opensearchmemory", key).list_spaces()
    error = caught.value.response["Error"]
    assert error["Code"] == "AccessDeniedException"
    assert "cloudward does not know which IAM action it needs" in error["Message"]
    assert "opensearchmemory.ListSpaces" in error["Message"]


def test_unmapped_operations_may_be_let_through(boto: Any) -> None:
    config = Config(enforce="on", unmapped_actions="warn", log_requests=False)
    with running_gateway(config, plugins={"services": Services()}) as gateway:
        gateway.app.check_outputs = False
        account = Account(gateway, boto, account_number())
        account.client("opensearchmemory", account.user("bob")).list_spaces()


def test_a_resource_policy_allows_the_user_it_names(account: Account, services: Services) -> None:
    key = account.user("bob")
    topic = f"arn:aws:sns:us-east-1:{account.number}:t"
    sns = account.client("sns", key)
    me = account.arn("user/bob")
    message = (
        f"User: {me} is not authorized to perform: sns:Publish on resource: {topic} "
        "because no identity-based policy allows the sns:Publish action"
    )
    with denied(message):
        sns.publish(TopicArn=topic, Message="m")
    services.topic_policies[topic] = policy(
        {"Effect": "Allow", "Principal": {"AWS": me}, "Action": "sns:Publish", "Resource": topic}
    )
    sns.publish(TopicArn=topic, Message="m")
    services.topic_policies[topic] = policy(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sns:Publish",
            "Resource": topic,
            "Condition": {"StringEquals": {"sns:Protocol": "https"}},
        }
    )
    with denied(
        f"User: {me} is not authorized to perform: sns:Publish on resource: {topic} "
        "with an explicit deny in a resource-based policy"
    ):
        sns.publish(TopicArn=topic, Message="m")


def test_a_resource_of_another_account_needs_both(
    account: Account, new_account: Callable[[], Account], services: Services
) -> None:
    other = new_account()
    topic = f"arn:aws:sns:us-east-1:{other.number}:shared"
    key = account.user("bob", allow("sns:Publish"))
    sns = account.client("sns", key)
    with denied(
        f"User: {account.arn('user/bob')} is not authorized to perform: sns:Publish on resource: {topic} "
        "because no resource-based policy allows the sns:Publish action"
    ):
        sns.publish(TopicArn=topic, Message="m")
    services.topic_policies[topic] = policy(
        {"Effect": "Allow", "Principal": {"AWS": account.number}, "Action": "sns:Publish", "Resource": topic}
    )
    sns.publish(TopicArn=topic, Message="m")


def test_service_control_policies_bind_member_accounts_and_their_root(
    account: Account, new_account: Callable[[], Account], services: Services
) -> None:
    management = new_account()
    services.members[:] = [management.number, account.number]
    key = account.user("bob", allow("*"))
    arn = f"arn:aws:organizations::{management.number}:policy/{ORGANIZATION}/service_control_policy/p-scp"
    services.service_control[account.number] = policy(allow("*"), deny("iam:CreateUser"))
    services.service_control[management.number] = policy(deny("*"))
    begin = "is not authorized to perform: iam:CreateUser on resource:"
    end = f"{account.arn('user/eve')} with an explicit deny in a service control policy: {arn}"
    with denied(f"User: {account.arn('user/bob')} {begin} {end}"):
        account.client("iam", key).create_user(UserName="eve")
    with denied(f"User: {account.arn('root')} {begin} {end}"):
        account.root.create_user(UserName="eve")
    management.root.create_user(UserName="eve")

    services.service_control[account.number] = policy(allow("s3:*"))
    with denied(
        f"User: {account.arn('user/bob')} is not authorized to perform: iam:ListUsers on resource: "
        f"{account.arn('user/')} because no service control policy allows the iam:ListUsers action"
    ):
        account.client("iam", key).list_users()


def test_resource_control_policies_bind_the_resources_of_an_account(
    account: Account, new_account: Callable[[], Account], services: Services
) -> None:
    management = new_account()
    services.members[:] = [management.number, account.number]
    topic = f"arn:aws:sns:us-east-1:{account.number}:t"
    services.resource_control[account.number] = policy(
        {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Principal": "*", "Action": "sns:*", "Resource": "*"},
    )
    key = account.user("bob", allow("*"))
    arn = f"arn:aws:organizations::{management.number}:policy/{ORGANIZATION}/resource_control_policy/p-rcp"
    with pytest.raises(ClientError, match="with an explicit deny in a resource control policy: " + arn):
        account.client("sns", key).publish(TopicArn=topic, Message="m")


def test_the_organization_is_known_to_conditions(
    account: Account, new_account: Callable[[], Account], services: Services
) -> None:
    services.members[:] = [new_account().number, account.number]
    key = account.user(
        "bob",
        allow(
            "iam:ListUsers",
            **{
                "StringEquals": {"aws:PrincipalOrgID": ORGANIZATION, "aws:ResourceOrgID": ORGANIZATION},
                "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{ORGANIZATION}/r-*"},
            },
        ),
    )
    account.client("iam", key).list_users()
