"""Every operation of every service: the request that botocore sends is recognised as that operation.

`exceptions.json` lists what cannot be told apart, with the reason; the tests check it both ways, so that no row is
stale.  A run takes a random sample, the long tests take everything.
"""

from __future__ import annotations

import json
import random  # noqa: TID251 - pytest-randomly seeds it and reports the seed
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudward.errors import ServiceError
from cloudward.model import Catalogue
from cloudward.protocols.wire import WireRequest
from cloudward.routing import Router
from tests.routing.botocore_requests import Sender

EXCEPTIONS = json.loads((Path(__file__).parent / "exceptions.json").read_text())
SAMPLED_SERVICES = 50
SAMPLED_OPERATIONS = 12
# Their hosts come from DescribeEndpoints, so that botocore sends nothing else without an answer to that.
DISCOVERED = {"timestream-query", "timestream-write"}
# Without a signature, host or names in headers and body only the path is left, which is looked up among the services
# that are enabled: then these are told by what they have in common with nobody else.
UNSIGNED = ["iam", "sts", "cognito-idp", "dynamodb", "cloudwatch", "sso-oidc", "sso", "signin", "sns", "sqs", "ec2"]


@pytest.fixture(scope="module")
def sender() -> Sender:
    return Sender()


@pytest.fixture(scope="module")
def router() -> Router:
    return Router(Catalogue())


def expected(service: str, operation: str, where: str) -> tuple[str, str]:
    for row in EXCEPTIONS:
        listed = row["operations"] == "all" or operation in row["operations"]
        if row["service"] == service and listed and row["where"] in (where, "everywhere"):
            return (row["taken_for"], f"taken for {row['taken_for']}")
    return (service, operation)


def recognised(router: Router, request: WireRequest, service: str, operation: str, where: str) -> bool:
    try:
        route = router.route(request)
    except ServiceError as error:
        pytest.fail(f"{service}.{operation}: {error}")
    taken_for, name = expected(service, operation, where)
    if taken_for == service and name == operation:
        return (route.service.name, route.operation_name) == (service, operation)
    # A row that is not needed any more must go: the request has to be taken for the other one.
    return route.service.name == taken_for and (route.service.name, route.operation_name) != (service, operation)


def wrong(sender: Sender, router: Router, service: str, where: str, most: int | None = None) -> Iterator[str]:
    client = sender.client(service, local=where == "local")
    operations = list(client.meta.service_model.operation_names)
    if most is not None and len(operations) > most:
        operations = random.sample(operations, most)
    for operation in operations:
        request = sender.request(client, operation)
        if not recognised(router, request, service, operation, where):
            yield f"{service}.{operation}: {request.method} {request.raw_path}?{request.raw_query}"


@pytest.mark.parametrize("where", ["local", "aws"])
def test_a_sample_of_all_operations_is_recognised(sender: Sender, router: Router, where: str) -> None:
    services = [name for name in sender.services() if where == "local" or name not in DISCOVERED]
    for service in random.sample(services, SAMPLED_SERVICES):
        assert list(wrong(sender, router, service, where, SAMPLED_OPERATIONS)) == []


@pytest.mark.parametrize("service", sorted({row["service"] for row in EXCEPTIONS} | {"s3", "s3control"}))
def test_services_with_exceptions_are_recognised_but_for_those(sender: Sender, router: Router, service: str) -> None:
    assert list(wrong(sender, router, service, "local", 40)) == []


@pytest.mark.long
@pytest.mark.parametrize("where", ["local", "aws"])
def test_every_operation_is_recognised(sender: Sender, router: Router, where: str) -> None:
    services = [name for name in sender.services() if where == "local" or name not in DISCOVERED]
    assert [line for service in services for line in wrong(sender, router, service, where)] == []


def test_exceptions_name_services_and_operations_that_exist() -> None:
    catalogue = Catalogue()
    for row in EXCEPTIONS:
        model = catalogue.service(row["service"])
        operations = model.operation_names if row["operations"] == "all" else row["operations"]
        assert all(model.has_operation(name) for name in operations)
        assert row["reason"]
        assert row["taken_for"] in catalogue.services()


@pytest.mark.parametrize("service", UNSIGNED)
def test_unsigned_requests_are_recognised_without_a_host(sender: Sender, service: str) -> None:
    router = Router(Catalogue(), ["iam"])
    client = sender.client(service, unsigned=True)
    operations = client.meta.service_model.operation_names
    for operation in operations if len(operations) < 60 else operations[:60]:
        request = sender.request(client, operation)
        assert "authorization" not in request.headers
        route = router.route(request)
        assert (route.service.name, route.operation_name) == (service, operation)


def test_an_enabled_service_wins_where_nothing_else_tells(sender: Sender) -> None:
    router = Router(Catalogue(), ["neptune", "wisdom"])
    for service, operation in (("neptune", "CreateDBCluster"), ("wisdom", "ListAssistants")):
        assert router.route(sender.request(sender.client(service), operation)).service.name == service


def test_enabled_rest_services_need_no_signature(sender: Sender) -> None:
    router = Router(Catalogue(), ["lambda", "s3"])
    for service, operation in (("lambda", "ListFunctions"), ("s3", "GetObject"), ("s3", "ListBuckets")):
        request = sender.request(sender.client(service, unsigned=True), operation)
        route = router.route(request)
        assert (route.service.name, route.operation_name) == (service, operation)


def test_presigned_requests_are_recognised(sender: Sender, router: Router) -> None:
    presigned = [("s3", "get_object", {"Bucket": "b", "Key": "k/l"}), ("sts", "get_caller_identity", {})]
    for service, method, params in presigned:
        client = sender.client(service)
        url = client.generate_presigned_url(method, Params=params)
        path, _, query = url.removeprefix("https://localhost:4566").partition("?")
        route = router.route(WireRequest("GET", path, query, [("host", "localhost:4566")]))
        assert route.service.name == service
        assert route.operation_name.lower() == method.replace("_", "")
