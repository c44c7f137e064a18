"""Managed policies attached to users, groups and roles, with boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.contract.iam.expect import ALLOW, TRUST, page_names, refused, text

AWS = "arn:aws:iam::aws:policy/"
SERVICE_POLICY = AWS + "aws-service-role/AWSSupportServiceRolePolicy"


class Entity(NamedTuple):
    """A user, group or role, with its operations."""

    kind: str
    attach: Callable[..., Any]
    detach: Callable[..., Any]
    listing: str
    named: dict[str, str]
    quota: tuple[str, int]
    member: str


def _user(iam: Any, name: str = "it", path: str = "/") -> Entity:
    iam.create_user(UserName=name, Path=path)
    return Entity(
        "user", iam.attach_user_policy, iam.detach_user_policy, "list_attached_user_policies",
        {"UserName": name}, ("PoliciesPerUser", 10), "PolicyUsers",
    )  # fmt: skip


def _group(iam: Any, name: str = "it", path: str = "/") -> Entity:
    iam.create_group(GroupName=name, Path=path)
    return Entity(
        "group", iam.attach_group_policy, iam.detach_group_policy, "list_attached_group_policies",
        {"GroupName": name}, ("PoliciesPerGroup", 10), "PolicyGroups",
    )  # fmt: skip


def _role(iam: Any, name: str = "it", path: str = "/") -> Entity:
    iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=text(TRUST))
    return Entity(
        "role", iam.attach_role_policy, iam.detach_role_policy, "list_attached_role_policies",
        {"RoleName": name}, ("PoliciesPerRole", 20), "PolicyRoles",
    )  # fmt: skip


@pytest.fixture(params=[_user, _group, _role])
def entity(request: pytest.FixtureRequest, iam: Any) -> Entity:
    made: Entity = request.param(iam)
    return made


def create_policies(iam: Any, count: int, path: str = "/") -> list[str]:
    return [
        iam.create_policy(PolicyName=f"p{number:02}", Path=path, PolicyDocument=text(ALLOW))["Policy"]["Arn"]
        for number in range(count)
    ]


def test_attach_and_detach(iam: Any, entity: Entity) -> None:
    (arn,) = create_policies(iam, 1)
    entity.attach(PolicyArn=arn, **entity.named)
    entity.attach(PolicyArn=arn, **entity.named)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    assert getattr(iam, entity.listing)(**entity.named)["AttachedPolicies"] == [{"PolicyName": "p00", "PolicyArn": arn}]
    (user,) = iam.list_entities_for_policy(PolicyArn=arn)[entity.member]
    assert user.items() >= entity.named.items()
    entity.detach(PolicyArn=arn, **entity.named)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 0
    assert getattr(iam, entity.listing)(**entity.named)["AttachedPolicies"] == []
    with refused("NoSuchEntity", f"Policy {arn} was not found.", 404):
        entity.detach(PolicyArn=arn, **entity.named)


def test_attach_refuses(iam: Any, entity: Entity, account: str) -> None:
    for missing in (f"arn:aws:iam::{account}:policy/none", AWS + "None"):
        with refused("NoSuchEntity", f"Policy {missing} does not exist or is not attachable.", 404):
            entity.attach(PolicyArn=missing, **entity.named)
    with refused("ValidationError", "Invalid ARN:  Could not be parsed!", 400):
        entity.attach(PolicyArn="longpolicynamebutnoarn", **entity.named)
    with refused("PolicyNotAttachable", "Cannot attach a Service Role Policy to a Customer Role.", 400):
        entity.attach(PolicyArn=SERVICE_POLICY, **entity.named)
    (name,) = entity.named
    gone = f"The {entity.kind} with name gone cannot be found."
    for call in (entity.attach, entity.detach):
        with refused("NoSuchEntity", gone, 404):
            call(PolicyArn=AWS + "ReadOnlyAccess", **{name: "gone"})
    with refused("NoSuchEntity", gone, 404):
        getattr(iam, entity.listing)(**{name: "gone"})


def test_quota_and_pages_of_attached_policies(iam: Any, entity: Entity) -> None:
    label, most = entity.quota
    arns = create_policies(iam, most + 1)
    for arn in reversed(arns[:most]):
        entity.attach(PolicyArn=arn, **entity.named)
    with refused("LimitExceeded", f"Cannot exceed quota for {label}: {most}", 409):
        entity.attach(PolicyArn=arns[most], **entity.named)
    pages = page_names(iam, entity.listing, "AttachedPolicies", "PolicyArn", 7, **entity.named)
    assert [arn for page in pages for arn in page] == arns[:most]


def test_attached_policies_under_a_path(iam: Any, entity: Entity) -> None:
    inside, outside = create_policies(iam, 1, "/team/")[0], AWS + "ReadOnlyAccess"
    for arn in (inside, outside):
        entity.attach(PolicyArn=arn, **entity.named)
    found = getattr(iam, entity.listing)(PathPrefix="/team/", **entity.named)["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in found] == [inside]


def test_entities_of_a_policy(iam: Any) -> None:
    (arn,) = create_policies(iam, 1)
    for make, names in ((_user, ["u1", "u2"]), (_group, ["g1"]), (_role, ["r1", "r2"])):
        for name in names:
            entity = make(iam, name, "/in/" if name.endswith("1") else "/")
            entity.attach(PolicyArn=arn, **entity.named)
    iam.create_user(UserName="bounded", PermissionsBoundary=arn)
    iam.put_user_permissions_boundary(UserName="u1", PermissionsBoundary=arn)
    iam.put_role_permissions_boundary(RoleName="r2", PermissionsBoundary=arn)

    def found(size: int = 100, **parameters: Any) -> list[str]:
        names: list[str] = []
        marker: dict[str, str] = {}
        while True:
            page = iam.list_entities_for_policy(PolicyArn=arn, MaxItems=size, **parameters, **marker)
            names += [group["GroupName"] for group in page["PolicyGroups"]]
            names += [role["RoleName"] for role in page["PolicyRoles"]]
            names += [user["UserName"] for user in page["PolicyUsers"]]
            if not page["IsTruncated"]:
                return names
            assert sum(len(page[member]) for member in ("PolicyGroups", "PolicyRoles", "PolicyUsers")) == size
            marker = {"Marker": page["Marker"]}

    for size in (1, 2, 3, 100):
        assert found(size) == ["g1", "r1", "r2", "u1", "u2", "bounded"]
        assert found(size, PolicyUsageFilter="PermissionsPolicy") == ["g1", "r1", "r2", "u1", "u2"]
        assert found(size, PolicyUsageFilter="PermissionsBoundary") == ["r2", "bounded", "u1"]
        assert found(size, EntityFilter="User") == ["u1", "u2", "bounded"]
        assert found(size, EntityFilter="Group") == ["g1"]
        assert found(size, PathPrefix="/in/") == ["g1", "r1", "u1"]
    with refused("NoSuchEntity", f"Policy {AWS}Nothing was not found.", 404):
        iam.list_entities_for_policy(PolicyArn=AWS + "Nothing")


def test_attachments_of_accounts_are_counted_apart(iam: Any, client: Any) -> None:
    other = client("iam", {"AccessKeyId": "999999999997", "SecretAccessKey": "test"})
    _user(iam).attach(UserName="it", PolicyArn=AWS + "ReadOnlyAccess")
    assert iam.get_policy(PolicyArn=AWS + "ReadOnlyAccess")["Policy"]["AttachmentCount"] == 1
    assert other.get_policy(PolicyArn=AWS + "ReadOnlyAccess")["Policy"]["AttachmentCount"] == 0
