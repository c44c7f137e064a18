"""A SAML provider and a role for these tests, in a gateway that enforces policies."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config as ClientConfig

from cloudward.config import Config
from cloudward.testing import Gateway, running_gateway
from tests.contract.sts.conftest import World
from tests.contract.sts.federation.saml_idp import ENTITY, Assertion, Signer

SIGNATURE_INVALID = ("InvalidIdentityToken", "Response signature invalid")


@pytest.fixture(scope="module")
def enforced() -> Iterator[Gateway]:
    with running_gateway(Config(auth="strict", enforce="on")) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


@dataclass
class Setup:
    """A SAML provider and a role that trusts it."""

    world: World
    signer: Signer
    provider: str
    role: str

    def assertion(self, **changes: Any) -> Assertion:
        return Assertion(self.role, self.provider, **{"identifier": f"_{os.urandom(8).hex()}", **changes})

    def signed(self, **changes: Any) -> str:
        return self.signer.sign(self.assertion(**changes).xml())

    def assume(self, document: str | bytes, **options: Any) -> dict[str, Any]:
        data = document.encode() if isinstance(document, str) else document
        sts = self.world.client(
            "sts", config=ClientConfig(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
        )
        answer = sts.assume_role_with_saml(
            **{
                "RoleArn": self.role,
                "PrincipalArn": self.provider,
                "SAMLAssertion": b64encode(data).decode(),
                **options,
            }
        )
        return dict(answer)


def make_role(world: World, provider: str, condition: dict[str, Any] | None = None, **options: Any) -> str:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"],
        **({"Condition": condition} if condition else {}),
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = world.client("iam").create_role(**{"RoleName": "saml", "AssumeRolePolicyDocument": document, **options})
    return str(made["Role"]["Arn"])


@pytest.fixture
def setup(enforced: Gateway, signer: Signer, in_gateway: Callable[[Gateway], World]) -> Setup:
    world = in_gateway(enforced)
    made = world.client("iam").create_saml_provider(SAMLMetadataDocument=signer.metadata(), Name="MyIdP")
    provider = made["SAMLProviderArn"]
    condition = {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml", "SAML:iss": ENTITY}}
    return Setup(world, signer, provider, make_role(world, provider, condition))
