"""Who is let in, and what the others are told, by mode and by protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.config import Config as ClientConfig

from cloudward.api import Verdict, hookimpl
from cloudward.config import Config
from cloudward.ids import access_key_id
from cloudward.testing import Gateway, running_gateway
from tests.contract.sts.conftest import World, exchange, refused

UNAVAILABLE = 501
"""The status for services that no plugin provides: their calls were authenticated, and then there is nobody to ask."""

CALLS: dict[str, Callable[[Any], Any]] = {
    "sts": lambda client: client.get_caller_identity(),
    "iam": lambda client: client.list_users(),
    "ec2": lambda client: client.describe_regions(),
    "dynamodb": lambda client: client.list_tables(),
    "lambda": lambda client: client.list_functions(),
    "route53": lambda client: client.list_hosted_zones(),
    "s3": lambda client: client.list_buckets(),
}
INVALID = "The security token included in the request is invalid."
EXPIRED = "The security token included in the request is expired"
NOT_VALIDATED = "AWS was not able to validate the provided access credentials"


@pytest.mark.parametrize(
    ("service", "code", "status", "message"),
    [
        ("sts", "InvalidClientTokenId", 403, INVALID),
        ("iam", "InvalidClientTokenId", 403, INVALID),
        ("route53", "InvalidClientTokenId", 403, INVALID),
        ("ec2", "AuthFailure", 401, NOT_VALIDATED),
        ("dynamodb", "UnrecognizedClientException", 400, INVALID),
        ("lambda", "UnrecognizedClientException", 403, INVALID),
        ("s3", "InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."),
    ],
)
def test_an_unknown_key(world: World, service: str, code: str, status: int, message: str) -> None:
    key_id = access_key_id("AKIA", world.account)
    with refused() as answer:
        CALLS[service](world.client(service, {"AccessKeyId": key_id, "SecretAccessKey": "x" * 40}))
    assert (answer.code, answer.status, answer.message) == (code, status, message)
    if service == "s3":
        assert answer.error["AWSAccessKeyId"] == key_id


@pytest.mark.parametrize(
    ("service", "code", "status"),
    [
        ("sts", "SignatureDoesNotMatch", 403),
        ("iam", "SignatureDoesNotMatch", 403),
        ("ec2", "AuthFailure", 401),
        ("dynamodb", "InvalidSignatureException", 400),
        ("lambda", "InvalidSignatureException", 403),
        ("s3", "SignatureDoesNotMatch", 403),
    ],
)
def test_a_wrong_secret(world: World, service: str, code: str, status: int) -> None:
    with refused() as answer:
        CALLS[service](world.client(service, {**world.root, "SecretAccessKey": "wrong"}))
    assert (answer.code, answer.status) == (code, status)
    if service in ("sts", "iam", "dynamodb", "lambda"):
        assert "The Canonical String for this request should have been" in answer.message
    if service == "s3":
        assert answer.error["StringToSign"].startswith("AWS4-HMAC-SHA256\n")
        assert answer.error["CanonicalRequest"].startswith("GET\n/\n")


DYNAMODB = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": "application/x-amz-json-1.0"}


@pytest.mark.parametrize(
    ("service", "target", "headers", "unsigned", "bearer"),
    [
        (
            "sts",
            "POST /?Action=GetCallerIdentity&Version=2011-06-15",
            {},
            (403, "MissingAuthenticationToken"),
            (403, "InvalidClientTokenId"),
        ),
        (
            "ec2",
            "POST /?Action=DescribeRegions&Version=2016-11-15",
            {},
            (403, "MissingAuthenticationToken"),
            (401, "AuthFailure"),
        ),
        (
            "dynamodb",
            "POST /",
            DYNAMODB,
            (400, "MissingAuthenticationTokenException"),
            (400, "UnrecognizedClientException"),
        ),
        (
            "lambda",
            "GET /2015-03-31/functions",
            {},
            (403, "MissingAuthenticationTokenException"),
            (403, "UnrecognizedClientException"),
        ),
        ("s3", "GET /", {}, (403, "AccessDenied"), (403, "AccessDenied")),
    ],
)
def test_no_signature(
    strict_gateway: Gateway,
    service: str,
    target: str,
    headers: dict[str, str],
    unsigned: tuple[int, str],
    bearer: tuple[int, str],
) -> None:
    method, path = target.split(" ")
    headers = {"Host": f"{service}.us-east-1.amazonaws.com", **headers}
    for more, (status, code) in (({}, unsigned), ({"Authorization": "Bearer abc"}, bearer)):
        answer = exchange(strict_gateway.url, method, path, {**headers, **more})
        assert answer.status == status
        assert code in answer.text + answer.headers.get("x-amzn-errortype", "")


@pytest.mark.parametrize("service", [name for name in CALLS if name not in ("sts", "iam")])
def test_right_signatures_pass_for_every_protocol(world: World, service: str) -> None:
    for credentials in (world.root, world.user(f"u-{service}")):
        with refused() as answer:
            CALLS[service](world.client(service, credentials))
        assert answer.status == UNAVAILABLE, answer


@pytest.mark.parametrize(
    ("service", "code", "status", "message"),
    [
        ("sts", "ExpiredToken", 403, EXPIRED),
        ("ec2", "RequestExpired", 400, "Request has expired."),
        ("dynamodb", "ExpiredTokenException", 400, EXPIRED),
        ("lambda", "ExpiredTokenException", 403, EXPIRED),
        ("s3", "ExpiredToken", 400, "The provided token has expired."),
    ],
)
def test_expired_credentials(
    clock_gateway: Gateway,
    in_gateway: Callable[[Gateway], World],
    service: str,
    code: str,
    status: int,
    message: str,
) -> None:
    world = in_gateway(clock_gateway)
    session = world.assume(world.user(), world.role(), DurationSeconds=900)["Credentials"]
    sts = world.client("sts", session)
    _move_clock(clock_gateway, 880)
    assert sts.get_caller_identity()["Account"] == world.account
    _move_clock(clock_gateway, 20)
    with refused() as answer:
        CALLS[service](world.client(service, session))
    assert (answer.code, answer.status, answer.message) == (code, status, message)


@pytest.mark.parametrize(
    ("service", "code", "status"),
    [
        ("sts", "InvalidClientTokenId", 403),
        ("dynamodb", "UnrecognizedClientException", 400),
        ("s3", "InvalidToken", 400),
        ("ec2", "AuthFailure", 401),
    ],
)
def test_a_forged_token(world: World, service: str, code: str, status: int) -> None:
    session = dict(world.assume(world.user(), world.role())["Credentials"])
    token = session["SessionToken"]
    session["SessionToken"] = token[:-5] + ("A" if token[-5] != "A" else "B") + token[-4:]
    with refused() as answer:
        CALLS[service](world.client(service, session))
    assert (answer.code, answer.status) == (code, status)


def test_keys_switched_off(world: World) -> None:
    key = world.user()
    sts = world.client("sts", key)
    assert sts.get_caller_identity()["Arn"].endswith("user/alice")
    iam = world.client("iam")
    iam.update_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    with refused() as answer:
        sts.get_caller_identity()
    assert (answer.code, answer.message) == ("InvalidClientTokenId", INVALID)
    iam.update_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"], Status="Active")
    assert sts.get_caller_identity()["Arn"].endswith("user/alice")


def test_root_of_the_default_account_signs_with_test(strict_gateway: Gateway) -> None:
    assert strict_gateway.client("sts").get_caller_identity()["Account"] == "000000000000"


def test_the_root_secret_is_a_setting(in_gateway: Callable[[Gateway], World]) -> None:
    with running_gateway(Config(auth="strict", root_secret="open sesame")) as gateway:
        world = in_gateway(gateway)
        assert world.client("sts", {**world.root, "SecretAccessKey": "open sesame"}).get_caller_identity()
        with refused() as answer:
            world.client("sts").get_caller_identity()
        assert answer.code == "SignatureDoesNotMatch"


class AllowAll:
    """An authorizer, without which nothing can be enforced."""

    @hookimpl(tryfirst=True)
    def cloudward_authorize(self) -> Verdict:
        """Allow every call."""
        return Verdict(allowed=True)


class TestLenient:
    """The default: who is known must sign rightly, anybody else is root."""

    def test_unknown_keys_are_root_of_the_account_they_encode(self, gateway: Gateway) -> None:
        for key_id, account in (
            ("anything", "000000000000"),
            ("111122223333", "111122223333"),
            (access_key_id("AKIA", "222233334444"), "222233334444"),
        ):
            identity = gateway.client("sts", key_id, "any secret").get_caller_identity()
            assert identity["Arn"] == f"arn:aws:iam::{account}:root"

    def test_credentials_of_aws_itself_are_root_of_their_account(self, gateway: Gateway) -> None:
        key_id = access_key_id("ASIA", "222233334444")
        identity = gateway.client("sts", key_id, "secret", "IQoJb3JpZ2luX2VjEXAMPLE").get_caller_identity()
        assert identity["Account"] == "222233334444"

    def test_no_signature_is_root_of_the_default_account(self, gateway: Gateway) -> None:
        unsigned = gateway.client("sts", config=ClientConfig(signature_version=UNSIGNED))
        assert unsigned.get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:root"

    def test_a_known_key_with_a_wrong_secret_is_refused(
        self, gateway: Gateway, in_gateway: Callable[[Gateway], World]
    ) -> None:
        world = in_gateway(gateway)
        key = world.user()
        with refused() as answer:
            world.client("sts", {**key, "SecretAccessKey": "wrong"}).get_caller_identity()
        assert answer.code == "SignatureDoesNotMatch"

    def test_forged_and_missing_tokens_are_not_root(
        self, gateway: Gateway, in_gateway: Callable[[Gateway], World]
    ) -> None:
        world = in_gateway(gateway)
        session = dict(world.assume(world.user(), world.role())["Credentials"])
        for token in ("B" + session["SessionToken"][1:], "garbage", None):
            with refused() as answer:
                world.client("sts", {**session, "SessionToken": token}).get_caller_identity()
            assert answer.code == "InvalidClientTokenId"

    def test_root_by_mere_claim_may_assume_roles(
        self, gateway: Gateway, in_gateway: Callable[[Gateway], World]
    ) -> None:
        world = in_gateway(gateway)
        session = world.assume(world.root, world.role())["Credentials"]
        assert world.client("sts", session).get_caller_identity()["Arn"].endswith(":assumed-role/reader/session")

    def test_under_enforcement_a_deleted_key_is_not_root(self, in_gateway: Callable[[Gateway], World]) -> None:
        with running_gateway(Config(enforce="on"), plugins={"allow-all": AllowAll()}) as gateway:
            world = in_gateway(gateway)
            key = world.user()
            world.client("iam").delete_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"])
            with refused() as answer:
                world.client("sts", key).get_caller_identity()
            assert answer.code == "InvalidClientTokenId"


def test_off_verifies_nothing_but_knows_who_calls(in_gateway: Callable[[Gateway], World]) -> None:
    with running_gateway(Config(auth="off")) as gateway:
        world = in_gateway(gateway)
        key = {**world.user(), "SecretAccessKey": "wrong"}
        assert world.client("sts", key).get_caller_identity()["Arn"].endswith(":user/alice")
        session = world.assume(key, world.role())["Credentials"]
        identity = world.client("sts", {**session, "SecretAccessKey": "wrong"}).get_caller_identity()
        assert identity["Arn"].endswith(":assumed-role/reader/session")


def test_parity_key_ids_look_like_aws(in_gateway: Callable[[Gateway], World]) -> None:
    with running_gateway(Config(parity_access_key_ids=True)) as gateway:
        world = in_gateway(gateway)
        session = world.assume(world.user(), world.role())["Credentials"]
        assert session["AccessKeyId"].startswith("ASIA")
        with refused() as answer:
            world.client("sts", {**session, "SessionToken": "garbage"}).get_caller_identity()
        assert answer.code == "InvalidClientTokenId"


def test_operations_without_authentication_need_none(world: World) -> None:
    model = botocore.session.get_session().get_service_model("sts").operation_model("AssumeRoleWithWebIdentity")
    assert model.auth_type == "none"
    with refused() as answer:
        world.client("sts").assume_role_with_web_identity(
            RoleArn=f"arn:aws:iam::{world.account}:role/r", RoleSessionName="s", WebIdentityToken="a.b.c"
        )
    assert answer.code not in ("MissingAuthenticationToken", "InvalidClientTokenId")


@pytest.fixture
def clock_gateway() -> Iterator[Gateway]:
    """A strict gateway whose clock a test may move."""
    with running_gateway(Config(auth="strict")) as running:
        yield running


def _move_clock(gateway: Gateway, seconds: float) -> None:
    from cloudward.cli.endpoint import fetch

    fetch(gateway.url, "/_cloudward/clock", method="POST", body={"move": seconds})
