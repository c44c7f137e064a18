"""Known attacks on signatures and session tokens, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.contract.sts.conftest import Answer, World, exchange, refused

BODY = b"Action=GetCallerIdentity&Version=2011-06-15"
FORM = "application/x-www-form-urlencoded; charset=utf-8"


class Signed:
    """A signed request whose parts a test can change before it is sent."""

    def __init__(
        self,
        world: World,
        *,
        credentials: dict[str, str] | None = None,
        service: str = "sts",
        region: str = "us-east-1",
        host: str | None = None,
        at: datetime | None = None,
        body: bytes = BODY,
        headers: dict[str, str] | None = None,
        presigned: bool = False,
    ) -> None:
        self.url = world.gateway.url
        host = host or urlsplit(self.url).netloc
        signing = credentials or world.root
        keys = Credentials(signing["AccessKeyId"], signing["SecretAccessKey"], signing.get("SessionToken"))
        if presigned:
            request = AWSRequest("GET", f"http://{host}/?{body.decode()}")
            self.body = b""
        else:
            request = AWSRequest("POST", f"http://{host}/", {"Content-Type": FORM, **(headers or {})}, body)
            self.body = body
        auth = (SigV4QueryAuth if presigned else SigV4Auth)(keys, service, region)
        if at is not None:
            _sign_at(auth, request, at)
        else:
            auth.add_auth(request)
        self.method = request.method
        url = urlsplit(request.url)
        self.target = url.path + (f"?{url.query}" if url.query else "")
        self.headers: list[tuple[str, str]] = [("Host", host), *request.headers.items()]

    def send(self) -> Answer:
        """Send it."""
        return exchange(self.url, self.method, self.target, self.headers, self.body)

    def header(self, name: str) -> str:
        """Return a header's value."""
        return next(value for key, value in self.headers if key.lower() == name.lower())

    def set(self, name: str, value: str) -> None:
        """Set a header in place of any of that name."""
        self.drop(name)
        self.headers.append((name, value))

    def drop(self, name: str) -> None:
        """Drop a header."""
        self.headers = [(key, value) for key, value in self.headers if key.lower() != name.lower()]


def _sign_at(auth: Any, request: AWSRequest, at: datetime) -> None:
    """Sign as a client would whose clock shows another time."""
    from unittest.mock import patch

    with patch("botocore.auth.get_current_datetime", return_value=at.replace(tzinfo=None)):
        auth.add_auth(request)


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the client's own clock


def test_what_is_signed_rightly_passes(world: World) -> None:
    assert Signed(world).send().status == 200
    assert Signed(world, presigned=True).send().status == 200


def assert_refused(answer: Answer, *codes: str) -> None:
    assert answer.status in (400, 403), answer
    assert any(f"<Code>{code}</Code>" in answer.text for code in codes), answer.text


class TestReplayInTime:
    @pytest.mark.parametrize("minutes", [-16, 16])
    def test_a_clock_that_is_off_by_more_than_a_quarter_of_an_hour(self, world: World, minutes: int) -> None:
        answer = Signed(world, at=now() + timedelta(minutes=minutes)).send()
        assert_refused(answer, "SignatureDoesNotMatch")
        assert ("Signature expired" if minutes < 0 else "Signature not yet current") in answer.text

    @pytest.mark.parametrize("minutes", [-14, 14])
    def test_a_clock_that_is_off_by_less(self, world: World, minutes: int) -> None:
        assert Signed(world, at=now() + timedelta(minutes=minutes)).send().status == 200

    def test_another_date_in_the_header_than_was_signed(self, world: World) -> None:
        request = Signed(world, at=now() - timedelta(minutes=20))
        request.set("X-Amz-Date", now().strftime("%Y%m%dT%H%M%SZ"))
        assert_refused(request.send(), "SignatureDoesNotMatch")

    def test_moving_the_gateways_clock_leaves_clients_clocks_alone(self, world: World) -> None:
        world.gateway.app.clock.move(timedelta(hours=2))
        try:
            assert Signed(world).send().status == 200
        finally:
            world.gateway.app.clock.move(timedelta(hours=-2))


class TestScope:
    def test_signed_for_another_service(self, world: World) -> None:
        # The body says which service it is for; the signature was made for IAM.
        answer = Signed(world, service="iam", host="sts.us-east-1.amazonaws.com").send()
        assert answer.status in (400, 403)

    def test_signed_for_another_region_than_the_hosts(self, world: World) -> None:
        answer = Signed(world, region="eu-west-1", host="sts.us-west-2.amazonaws.com").send()
        assert_refused(answer, "SignatureDoesNotMatch")
        assert "Credential should be scoped to a valid region" in answer.text

    def test_the_hosts_region(self, world: World) -> None:
        assert Signed(world, region="us-west-2", host="sts.us-west-2.amazonaws.com").send().status == 200

    def test_the_global_endpoint_is_signed_for_the_home_region(self, world: World) -> None:
        assert Signed(world, host="sts.amazonaws.com").send().status == 200
        assert_refused(Signed(world, region="eu-west-1", host="sts.amazonaws.com").send(), "SignatureDoesNotMatch")

    def test_a_region_that_is_none(self, world: World) -> None:
        answer = Signed(world, region="nowhere").send()
        assert_refused(answer, "SignatureDoesNotMatch")
        assert "Credential should be scoped to a valid region, not 'nowhere'." in answer.text

    def test_a_key_of_another_partition(self, world: World) -> None:
        key = world.user()
        assert_refused(Signed(world, credentials=key, region="cn-north-1").send(), "InvalidClientTokenId")


class TestSmuggling:
    def test_the_body(self, world: World) -> None:
        request = Signed(world)
        request.body = b"Action=GetAccessKeyInfo&Version=2011-06-15&AccessKeyId=AKIAIOSFODNN7EXAMPLE"
        assert_refused(request.send(), "SignatureDoesNotMatch")

    def test_a_body_that_was_not_signed_behind_a_presigned_query(self, world: World) -> None:
        request = Signed(world, presigned=True)
        request.method, request.body = "POST", b"Action=GetSessionToken&Version=2011-06-15"
        request.headers.append(("Content-Type", FORM))
        assert_refused(request.send(), "SignatureDoesNotMatch")

    def test_a_second_authorization(self, world: World) -> None:
        key = world.user()
        request = Signed(world, credentials=key)
        request.headers.append(("Authorization", Signed(world).header("Authorization")))
        assert request.send().status in (400, 403)

    def test_both_header_and_query(self, world: World) -> None:
        request = Signed(world)
        request.target = Signed(world, presigned=True).target
        assert_refused(request.send(), "SignatureDoesNotMatch")

    def test_a_second_session_token(self, world: World) -> None:
        role, key = world.role(), world.user()
        one, two = (world.assume(key, role, name)["Credentials"] for name in ("one", "two"))
        request = Signed(world, credentials=one)
        request.headers.append(("X-Amz-Security-Token", two["SessionToken"]))
        assert request.send().status in (400, 403)

    @pytest.mark.parametrize("name", ["X-Amz-Anything", "X-Amz-Content-Sha256"])
    def test_aws_headers_that_were_not_signed(self, world: World, name: str) -> None:
        request = Signed(world)
        request.set(name, "anything")
        answer = request.send()
        # The payload's hash ends the text that is signed, so its header need not be signed.
        assert answer.status == (200 if name == "X-Amz-Content-Sha256" else 403)

    def test_a_header_that_was_signed_and_removed(self, world: World) -> None:
        request = Signed(world, headers={"X-Amz-Meta": "1"})
        assert request.send().status == 200
        request.drop("X-Amz-Meta")
        assert_refused(request.send(), "SignatureDoesNotMatch")

    def test_another_host(self, world: World) -> None:
        request = Signed(world)
        request.headers[0] = ("Host", "elsewhere.example.com")
        assert_refused(request.send(), "SignatureDoesNotMatch")

    def test_signature_version_2(self, world: World) -> None:
        query = (
            f"{BODY.decode()}&AWSAccessKeyId={world.account}&SignatureVersion=2&SignatureMethod=HmacSHA256&Signature=a"
        )
        answer = exchange(world.gateway.url, "GET", f"/?{query}", {"Host": "sts.amazonaws.com"})
        assert_refused(answer, "SignatureDoesNotMatch")

    @pytest.mark.parametrize(
        "authorization",
        [
            "AWS4-HMAC-SHA256",
            "AWS4-HMAC-SHA256 Credential=",
            "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=x",
            "none",
            "AWS4-NONE Credential=a/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=x",
        ],
    )
    def test_malformed_authorization(self, world: World, authorization: str) -> None:
        request = Signed(world)
        request.set("Authorization", authorization)
        assert_refused(request.send(), "IncompleteSignature", "MissingAuthenticationToken")


class TestTokens:
    def test_a_token_belongs_to_its_key(self, world: World) -> None:
        role, key = world.role(), world.user()
        one, two = (world.assume(key, role, name)["Credentials"] for name in ("one", "two"))
        for mixed in (
            {**one, "SessionToken": two["SessionToken"]},
            {**two, "AccessKeyId": one["AccessKeyId"]},
            {**key, "SessionToken": one["SessionToken"]},
        ):
            assert_refused(Signed(world, credentials=mixed).send(), "InvalidClientTokenId")

    def test_a_temporary_key_without_its_token(self, world: World) -> None:
        session = dict(world.assume(world.user(), world.role())["Credentials"])
        del session["SessionToken"]
        assert_refused(Signed(world, credentials=session).send(), "InvalidClientTokenId")

    def test_root_does_not_take_tokens(self, world: World) -> None:
        assert_refused(Signed(world, credentials={**world.root, "SessionToken": "x"}).send(), "InvalidClientTokenId")

    def test_a_token_of_another_gateway(self, world: World, in_gateway: Any) -> None:
        from cloudward.testing import running_gateway

        with running_gateway() as other:
            elsewhere = in_gateway(other)
            session = elsewhere.assume(elsewhere.user(), elsewhere.role())["Credentials"]
        assert_refused(Signed(world, credentials=session).send(), "InvalidClientTokenId")

    def test_tokens_are_not_interchangeable_with_other_sealed_texts(self, world: World) -> None:
        session = world.assume(world.user(), world.role())["Credentials"]
        with refused() as answer:
            world.client("sts").decode_authorization_message(EncodedMessage=session["SessionToken"])
        assert answer.code == "InvalidAuthorizationMessageException"
