"""GetSessionToken and GetFederationToken: how long, for whom, and what their sessions cannot call."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cloudward.config import Config
from cloudward.testing import Gateway, running_gateway
from tests.contract.sts.conftest import World, refused
from tests.contract.sts.test_assume_role import ALLOW, lasts, session_of

INVALID = "The security token included in the request is invalid."


@pytest.mark.parametrize(
    ("who", "asked", "minutes"), [("user", None, 720), ("user", 129600, 2160), ("root", None, 60), ("root", 7200, 60)]
)
def test_how_long_they_last(world: World, who: str, asked: int | None, minutes: int) -> None:
    sts = world.client("sts", world.user() if who == "user" else world.root)
    options = {} if asked is None else {"DurationSeconds": asked}
    assert lasts(sts.get_session_token(**options)["Credentials"]) == minutes
    assert lasts(sts.get_federation_token(Name="bob", **options)["Credentials"]) == minutes


@pytest.mark.parametrize(("name", "options"), [("GetSessionToken", {}), ("GetFederationToken", {"Name": "bob"})])
def test_they_need_long_term_credentials(world: World, name: str, options: dict[str, Any]) -> None:
    session = world.assume(world.user(), world.role())["Credentials"]
    operation = "get_session_token" if name == "GetSessionToken" else "get_federation_token"
    with refused() as answer:
        getattr(world.client("sts", session), operation)(**options)
    assert (answer.code, answer.status, answer.message) == (
        "AccessDenied",
        403,
        f"Cannot call {name} with session credentials",
    )


def test_sessions_without_mfa_cannot_call_iam(world: World) -> None:
    session = world.client("sts", world.user()).get_session_token()["Credentials"]
    with refused() as answer:
        world.client("iam", session).list_users()
    assert (answer.code, answer.status, answer.message) == ("InvalidClientTokenId", 403, INVALID)
    assert world.assume(session, world.role())["AssumedRoleUser"]


def test_federated_users_can_only_ask_sts_who_they_are(world: World) -> None:
    federated = world.client("sts", world.user()).get_federation_token(Name="bob")["Credentials"]
    assert world.client("sts", federated).get_caller_identity()["Arn"].endswith(":federated-user/bob")
    with refused() as answer:
        world.assume(federated, world.role())
    assert (answer.code, answer.message) == ("AccessDenied", "Cannot call AssumeRole with session credentials")
    with refused() as answer:
        world.client("iam", federated).list_users()
    assert answer.code == "InvalidClientTokenId"


def test_a_federated_session_knows_its_maker_policies_and_tags(world: World) -> None:
    key = world.user()
    answer = world.client("sts", key).get_federation_token(
        Name="bob", Policy=json.dumps(ALLOW), Tags=[{"Key": "Team", "Value": "a"}]
    )
    session = session_of(world, answer["Credentials"])
    assert session.user_arn == f"arn:aws:iam::{world.account}:user/alice"
    assert session.user_id == world.client("iam").get_user(UserName="alice")["User"]["UserId"]
    assert json.loads(session.policies[0]) == ALLOW
    assert session.tags == (("Team", "a"),)
    assert answer["PackedPolicySize"] > 0


class TestWhoseMakerIsGone:
    def test_sessions_end_with_their_user(self, world: World) -> None:
        key = world.user()
        sts = world.client("sts", key)
        sessions = [
            sts.get_session_token()["Credentials"],
            sts.get_federation_token(Name="bob")["Credentials"],
        ]
        iam = world.client("iam")
        iam.delete_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"])
        iam.delete_user(UserName="alice")
        iam.create_user(UserName="alice")
        for session in sessions:
            with refused() as answer:
                world.client("sts", session).get_caller_identity()
            assert (answer.code, answer.message) == ("InvalidClientTokenId", INVALID)

    def test_sessions_of_a_role_do_not_survive_it_even_if_it_is_made_again(self, world: World) -> None:
        key, role = world.user(), world.role()
        session = world.assume(key, role)["Credentials"]
        world.client("iam").delete_role(RoleName="reader")
        for _ in range(2):
            with refused() as answer:
                world.client("sts", session).get_caller_identity()
            assert answer.code == "InvalidClientTokenId"
            if _ == 0:
                assert world.role() == role

    def test_a_session_outlives_the_key_it_was_made_with(self, world: World) -> None:
        key = world.user()
        session = world.client("sts", key).get_session_token()["Credentials"]
        world.client("iam").delete_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"])
        assert world.client("sts", session).get_caller_identity()["Arn"].endswith(":user/alice")


@pytest.fixture
def closed_regions() -> Iterator[Gateway]:
    """A gateway in which STS is not activated in one region."""
    with running_gateway(Config(plugin_settings={"sts": {"disabled_regions": "eu-south-1, af-south-1"}})) as running:
        yield running


def test_regions_in_which_sts_is_not_activated(closed_regions: Gateway, in_gateway: Callable[[Gateway], World]) -> None:
    world = in_gateway(closed_regions)
    key = world.user()
    assert world.client("sts", key, region_name="eu-west-1").get_session_token()["Credentials"]
    with refused() as answer:
        world.client("sts", key, region_name="af-south-1").get_session_token()
    assert (answer.code, answer.status) == ("RegionDisabledException", 403)
    assert answer.message.startswith(f"STS is not activated in this region for account:{world.account}.")
