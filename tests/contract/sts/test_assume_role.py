"""AssumeRole: durations, chaining, session policies, tags, source identity."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloudward.identity import Session
from tests.contract.sts.conftest import World, refused

ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


def session_of(world: World, credentials: dict[str, str]) -> Session:
    """Return what a session token carries."""
    app = world.gateway.app
    transaction = app.store.begin()
    decoded: Any = app.runtimes["sts"]
    credential = decoded.decode_credential(transaction, credentials["SessionToken"])
    transaction.rollback()
    return credential.caller.session


def lasts(credentials: dict[str, Any]) -> int:
    """Return the minutes that credentials last."""
    left: timedelta = credentials["Expiration"] - datetime.now(UTC)  # noqa: TID251 - the client's own clock
    return round(left.total_seconds() / 60)


def test_an_hour_is_the_default(world: World) -> None:
    answer = world.assume(world.user(), world.role())
    assert lasts(answer["Credentials"]) == 60
    assert "PackedPolicySize" not in answer


def test_a_role_can_allow_longer_sessions(world: World) -> None:
    role = world.role(MaxSessionDuration=7200)
    key = world.user()
    assert lasts(world.assume(key, role, DurationSeconds=7200)["Credentials"]) == 120
    with refused() as answer:
        world.assume(key, role, DurationSeconds=7201)
    assert (answer.code, answer.status) == ("ValidationError", 400)
    assert answer.message == "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."


@pytest.mark.parametrize("first", ["role", "session token"])
def test_role_chaining_lasts_an_hour_at_most(world: World, first: str) -> None:
    role = world.role(MaxSessionDuration=43200)
    key = world.user()
    if first == "role":
        session = world.assume(key, role)["Credentials"]
    else:
        session = world.client("sts", key).get_session_token()["Credentials"]
    chained = world.assume(session, role, DurationSeconds=3600)["Credentials"]
    assert session_of(world, chained).chained
    with refused() as answer:
        world.assume(session, role, DurationSeconds=3601)
    assert answer.code == "ValidationError"
    assert (
        answer.message
        == "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    )


@pytest.mark.parametrize(
    ("seconds", "bound"), [(899, "greater than or equal to 900"), (43201, "less than or equal to 43200")]
)
def test_durations_out_of_range(world: World, seconds: int, bound: str) -> None:
    with refused() as answer:
        world.assume(world.user(), world.role(), DurationSeconds=seconds)
    assert answer.code == "ValidationError"
    assert "'durationSeconds'" in answer.message
    assert bound in answer.message


def test_a_role_that_does_not_exist(world: World) -> None:
    key = world.user()
    missing = f"arn:aws:iam::{world.account}:role/missing"
    with refused() as answer:
        world.assume(key, missing)
    assert (answer.code, answer.status) == ("AccessDenied", 403)
    assert answer.message == (
        f"User: arn:aws:iam::{world.account}:user/alice is not authorized to perform: sts:AssumeRole "
        f"on resource: {missing}"
    )


@pytest.mark.parametrize(
    "arn", ["nothing-valid-in-here", "arn:a::::something/test-role", "arn:aws:iam::123456789012:user/some-user"]
)
def test_what_is_no_arn_of_a_role(world: World, arn: str) -> None:
    with refused() as answer:
        world.assume(world.user(), arn)
    assert (answer.code, answer.message) == ("ValidationError", f"{arn} is invalid")


def test_root_cannot_assume_roles(world: World) -> None:
    with refused() as answer:
        world.assume(world.root, world.role())
    assert (answer.code, answer.status, answer.message) == (
        "AccessDenied",
        403,
        "Roles may not be assumed by root accounts.",
    )


class TestSessionPolicies:
    def test_they_travel_with_the_session_and_take_room(self, world: World) -> None:
        managed = "arn:aws:iam::aws:policy/ReadOnlyAccess"
        answer = world.assume(world.user(), world.role(), Policy=json.dumps(ALLOW), PolicyArns=[{"arn": managed}])
        assert 0 < answer["PackedPolicySize"] <= 100
        session = session_of(world, answer["Credentials"])
        assert [json.loads(policy) for policy in session.policies] == [ALLOW]
        assert session.policy_arns == (managed,)

    @pytest.mark.parametrize(
        "document",
        ["{", "[]", '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Principal":"*"}]}'],
    )
    def test_malformed_ones(self, world: World, document: str) -> None:
        with refused() as answer:
            world.assume(world.user(), world.role(), Policy=document)
        assert (answer.code, answer.status) == ("MalformedPolicyDocument", 400)

    def test_too_much_text(self, world: World) -> None:
        long = {**ALLOW, "Id": "x" * 2048}
        with refused() as answer:
            world.assume(world.user(), world.role(), Policy=json.dumps(long))
        assert answer.code == "ValidationError"
        assert answer.message.endswith(
            "'policy' failed to satisfy constraint: Member must have length less than or equal to 2048"
        )

    def test_eleven_arns(self, world: World) -> None:
        arns = [{"arn": f"arn:aws:iam::aws:policy/P{number}"} for number in range(11)]
        with refused() as answer:
            world.assume(world.user(), world.role(), PolicyArns=arns)
        assert answer.code == "ValidationError"

    @pytest.mark.parametrize("arn", ["arn:aws:iam::999999999999:policy/Theirs", "arn:aws:iam::aws:role/not-a-policy"])
    def test_an_arn_that_cannot_be_meant(self, world: World, arn: str) -> None:
        with refused() as answer:
            world.assume(world.user(), world.role(), PolicyArns=[{"arn": arn}])
        assert (answer.code, answer.message) == ("ValidationError", f"ARN {arn} is not valid.")


class TestTags:
    def test_transitive_ones_pass_on_through_a_chain(self, world: World) -> None:
        role = world.role()
        tags = [{"Key": "Team", "Value": "a"}, {"Key": "Stage", "Value": "dev"}]
        first = world.assume(world.user(), role, Tags=tags, TransitiveTagKeys=["team"])["Credentials"]
        assert session_of(world, first).tags == (("Team", "a"), ("Stage", "dev"))
        second = world.assume(first, role, Tags=[{"Key": "Job", "Value": "1"}])["Credentials"]
        assert session_of(world, second).tags == (("Team", "a"), ("Job", "1"))
        third = session_of(world, world.assume(second, role)["Credentials"])
        assert (third.tags, third.transitive_tag_keys) == ((("Team", "a"),), ("Team",))

    def test_a_passed_on_tag_cannot_be_given_again(self, world: World) -> None:
        role = world.role()
        tags = [{"Key": "Team", "Value": "a"}]
        first = world.assume(world.user(), role, Tags=tags, TransitiveTagKeys=["Team"])["Credentials"]
        with refused() as answer:
            world.assume(first, role, Tags=[{"Key": "TEAM", "Value": "b"}], TransitiveTagKeys=["TEAM"])
        assert answer.code == "InvalidParameterValue"
        assert answer.message == (
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from "
            "the calling session."
        )

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (
                {"Tags": [{"Key": "a", "Value": "1"}], "TransitiveTagKeys": ["b"]},
                "The specified transitive tag key must be included in the requested tags.",
            ),
            (
                {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]},
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ),
        ],
    )
    def test_refused_ones(self, world: World, options: dict[str, Any], message: str) -> None:
        with refused() as answer:
            world.assume(world.user(), world.role(), **options)
        assert (answer.code, answer.status, answer.message) == ("InvalidParameterValue", 400, message)

    def test_too_much_of_them(self, world: World) -> None:
        tags = [{"Key": f"T{number}", "Value": "a" * 250} for number in range(1, 10)]
        with refused() as answer:
            world.assume(world.user(), world.role(), Tags=tags)
        assert (answer.code, answer.status) == ("PackedPolicyTooLarge", 400)
        # What AWS answers to this very request.
        assert answer.message == "Packed size of session tags consumes 498% of allotted space."


class TestSourceIdentity:
    def test_it_stays_through_a_chain_and_cannot_be_changed(self, world: World) -> None:
        role = world.role()
        first = world.assume(world.user(), role, SourceIdentity="alice@example.com")
        assert first["SourceIdentity"] == "alice@example.com"
        second = world.assume(first["Credentials"], role)
        assert second["SourceIdentity"] == "alice@example.com"
        assert session_of(world, second["Credentials"]).source_identity == "alice@example.com"
        with refused() as answer:
            world.assume(second["Credentials"], role, SourceIdentity="mallory")
        assert (answer.code, answer.status) == ("AccessDenied", 403)
        assert "sts:SetSourceIdentity" in answer.message


class TestTokens:
    def test_their_size_is_told_and_can_be_asked_for(self, world: World) -> None:
        key, role = world.user(), world.role()
        plain = world.assume(key, role)
        assert plain["SessionTokenSize"] == len(plain["Credentials"]["SessionToken"])
        assert 100 < plain["SessionTokenSize"] < 2048
        padded = world.assume(key, role, MinimumSessionTokenSize=4000)
        assert padded["SessionTokenSize"] == len(padded["Credentials"]["SessionToken"]) >= 4000
        assert padded["SessionTokenUtilization"] > plain["SessionTokenUtilization"]
        assert world.client("sts", padded["Credentials"]).get_caller_identity()["Account"] == world.account

    def test_two_sessions_share_nothing(self, world: World) -> None:
        key, role = world.user(), world.role()
        one, two = (world.assume(key, role)["Credentials"] for _ in range(2))
        assert one["AccessKeyId"] != two["AccessKeyId"]
        assert one["SecretAccessKey"] != two["SecretAccessKey"]
        assert one["SessionToken"] != two["SessionToken"]


class TestProvidedContexts:
    def test_an_assertion_of_the_gateways_own_carries_its_claims(self, world: World) -> None:
        session = world.assume(world.user(), world.role(), ProvidedContexts=[self._assertion(world)])["Credentials"]
        assert session_of(world, session).context == {"identitystore:UserId": "u-1"}

    def test_any_other_is_refused(self, world: World) -> None:
        made = {**self._assertion(world), "ContextAssertion": "made-up-assertion"}
        with refused() as answer:
            world.assume(world.user(), world.role(), ProvidedContexts=[made])
        assert answer.code == "ValidationError"

    @staticmethod
    def _assertion(world: World) -> dict[str, str]:
        from cloudward.cli.endpoint import fetch

        body = {"claims": {"identitystore:UserId": "u-1"}}
        return dict(fetch(world.gateway.url, "/_cloudward/sts/context-assertion", method="POST", body=body))
