"""Tags follow the same rules on users, roles, instance profiles and policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.contract.iam.expect import ALLOW, TRUST, page_names, refused, text


class Tagged(NamedTuple):
    """A taggable resource: its three operations with the resource's name filled in."""

    tag: Callable[..., Any]
    untag: Callable[..., Any]
    listing: str
    named: dict[str, str]
    client: Any
    missing: str

    def tags(self) -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in getattr(self.client, self.listing)(**self.named)["Tags"]}


def _user(iam: Any) -> Tagged:
    iam.create_user(UserName="it")
    return Tagged(
        iam.tag_user, iam.untag_user, "list_user_tags", {"UserName": "it"}, iam,
        "The user with name gone cannot be found.",
    )  # fmt: skip


def _role(iam: Any) -> Tagged:
    iam.create_role(RoleName="it", AssumeRolePolicyDocument=text(TRUST))
    return Tagged(
        iam.tag_role, iam.untag_role, "list_role_tags", {"RoleName": "it"}, iam,
        "The role with name gone cannot be found.",
    )  # fmt: skip


def _instance_profile(iam: Any) -> Tagged:
    iam.create_instance_profile(InstanceProfileName="it")
    return Tagged(
        iam.tag_instance_profile, iam.untag_instance_profile, "list_instance_profile_tags",
        {"InstanceProfileName": "it"}, iam, "Instance Profile gone cannot be found.",
    )  # fmt: skip


def _policy(iam: Any) -> Tagged:
    arn = iam.create_policy(PolicyName="it", PolicyDocument=text(ALLOW))["Policy"]["Arn"]
    gone = arn.replace("/it", "/gone")
    return Tagged(
        iam.tag_policy, iam.untag_policy, "list_policy_tags", {"PolicyArn": arn}, iam, f"Policy {gone} was not found."
    )


@pytest.fixture(params=[_user, _role, _instance_profile, _policy])
def resource(request: pytest.FixtureRequest, iam: Any) -> Tagged:
    made: Tagged = request.param(iam)
    return made


def test_tag_and_untag(resource: Tagged) -> None:
    assert resource.tags() == {}
    resource.tag(Tags=[{"Key": "b", "Value": "1"}, {"Key": "a", "Value": ""}], **resource.named)
    resource.tag(Tags=[{"Key": "b", "Value": "2"}, {"Key": "c", "Value": "3"}], **resource.named)
    assert resource.tags() == {"a": "", "b": "2", "c": "3"}
    resource.untag(TagKeys=["A", "never-there"], **resource.named)
    assert resource.tags() == {"b": "2", "c": "3"}


def test_tags_are_listed_by_key_in_pages(resource: Tagged) -> None:
    keys = [f"key{number:02}" for number in range(5)]
    resource.tag(Tags=[{"Key": key, "Value": ""} for key in reversed(keys)], **resource.named)
    pages = page_names(resource.client, resource.listing, "Tags", "Key", 2, **resource.named)
    assert pages == [keys[:2], keys[2:4], keys[4:]]


def test_keys_that_differ_in_case_only_are_one(resource: Tagged) -> None:
    resource.tag(Tags=[{"Key": "Department", "Value": "finance"}], **resource.named)
    resource.tag(Tags=[{"Key": "department", "Value": "hr"}], **resource.named)
    assert resource.tags() == {"department": "hr"}
    with refused("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.", 400):
        resource.tag(Tags=[{"Key": "x", "Value": "1"}, {"Key": "X", "Value": "2"}], **resource.named)
    assert resource.tags() == {"department": "hr"}


def test_fifty_tags_at_most(resource: Tagged) -> None:
    resource.tag(Tags=[{"Key": f"key{number}", "Value": ""} for number in range(50)], **resource.named)
    with refused("LimitExceeded", "The number of tags has reached the maximum limit.", 409):
        resource.tag(Tags=[{"Key": "one-more", "Value": ""}], **resource.named)
    resource.tag(Tags=[{"Key": "key7", "Value": "changed"}], **resource.named)
    assert len(resource.tags()) == 50
    assert resource.tags()["key7"] == "changed"


def test_keys_of_aws_are_reserved(resource: Tagged) -> None:
    with refused("InvalidInput", "Tag keys and values cannot start with the reserved prefix aws: (AWS:mine).", 400):
        resource.tag(Tags=[{"Key": "AWS:mine", "Value": ""}], **resource.named)
    assert resource.tags() == {}


def test_tags_of_what_is_not_there(resource: Tagged) -> None:
    gone = {name: value.removesuffix("it") + "gone" for name, value in resource.named.items()}
    with refused("NoSuchEntity", resource.missing, 404):
        resource.tag(Tags=[{"Key": "a", "Value": ""}], **gone)
    with refused("NoSuchEntity", resource.missing, 404):
        resource.untag(TagKeys=["a"], **gone)
    with refused("NoSuchEntity", resource.missing, 404):
        getattr(resource.client, resource.listing)(**gone)
