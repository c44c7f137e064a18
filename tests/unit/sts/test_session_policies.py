"""Session tags and the room that policies and tags take."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudward.api import ServiceError, Session
from cloudward_sts.session_policies import SessionPolicies, SessionTags, check_policies, check_tags, packed_size

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = st.text("abcdefgh", min_size=1, max_size=12)


def session(tags: dict[str, str], transitive: set[str]) -> Session:
    return Session(
        issued_at=EPOCH,
        expires_at=EPOCH,
        issuer="AssumeRole",
        tags=tuple(tags.items()),
        transitive_tag_keys=tuple(sorted(transitive)),
    )


@given(
    calling=st.dictionaries(WORDS, WORDS, max_size=5), asked=st.dictionaries(WORDS, WORDS, max_size=5), data=st.data()
)
def test_a_session_has_what_was_passed_on_and_what_was_asked_for(
    calling: dict[str, str], asked: dict[str, str], data: st.DataObject
) -> None:
    passed = set(data.draw(st.lists(st.sampled_from(sorted(calling)), unique=True))) if calling else set()
    further = data.draw(st.lists(st.sampled_from(sorted(asked)), unique=True)) if asked else []
    tags = [{"Key": key, "Value": value} for key, value in asked.items()]
    if passed & asked.keys():
        with pytest.raises(ServiceError, match="conflicts with a transitive tag key"):
            check_tags(tags, further, session(calling, passed))
        return
    made = check_tags(tags, further, session(calling, passed))
    assert dict(made.tags) == {key: calling[key] for key in passed} | asked
    assert set(made.transitive) == passed | set(further)


@given(st.lists(st.tuples(WORDS, WORDS), max_size=60, unique_by=lambda tag: tag[0]))
def test_fifty_tags_at_most(tags: list[tuple[str, str]]) -> None:
    given_tags = [{"Key": key, "Value": value} for key, value in tags]
    if len(tags) > 50:
        with pytest.raises(ServiceError, match="cannot exceed 50"):
            check_tags(given_tags, (), None)
    else:
        assert check_tags(given_tags, (), None).tags == tuple(tags)


@pytest.mark.parametrize("tag", [{"Key": "aws:x", "Value": "1"}, {"Key": "x", "Value": "AWS:1"}])
def test_the_reserved_prefix(tag: dict[str, str]) -> None:
    with pytest.raises(ServiceError, match="reserved prefix"):
        check_tags([tag], (), None)


def test_nothing_takes_no_room_and_more_takes_more() -> None:
    assert packed_size(SessionPolicies(), SessionTags()) is None
    few = packed_size(SessionPolicies(("{}",)), SessionTags())
    more = packed_size(SessionPolicies(("{}",)), SessionTags((("Team", "a" * 100),)))
    assert few is not None
    assert more is not None
    assert 0 < few < more <= 100


def test_policies_that_do_not_fit() -> None:
    import random  # noqa: TID251 - text that does not compress, the same every time

    noise = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyzABCDEFGH0123456789", k=2000))
    with pytest.raises(
        ServiceError, match=r"Packed policy consumes \d{3}% of allotted space, please use smaller policy."
    ):
        packed_size(SessionPolicies((noise,)), SessionTags())


@pytest.mark.parametrize("partition", ["aws", "aws-cn"])
def test_managed_policies_of_the_account_and_of_aws(partition: str) -> None:
    arns = [f"arn:{partition}:iam::{owner}:policy/team/P" for owner in ("aws", "111122223333")]
    checked = check_policies(None, [{"arn": arn} for arn in arns], partition=partition, account="111122223333")
    assert checked.policy_arns == tuple(arns)
    for foreign in (f"arn:{partition}:iam::999999999999:policy/P", "arn:aws-us-gov:iam::aws:policy/P", "P"):
        with pytest.raises(ServiceError, match="is not valid"):
            check_policies(None, [{"arn": foreign}], partition=partition, account="111122223333")
