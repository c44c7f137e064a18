"""Permissions boundaries, session policies and trust policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.contract.enforcement.conftest import Account, allow, denied, deny, policy, trust


def session(account: Account, key: Any, role_arn: str, **more: Any) -> Any:
    """Assume a role, and return the credentials."""
    sts = account.client("sts", key)
    return sts.assume_role(RoleArn=role_arn, RoleSessionName="s1", **more)["Credentials"]


def test_a_boundary_limits_a_user(account: Account) -> None:
    boundary = account.policy("boundary", allow("iam:List*"), deny("iam:ListGroups"))
    key = account.user("bob", allow("iam:*"), PermissionsBoundary=boundary)
    bob = account.client("iam", key)
    begin = f"User: {account.arn('user/bob')} is not authorized to perform:"
    bob.list_users()
    with denied(
        f"{begin} iam:CreateUser on resource: {account.arn('user/eve')} "
        "because no permissions boundary allows the iam:CreateUser action"
    ):
        bob.create_user(UserName="eve")
    with denied(
        f"{begin} iam:ListGroups on resource: {account.arn('group/')} "
        f"with an explicit deny in a permissions boundary: {boundary}"
    ):
        bob.list_groups()
    account.root.delete_user_permissions_boundary(UserName="bob")
    bob.list_groups()


def test_a_role_session_has_the_role_s_policies(account: Account) -> None:
    key = account.user("bob", allow("sts:AssumeRole"))
    role = account.role("reader", policy(trust({"AWS": account.arn("root")})), allow("iam:ListUsers"))
    reader = account.client("iam", session(account, key, role))
    reader.list_users()
    me = f"arn:aws:sts::{account.number}:assumed-role/reader/s1"
    with denied(
        f"User: {me} is not authorized to perform: iam:ListRoles on resource: {account.arn('role/')} "
        "because no identity-based policy allows the iam:ListRoles action"
    ):
        reader.list_roles()
    with denied(
        f"User: {me} is not authorized to perform: iam:GetUser on resource: {me} "
        "because no identity-based policy allows the iam:GetUser action"
    ):
        reader.get_user()


def test_a_session_policy_narrows_a_session(account: Account) -> None:
    key = account.user("bob", allow("sts:AssumeRole"))
    role = account.role("admin", policy(trust({"AWS": account.arn("root")})), allow("iam:*"))
    inline = policy(allow("iam:ListUsers"), deny("iam:ListGroups"))
    narrow = account.client("iam", session(account, key, role, Policy=inline))
    me = f"arn:aws:sts::{account.number}:assumed-role/admin/s1"
    narrow.list_users()
    with denied(
        f"User: {me} is not authorized to perform: iam:ListRoles on resource: {account.arn('role/')} "
        "because no session policy allows the iam:ListRoles action"
    ):
        narrow.list_roles()
    with denied(
        f"User: {me} is not authorized to perform: iam:ListGroups on resource: {account.arn('group/')} "
        "with an explicit deny in a session policy"
    ):
        narrow.list_groups()
    managed = account.policy("listing", allow("iam:ListRoles"))
    by_arn = account.client("iam", session(account, key, role, PolicyArns=[{"arn": managed}]))
    by_arn.list_roles()
    with denied(
        f"User: {me} is not authorized to perform: iam:ListUsers on resource: {account.arn('user/')} "
        "because no session policy allows the iam:ListUsers action"
    ):
        by_arn.list_users()


def test_a_federated_user_has_what_both_allow(account: Account) -> None:
    key = account.user("bob", allow(["sts:GetFederationToken", "iam:GetUser"]))
    sts = account.client("sts", key)
    answer = sts.get_federation_token(Name="fed", Policy=policy(allow("sts:*")))
    federated = account.client("sts", answer["Credentials"])
    assert federated.get_caller_identity()["Arn"] == f"arn:aws:sts::{account.number}:federated-user/fed"


def test_a_session_cannot_be_made_without_the_right(account: Account) -> None:
    key = account.user("bob")
    role = account.role("r", policy(trust({"AWS": account.arn("root")})))
    with denied(
        f"User: {account.arn('user/bob')} is not authorized to perform: sts:AssumeRole on resource: {role} "
        "because no identity-based policy allows the sts:AssumeRole action"
    ):
        session(account, key, role)


def test_a_trust_policy_that_names_the_user_is_enough(account: Account) -> None:
    key = account.user("bob")
    role = account.role("r", policy(trust({"AWS": account.arn("user/bob")})))
    session(account, key, role)


def test_a_role_trusts_whom_its_policy_names(account: Account) -> None:
    key = account.user("bob", allow("sts:*"))
    account.root.create_user(UserName="ann")
    for_ann = account.role("for-ann", policy(trust({"AWS": account.arn("user/ann")})))
    begin = f"User: {account.arn('user/bob')} is not authorized to perform:"
    with denied(f"{begin} sts:AssumeRole because no role trust policy allows the sts:AssumeRole action"):
        session(account, key, for_ann)
    not_bob = account.role(
        "not-bob",
        policy(trust({"AWS": account.arn("root")}), trust({"AWS": account.arn("user/bob")}, effect="Deny")),
    )
    with denied(f"{begin} sts:AssumeRole with an explicit deny in the role trust policy"):
        session(account, key, not_bob)
    with denied(f"{begin} sts:AssumeRole on resource: {account.arn('role/missing')}"):
        session(account, key, account.arn("role/missing"))


def test_conditions_of_trust_policies(account: Account) -> None:
    key = account.user("bob", allow("sts:*"))
    anyone = {"AWS": account.arn("root")}
    message = (
        f"User: {account.arn('user/bob')} is not authorized to perform: sts:AssumeRole "
        "because no role trust policy allows the sts:AssumeRole action"
    )
    external = account.role("external", policy(trust(anyone, StringEquals={"sts:ExternalId": "secret"})))
    with denied(message):
        session(account, key, external)
    session(account, key, external, ExternalId="secret")

    named = account.role("named", policy(trust(anyone, StringLike={"sts:RoleSessionName": "s?"})))
    session(account, key, named)

    actions = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    source = account.role("source", policy(trust(anyone, actions, StringLike={"sts:SourceIdentity": "bob*"})))
    with denied(message):
        session(account, key, source)
    session(account, key, source, SourceIdentity="bobby")

    mfa = account.role("mfa", policy(trust(anyone, Bool={"aws:MultiFactorAuthPresent": "true"})))
    with denied(message):
        session(account, key, mfa)


def test_session_tags_need_the_right_to_tag_and_are_the_session_s(account: Account) -> None:
    key = account.user("bob", allow("sts:*"))
    anyone = {"AWS": account.arn("root")}
    untagged = account.role("untagged", policy(trust(anyone)))
    tags = [{"Key": "team", "Value": "blue"}]
    with denied(
        f"User: {account.arn('user/bob')} is not authorized to perform: sts:TagSession "
        "because no role trust policy allows the sts:TagSession action"
    ):
        session(account, key, untagged, Tags=tags)
    role = account.role(
        "tagged",
        policy(trust(anyone, ["sts:AssumeRole", "sts:TagSession"], StringEquals={"aws:RequestTag/team": "blue"})),
        allow("iam:GetUser", "arn:aws:iam::*:user/${aws:PrincipalTag/team}"),
    )
    account.root.create_user(UserName="blue")
    account.root.create_user(UserName="red")
    blue = account.client("iam", session(account, key, role, Tags=tags))
    assert blue.get_user(UserName="blue")["User"]["UserName"] == "blue"
    with denied(
        f"User: arn:aws:sts::{account.number}:assumed-role/tagged/s1 is not authorized to perform: iam:GetUser "
        "on resource: user red because no identity-based policy allows the iam:GetUser action"
    ):
        blue.get_user(UserName="red")


def test_across_accounts_both_sides_must_allow(account: Account, new_account: Callable[[], Account]) -> None:
    other = new_account()
    role = other.role("shared", policy(trust({"AWS": account.arn("root")})), allow("iam:ListUsers"))
    key = account.user("bob")
    with denied(
        f"User: {account.arn('user/bob')} is not authorized to perform: sts:AssumeRole on resource: {role} "
        "because no identity-based policy allows the sts:AssumeRole action"
    ):
        session(account, key, role)
    account.root.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=policy(allow("sts:AssumeRole", role)))
    there = other.client("iam", session(account, key, role))
    assert there.list_users()["Users"] == []
    other.root.update_assume_role_policy(RoleName="shared", PolicyDocument=policy(trust({"AWS": other.arn("root")})))
    with denied(
        f"User: {account.arn('user/bob')} is not authorized to perform: sts:AssumeRole "
        "because no role trust policy allows the sts:AssumeRole action"
    ):
        session(account, key, role)


def test_a_session_ends_with_what_its_role_loses(account: Account) -> None:
    key = account.user("bob", allow("sts:AssumeRole"))
    role = account.role("r", policy(trust({"AWS": account.arn("root")})), allow("iam:ListUsers"))
    there = account.client("iam", session(account, key, role))
    there.list_users()
    account.root.delete_role_policy(RoleName="r", PolicyName="inline")
    with denied(
        f"User: arn:aws:sts::{account.number}:assumed-role/r/s1 is not authorized to perform: iam:ListUsers on "
        f"resource: {account.arn('user/')} because no identity-based policy allows the iam:ListUsers action"
    ):
        there.list_users()
