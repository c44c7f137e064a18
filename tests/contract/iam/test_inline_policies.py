"""Inline policies of users, groups and roles, with boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.contract.iam.expect import ALLOW, TRUST, refused, text

OTHER = {**ALLOW, "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}


class Entity(NamedTuple):
    """A user, group or role, with its operations."""

    kind: str
    name: dict[str, str]
    put: Callable[..., Any]
    get: Callable[..., Any]
    names: Callable[..., Any]
    delete: Callable[..., Any]
    most: int


def _user(iam: Any) -> Entity:
    iam.create_user(UserName="it")
    return Entity(
        "user", {"UserName": "it"}, iam.put_user_policy, iam.get_user_policy, iam.list_user_policies,
        iam.delete_user_policy, 2048,
    )  # fmt: skip


def _group(iam: Any) -> Entity:
    iam.create_group(GroupName="it")
    return Entity(
        "group", {"GroupName": "it"}, iam.put_group_policy, iam.get_group_policy, iam.list_group_policies,
        iam.delete_group_policy, 5120,
    )  # fmt: skip


def _role(iam: Any) -> Entity:
    iam.create_role(RoleName="it", AssumeRolePolicyDocument=text(TRUST))
    return Entity(
        "role", {"RoleName": "it"}, iam.put_role_policy, iam.get_role_policy, iam.list_role_policies,
        iam.delete_role_policy, 10240,
    )  # fmt: skip


@pytest.fixture(params=[_user, _group, _role])
def entity(request: pytest.FixtureRequest, iam: Any) -> Entity:
    made: Entity = request.param(iam)
    return made


def test_put_get_and_delete(entity: Entity) -> None:
    entity.put(PolicyName="own", PolicyDocument=text(ALLOW), **entity.name)
    entity.put(PolicyName="own", PolicyDocument=text(OTHER), **entity.name)
    found = entity.get(PolicyName="own", **entity.name)
    assert found["PolicyDocument"] == OTHER
    assert found.items() >= {"PolicyName": "own", **entity.name}.items()
    entity.delete(PolicyName="own", **entity.name)
    missing = f"The {entity.kind} policy with name own cannot be found."
    with refused("NoSuchEntity", missing, 404):
        entity.get(PolicyName="own", **entity.name)
    with refused("NoSuchEntity", missing, 404):
        entity.delete(PolicyName="own", **entity.name)


def test_list_in_pages(entity: Entity) -> None:
    for name in "cabd":
        entity.put(PolicyName=name, PolicyDocument=text(ALLOW), **entity.name)
    first = entity.names(MaxItems=3, **entity.name)
    assert (first["PolicyNames"], first["IsTruncated"]) == (["a", "b", "c"], True)
    second = entity.names(Marker=first["Marker"], **entity.name)
    assert (second["PolicyNames"], second["IsTruncated"]) == (["d"], False)


def test_put_refuses_bad_documents(entity: Entity) -> None:
    with refused("MalformedPolicyDocument", "Syntax errors in policy.", 400):
        entity.put(PolicyName="own", PolicyDocument='{"Version"', **entity.name)
    with refused("MalformedPolicyDocument", "Policy document should not specify a principal.", 400):
        entity.put(PolicyName="own", PolicyDocument=text(TRUST), **entity.name)
    assert entity.names(**entity.name)["PolicyNames"] == []


def test_sizes_of_all_inline_policies_add_up(entity: Entity) -> None:
    def sized(size: int) -> str:
        empty = text({**ALLOW, "Statement": [{**ALLOW["Statement"][0], "Sid": ""}]})
        filling = "S" * (size - len("".join(empty.split())))
        return text({**ALLOW, "Statement": [{**ALLOW["Statement"][0], "Sid": filling}]})

    entity.put(PolicyName="half", PolicyDocument=sized(entity.most // 2), **entity.name)
    with refused("LimitExceeded", f"Maximum policy size of {entity.most} bytes exceeded for {entity.kind} it", 409):
        entity.put(PolicyName="rest", PolicyDocument=sized(entity.most // 2 + 1), **entity.name)
    entity.put(PolicyName="rest", PolicyDocument=sized(entity.most // 2), **entity.name)
    entity.put(PolicyName="rest", PolicyDocument=sized(entity.most // 2), **entity.name)


def test_entities_that_are_not_there(entity: Entity) -> None:
    gone = dict.fromkeys(entity.name, "gone")
    message = f"The {entity.kind} with name gone cannot be found."
    with refused("NoSuchEntity", message, 404):
        entity.put(PolicyName="own", PolicyDocument=text(ALLOW), **gone)
    with refused("NoSuchEntity", message, 404):
        entity.get(PolicyName="own", **gone)
    with refused("NoSuchEntity", message, 404):
        entity.names(**gone)
    with refused("NoSuchEntity", message, 404):
        entity.delete(PolicyName="own", **gone)
