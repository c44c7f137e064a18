"""AssumeRoot, DecodeAuthorizationMessage and GetDelegatedAccessToken."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from cloudward.config import Config
from cloudward.testing import Gateway, running_gateway
from tests.contract.sts.conftest import World, refused
from tests.contract.sts.test_assume_role import ALLOW, lasts, session_of

AUDIT = {"arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"}
MEMBER = "444455556666"


class TestAssumeRoot:
    @pytest.mark.parametrize("target", [MEMBER, f"arn:aws:iam::{MEMBER}:root"])
    def test_its_session_is_root_of_the_member_account(self, world: World, target: str) -> None:
        answer = world.client("sts", world.user()).assume_root(TargetPrincipal=target, TaskPolicyArn=AUDIT)
        assert lasts(answer["Credentials"]) == 15
        identity = world.client("sts", answer["Credentials"]).get_caller_identity()
        assert (identity["UserId"], identity["Account"]) == (MEMBER, MEMBER)
        assert identity["Arn"] == f"arn:aws:iam::{MEMBER}:root"
        assert session_of(world, answer["Credentials"]).policy_arns == (AUDIT["arn"],)

    def test_root_cannot_call_it(self, world: World) -> None:
        with refused() as answer:
            world.client("sts").assume_root(TargetPrincipal=MEMBER, TaskPolicyArn=AUDIT)
        assert (answer.code, answer.status) == ("AccessDenied", 403)

    def test_only_task_policies_will_do(self, world: World) -> None:
        policy = {"arn": "arn:aws:iam::aws:policy/AdministratorAccess"}
        with refused() as answer:
            world.client("sts", world.user()).assume_root(TargetPrincipal=MEMBER, TaskPolicyArn=policy)
        assert answer.code == "ValidationError"

    @pytest.mark.parametrize(
        "target", ["arn:aws:iam::444455556666:user/x", "arn:aws:iam::444455556666", "44445555666x"]
    )
    def test_only_accounts_and_their_root_can_be_meant(self, world: World, target: str) -> None:
        with refused() as answer:
            world.client("sts", world.user()).assume_root(TargetPrincipal=target, TaskPolicyArn=AUDIT)
        assert (answer.code, answer.message) == ("ValidationError", f"{target} is invalid")

    def test_a_quarter_of_an_hour_at_most(self, world: World) -> None:
        with refused() as answer:
            world.client("sts", world.user()).assume_root(
                TargetPrincipal=MEMBER, TaskPolicyArn=AUDIT, DurationSeconds=901
            )
        assert answer.code == "ValidationError"


class TestAuthorizationMessages:
    DETAILS: ClassVar[dict[str, Any]] = {
        "allowed": False,
        "explicitDeny": True,
        "context": {"action": "ec2:RunInstances", "ä": ["ü"]},
    }

    def encoded(self, world: World) -> str:
        hook = world.gateway.app.plugins.hook.cloudward_encode_authorization_message
        return str(hook(app=world.gateway.app, account=world.account, document=self.DETAILS))

    def test_the_account_that_was_denied_can_read_them(self, world: World) -> None:
        message = self.encoded(world)
        assert "RunInstances" not in message
        decoded = world.client("sts").decode_authorization_message(EncodedMessage=message)["DecodedMessage"]
        assert json.loads(decoded) == self.DETAILS

    def test_no_other_account_can(self, world: World) -> None:
        message = self.encoded(world)
        with refused() as answer:
            world.gateway.client("sts", "111111111111").decode_authorization_message(EncodedMessage=message)
        assert (answer.code, answer.status) == ("InvalidAuthorizationMessageException", 400)

    @pytest.mark.parametrize("change", ["cut", "flipped", "made up"])
    def test_changed_ones_are_refused(self, world: World, change: str) -> None:
        message = self.encoded(world)
        middle = len(message) // 2
        other = "A" if message[middle] != "A" else "B"
        changed = {
            "cut": message[:-4],
            "flipped": message[:middle] + other + message[middle + 1 :],
            "made up": "bWFkZSB1cA==",
        }[change]
        with refused() as answer:
            world.client("sts").decode_authorization_message(EncodedMessage=changed)
        assert answer.code == "InvalidAuthorizationMessageException"


class TestDelegation:
    def token(self, world: World, **changes: Any) -> str:
        app = world.gateway.app
        grant = {
            "policies": [json.dumps(ALLOW)],
            "policy_arns": [],
            "duration": 1800,
            "expires_at": app.clock.now() + timedelta(minutes=5),
            **changes,
        }
        hook = app.plugins.hook.cloudward_encode_trade_in_token
        return str(app.store.run(lambda transaction: hook(app=app, transaction=transaction, grant=grant)))

    def test_a_users_grant_becomes_credentials_bounded_by_it(self, world: World) -> None:
        world.user()
        user = world.client("iam").get_user(UserName="alice")["User"]
        token = self.token(world, principal_arn=user["Arn"], principal_id=user["UserId"])
        answer = world.gateway.client("sts", "999999999999").get_delegated_access_token(TradeInToken=token)
        assert answer["AssumedPrincipal"] == user["Arn"]
        assert 0 < answer["PackedPolicySize"] <= 100
        assert lasts(answer["Credentials"]) == 30
        assert world.client("sts", answer["Credentials"]).get_caller_identity()["Arn"] == user["Arn"]
        assert json.loads(session_of(world, answer["Credentials"]).policies[0]) == ALLOW

    def test_a_roles_grant(self, world: World) -> None:
        role = world.role()
        role_id = world.client("iam").get_role(RoleName="reader")["Role"]["RoleId"]
        token = self.token(world, principal_arn=role, principal_id=role_id)
        answer = world.client("sts").get_delegated_access_token(TradeInToken=token)
        identity = world.client("sts", answer["Credentials"]).get_caller_identity()
        assert identity["Arn"].startswith(f"arn:aws:sts::{world.account}:assumed-role/reader/")

    def test_an_expired_token(self, world: World) -> None:
        past = world.gateway.app.clock.now() - timedelta(seconds=1)
        token = self.token(world, principal_arn="x", principal_id="x", expires_at=past)
        with refused() as answer:
            world.client("sts").get_delegated_access_token(TradeInToken=token)
        assert (answer.code, answer.status) == ("ExpiredTradeInTokenException", 400)

    def test_a_made_up_token(self, world: World) -> None:
        with refused() as answer:
            world.client("sts").get_delegated_access_token(TradeInToken="made-up")
        assert answer.code == "ValidationError"


class TestClock:
    @pytest.fixture
    def own(self, in_gateway: Callable[[Gateway], World]) -> Iterator[World]:
        with running_gateway(Config()) as gateway:
            yield in_gateway(gateway)

    def call(self, world: World, body: Any = None) -> Any:
        from cloudward.cli.endpoint import fetch

        method = "GET" if body is None else "POST"
        return fetch(world.gateway.url, "/_cloudward/clock", method=method, body=body)

    def test_freeze_move_and_reset(self, own: World) -> None:
        assert self.call(own)["frozen"] is False
        assert self.call(own, {"freeze": "2031-05-06T07:08:09Z"})["now"] == "2031-05-06T07:08:09Z"
        assert self.call(own, {"move": 1.5})["now"] == "2031-05-06T07:08:10.500000Z"
        user = own.client("iam").create_user(UserName="later")["User"]
        assert user["CreateDate"].isoformat() == "2031-05-06T07:08:10+00:00"
        answer = self.call(own, {"reset": True})
        assert (answer["frozen"], abs(answer["offset"]) < 1) == (False, True)
        assert self.call(own, {"move": -3600})["offset"] == pytest.approx(-3600, abs=1)

    @pytest.mark.parametrize("body", [{"mvoe": 1}, {"move": "far"}, {"freeze": "soon"}, {"move": 1e12}, []])
    def test_what_it_does_not_understand(self, own: World, body: Any) -> None:
        from cloudward.errors import ConfigError

        before = self.call(own)["offset"]
        with pytest.raises(ConfigError):
            self.call(own, body)
        assert self.call(own)["offset"] == pytest.approx(before, abs=1)


def test_sessions_outlive_a_restart_when_state_lasts(tmp_path: Path, in_gateway: Callable[[Gateway], World]) -> None:
    lasting = Config(auth="strict", state=str(tmp_path))
    with running_gateway(lasting) as gateway:
        world = in_gateway(gateway)
        session = world.assume(world.user(), world.role())["Credentials"]
    with running_gateway(lasting) as gateway:
        world = in_gateway(gateway)
        assert world.client("sts", session).get_caller_identity()["Arn"].endswith(":assumed-role/reader/session")
        gateway.app.reset()
        with refused() as answer:
            world.client("sts", session).get_caller_identity()
        assert answer.code == "InvalidClientTokenId"
