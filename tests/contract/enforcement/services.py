"""A plugin with a few operations of other services, resource policies and an organization, for tests."""

from __future__ import annotations

from typing import Any

from cloudward.api import (
    ActionRequest,
    AuthorizationFacts,
    OrganizationPolicies,
    OrganizationPolicy,
    Per,
    Provider,
    State,
    hookimpl,
    operation,
)

ORGANIZATION = "o-exampleorgid"
FULL_ACCESS = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
RCP_FULL_ACCESS = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}'
)


class Services:
    """The plugin.

    Attributes:
        topic_policies: resource-based policies of topics by ARN.
        service_control: further SCPs by account, JSON text.
        resource_control: further RCPs by account, JSON text.
        members: the accounts of the organization, the management account first.
    """

    def __init__(self) -> None:
        self.topic_policies: dict[str, str] = {}
        self.service_control: dict[str, str] = {}
        self.resource_control: dict[str, str] = {}
        self.members: list[str] = []
        self._kept: dict[str, OrganizationPolicies] = {}

    @hookimpl
    def cloudward_providers(self) -> list[Provider]:
        return providers()

    @hookimpl
    def cloudward_authorization_facts(self, request: Any) -> AuthorizationFacts | None:
        if request.operation.service.name != "sns" or request.operation.name != "Publish":
            return None
        arn = request.parameters["topic_arn"]
        text = self.topic_policies.get(arn)
        return AuthorizationFacts(
            (ActionRequest("sns:Publish", (arn,)),),
            context={"sns:Protocol": "https"},
            resource_policies={} if text is None else {arn: text},
        )

    @hookimpl
    def cloudward_organization_policies(self, account: str) -> OrganizationPolicies | None:
        if account not in self.members:
            return None
        made = OrganizationPolicies(
            ORGANIZATION,
            self.members[0],
            f"{ORGANIZATION}/r-root/",
            self._levels("service_control", "p-scp", FULL_ACCESS, self.service_control.get(account)),
            self._levels("resource_control", "p-rcp", RCP_FULL_ACCESS, self.resource_control.get(account)),
        )
        return self._kept.setdefault(f"{account}{made.service_control}{made.resource_control}", made)

    def _levels(self, kind: str, name: str, full: str, own: str | None) -> tuple[tuple[OrganizationPolicy, ...], ...]:
        begin = f"arn:aws:organizations::{self.members[0]}:policy/{ORGANIZATION}/{kind}_policy/"
        everything = OrganizationPolicy("FullAWSAccess", f"arn:aws:organizations::aws:policy/{kind}", full, "r-root")
        account = (OrganizationPolicy(name, begin + name, own, "account"),) if own is not None else (everything,)
        return ((everything,), account)


class SqsState(State, per=Per.REGION, service="sqs"):
    pass


class SnsState(State, per=Per.REGION, service="sns"):
    pass


class LambdaState(State, per=Per.REGION, service="lambda"):
    pass


class Ec2State(State, per=Per.REGION, service="ec2"):
    pass


class DynamoState(State, per=Per.REGION, service="dynamodb"):
    pass


class S3State(State, per=Per.ACCOUNT, service="s3"):
    pass


class UnknownState(State, per=Per.REGION, service="opensearchmemory"):
    pass


@operation("ListQueues")
def list_queues(ctx: Any) -> dict[str, Any]:
    return {"QueueUrls": []}


@operation("SendMessage")
def send_message(ctx: Any, *, queue_url: str, message_body: str) -> dict[str, Any]:
    return {"MessageId": "1", "MD5OfMessageBody": "x"}


@operation("Publish")
def publish(ctx: Any, *, message: str, topic_arn: str | None = None) -> dict[str, Any]:
    return {"MessageId": "1"}


@operation("CreateFunction")
def create_function(ctx: Any, *, function_name: str, role: str, code: Any, **more: Any) -> dict[str, Any]:
    return {"FunctionName": function_name, "Role": role}


@operation("DescribeInstances")
def describe_instances(ctx: Any) -> dict[str, Any]:
    return {"Reservations": []}


@operation("RunInstances")
def run_instances(
    ctx: Any, *, max_count: int, min_count: int, image_id: str | None = None, iam_instance_profile: Any = None
) -> dict[str, Any]:
    return {"Instances": []}


@operation("DeleteTable")
def delete_table(ctx: Any, *, table_name: str) -> dict[str, Any]:
    return {}


@operation("ListBuckets")
def list_buckets(ctx: Any) -> dict[str, Any]:
    return {"Buckets": []}


@operation("DeleteBucket")
def delete_bucket(ctx: Any, *, bucket: str) -> dict[str, Any]:
    return {}


@operation("ListSpaces")
def list_spaces(ctx: Any) -> dict[str, Any]:
    return {}


def providers() -> list[Provider]:
    return [
        Provider("sqs", SqsState).include(list_queues, send_message),
        Provider("sns", SnsState).include(publish),
        Provider("lambda", LambdaState).include(create_function),
        Provider("ec2", Ec2State).include(describe_instances, run_instances),
        Provider("dynamodb", DynamoState).include(delete_table),
        Provider("s3", S3State).include(list_buckets, delete_bucket),
        Provider("opensearchmemory", UnknownState).include(list_spaces),
    ]
