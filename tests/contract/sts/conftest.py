"""A gateway under strict authentication for all of these tests, and an account of its own for each."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError

from cloudward.config import Config
from cloudward.testing import Gateway, running_gateway

TRUST_ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}],
}


@dataclass
class Refused:
    """What a refused call answered."""

    code: str = ""
    message: str = ""
    status: int = 0
    error: Mapping[str, Any] = None  # type: ignore[assignment]
    request_id: str = ""


@contextmanager
def refused() -> Iterator[Refused]:
    """Expect a refusal and hand out what it says."""
    found = Refused()
    with pytest.raises(ClientError) as caught:
        yield found
    answer = caught.value.response
    found.error = answer["Error"]
    found.code, found.message = answer["Error"]["Code"], answer["Error"]["Message"]
    found.status = answer["ResponseMetadata"]["HTTPStatusCode"]
    found.request_id = answer["ResponseMetadata"].get("RequestId", "")


@dataclass
class Answer:
    """An HTTP answer.

    Attributes:
        status: the HTTP status.
        text: the body.
        headers: the headers, names in lower case.
    """

    status: int
    text: str
    headers: Mapping[str, str]


def exchange(
    url: str, method: str, target: str, headers: Mapping[str, str] | Sequence[tuple[str, str]], body: bytes = b""
) -> Answer:
    """Send a request exactly as given: headers in their order, `Host` and repeated ones included."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        items = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
        for name, value in items:
            connection.putheader(name, value)
        if not any(name.lower() == "content-length" for name, _ in items):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        text = response.read().decode()
        return Answer(response.status, text, {name.lower(): value for name, value in response.getheaders()})
    finally:
        connection.close()


class World:
    """One account in a gateway.

    Attributes:
        gateway: the gateway.
        account: the account.
        root: root's credentials.
    """

    def __init__(self, gateway: Gateway, session: Any, account: str) -> None:
        self.gateway = gateway
        self.session = session
        self.account = account
        self.root = {"AccessKeyId": account, "SecretAccessKey": "test"}

    def client(self, service: str, credentials: Mapping[str, str] | None = None, **options: Any) -> Any:
        """Return a client that signs with credentials as CreateAccessKey or STS answers them."""
        signing = credentials or self.root
        options.setdefault("config", ClientConfig(retries={"total_max_attempts": 1}, parameter_validation=False))
        return self.session.client(
            service,
            endpoint_url=self.gateway.url,
            aws_access_key_id=signing["AccessKeyId"],
            aws_secret_access_key=signing["SecretAccessKey"],
            aws_session_token=signing.get("SessionToken"),
            **options,
        )

    def user(self, name: str = "alice") -> dict[str, str]:
        """Make a user with an access key and return the key."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        return dict(iam.create_access_key(UserName=name)["AccessKey"])

    def role(self, name: str = "reader", path: str = "/", **options: Any) -> str:
        """Make a role that trusts everybody and return its ARN."""
        made = self.client("iam").create_role(
            RoleName=name, Path=path, AssumeRolePolicyDocument=json.dumps(TRUST_ALL), **options
        )
        return str(made["Role"]["Arn"])

    def assume(
        self, credentials: Mapping[str, str], role: str, name: str = "session", **options: Any
    ) -> dict[str, Any]:
        """Assume a role."""
        answer = self.client("sts", credentials).assume_role(RoleArn=role, RoleSessionName=name, **options)
        return dict(answer)


@pytest.fixture(scope="session")
def strict_gateway() -> Iterator[Gateway]:
    """The gateway that these tests share."""
    with running_gateway(Config(auth="strict")) as running:
        yield running


@pytest.fixture(scope="session")
def boto_session() -> Any:
    """A boto3 session that all clients share, because each new one reads the models again."""
    return boto3.Session("unused", "unused", region_name="us-east-1")


@pytest.fixture
def account() -> str:
    """An account that no other test uses."""
    return f"{secrets.randbelow(8 * 10**11) + 10**11:012d}"


@pytest.fixture
def world(strict_gateway: Gateway, boto_session: Any, account: str) -> World:
    """The test's account in the gateway that all share."""
    return World(strict_gateway, boto_session, account)


@pytest.fixture
def in_gateway(boto_session: Any, account: str) -> Callable[[Gateway], World]:
    """Makes the test's account in a gateway of its own."""
    return lambda gateway: World(gateway, boto_session, account)
