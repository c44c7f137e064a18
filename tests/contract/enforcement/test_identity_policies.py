"""Policies of users and groups decide, and denials read as AWS's."""

from __future__ import annotations

import json

from tests.contract.enforcement.conftest import Account, allow, denied, deny, policy


def test_a_user_without_policies_may_nothing(account: Account) -> None:
    bob = account.client("iam", account.user("bob"))
    me = account.arn("user/bob")
    begin = f"User: {me} is not authorized to perform:"
    with denied(
        f"{begin} iam:GetUser on resource: {me} because no identity-based policy allows the iam:GetUser action"
    ):
        bob.get_user()
    with denied(
        f"{begin} iam:GetUser on resource: user bob because no identity-based policy allows the iam:GetUser action"
    ):
        bob.get_user(UserName="bob")
    with denied(
        f"{begin} iam:ListUsers on resource: {account.arn('user/')} "
        "because no identity-based policy allows the iam:ListUsers action"
    ):
        bob.list_users()
    with denied(
        f"{begin} iam:ListPolicies on resource: policy path / "
        "because no identity-based policy allows the iam:ListPolicies action"
    ):
        bob.list_policies()
    with denied(
        f"{begin} iam:CreateUser on resource: {account.arn('user/team/eve')} "
        "because no identity-based policy allows the iam:CreateUser action"
    ):
        bob.create_user(UserName="eve", Path="/team/")
    with denied(
        f"{begin} iam:CreatePolicy on resource: policy mine "
        "because no identity-based policy allows the iam:CreatePolicy action"
    ):
        bob.create_policy(PolicyName="mine", PolicyDocument=policy(allow("s3:*")))
    with denied(
        f"{begin} iam:GetPolicy on resource: policy arn:aws:iam::aws:policy/ReadOnlyAccess "
        "because no identity-based policy allows the iam:GetPolicy action"
    ):
        bob.get_policy(PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    with denied(
        f"{begin} iam:GetInstanceProfile on resource: instance profile web "
        "because no identity-based policy allows the iam:GetInstanceProfile action"
    ):
        bob.get_instance_profile(InstanceProfileName="web")
    with denied(
        f"{begin} iam:GetAccountSummary on resource: * "
        "because no identity-based policy allows the iam:GetAccountSummary action"
    ):
        bob.get_account_summary()


def test_nobody_can_be_kept_from_asking_who_they_are(account: Account) -> None:
    key = account.user("bob", deny("*"))
    assert account.client("sts", key).get_caller_identity()["Arn"] == account.arn("user/bob")


def test_an_inline_policy_allows_its_resources_only(account: Account) -> None:
    key = account.user("bob", allow("iam:GetUser", "arn:aws:iam::*:user/team/*"))
    account.root.create_user(UserName="ann", Path="/team/")
    account.root.create_user(UserName="zoe")
    bob = account.client("iam", key)
    assert bob.get_user(UserName="ann")["User"]["Path"] == "/team/"
    assert bob.get_user(UserName="ANN")["User"]["UserName"] == "ann"
    with denied(
        f"User: {account.arn('user/bob')} is not authorized to perform: iam:GetUser on resource: user zoe "
        "because no identity-based policy allows the iam:GetUser action"
    ):
        bob.get_user(UserName="zoe")


def test_changes_hold_from_the_next_call_on(account: Account) -> None:
    bob = account.client("iam", account.user("bob"))
    message = (
        f"User: {account.arn('user/bob')} is not authorized to perform: iam:ListRoles on resource: "
        f"{account.arn('role/')} because no identity-based policy allows the iam:ListRoles action"
    )
    with denied(message):
        bob.list_roles()
    account.root.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=policy(allow("iam:ListRoles")))
    bob.list_roles()
    account.root.delete_user_policy(UserName="bob", PolicyName="p")
    with denied(message):
        bob.list_roles()


def test_a_group_s_policies_hold_for_its_members(account: Account) -> None:
    key = account.user("bob")
    bob = account.client("iam", key)
    account.root.create_group(GroupName="readers")
    account.root.attach_group_policy(GroupName="readers", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    account.root.put_group_policy(
        GroupName="readers", PolicyName="no-groups", PolicyDocument=policy(deny("iam:ListGroups"))
    )
    account.root.add_user_to_group(GroupName="readers", UserName="bob")
    assert [user["UserName"] for user in bob.list_users()["Users"]] == ["bob"]
    me = account.arn("user/bob")
    with denied(
        f"User: {me} is not authorized to perform: iam:ListGroups on resource: {account.arn('group/')} "
        "with an explicit deny in an identity-based policy"
    ):
        bob.list_groups()
    account.root.remove_user_from_group(GroupName="readers", UserName="bob")
    with denied(
        f"User: {me} is not authorized to perform: iam:ListUsers on resource: {account.arn('user/')} "
        "because no identity-based policy allows the iam:ListUsers action"
    ):
        bob.list_users()


def test_an_explicit_deny_names_the_managed_policy(account: Account) -> None:
    key = account.user("bob", allow("iam:*"))
    arn = account.policy("no-users", deny("iam:CreateUser"))
    account.root.attach_user_policy(UserName="bob", PolicyArn=arn)
    bob = account.client("iam", key)
    bob.create_group(GroupName="g")
    with denied(
        f"User: {account.arn('user/bob')} is not authorized to perform: iam:CreateUser on resource: "
        f"{account.arn('user/eve')} with an explicit deny in an identity-based policy: {arn}"
    ):
        bob.create_user(UserName="eve")


def test_the_default_version_decides(account: Account) -> None:
    key = account.user("bob")
    arn = account.policy("versions", allow("iam:ListUsers"))
    account.root.attach_user_policy(UserName="bob", PolicyArn=arn)
    bob = account.client("iam", key)
    bob.list_users()
    account.root.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("iam:ListGroups")), SetAsDefault=True)
    bob.list_groups()
    with denied(
        f"User: {account.arn('user/bob')} is not authorized to perform: iam:ListUsers on resource: "
        f"{account.arn('user/')} because no identity-based policy allows the iam:ListUsers action"
    ):
        bob.list_users()


def test_policy_variables_are_the_caller_s(account: Account) -> None:
    key = account.user("bob", allow("iam:*AccessKey*", "arn:aws:iam::*:user/${aws:username}"))
    account.root.create_user(UserName="ann")
    bob = account.client("iam", key)
    assert len(bob.list_access_keys()["AccessKeyMetadata"]) == 1
    assert bob.create_access_key(UserName="bob")["AccessKey"]["UserName"] == "bob"
    with denied(
        f"User: {account.arn('user/bob')} is not authorized to perform: iam:CreateAccessKey on resource: user ann "
        "because no identity-based policy allows the iam:CreateAccessKey action"
    ):
        bob.create_access_key(UserName="ann")


def test_tags_on_creation_need_the_right_to_tag(account: Account) -> None:
    bob = account.client("iam", account.user("bob", allow("iam:CreateUser")))
    bob.create_user(UserName="plain")
    with denied(
        f"User: {account.arn('user/bob')} is not authorized to perform: iam:TagUser on resource: "
        f"{account.arn('user/tagged')} because no identity-based policy allows the iam:TagUser action"
    ):
        bob.create_user(UserName="tagged", Tags=[{"Key": "a", "Value": "b"}])
    assert [user["UserName"] for user in account.root.list_users()["Users"]] == ["bob", "plain"]


def test_condition_keys_of_iam(account: Account) -> None:
    boundary = account.policy("boundary", allow("s3:*"))
    key = account.user(
        "bob",
        allow("iam:CreateUser", StringEquals={"iam:PermissionsBoundary": boundary}),
        allow("iam:AttachUserPolicy", ArnLike={"iam:PolicyARN": "arn:aws:iam::aws:policy/Amazon*"}),
        allow("iam:PutUserPolicy", StringEquals={"iam:PermissionsBoundary": boundary}),
    )
    bob = account.client("iam", key)
    me = account.arn("user/bob")
    bob.create_user(UserName="bound", PermissionsBoundary=boundary)
    bob.put_user_policy(UserName="bound", PolicyName="p", PolicyDocument=policy(allow("s3:*")))
    with denied(
        f"User: {me} is not authorized to perform: iam:CreateUser on resource: {account.arn('user/free')} "
        "because no identity-based policy allows the iam:CreateUser action"
    ):
        bob.create_user(UserName="free")
    with denied(
        f"User: {me} is not authorized to perform: iam:PutUserPolicy on resource: user bob "
        "because no identity-based policy allows the iam:PutUserPolicy action"
    ):
        bob.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=policy(allow("*")))
    bob.attach_user_policy(UserName="bound", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    with denied(
        f"User: {me} is not authorized to perform: iam:AttachUserPolicy on resource: user bob "
        "because no identity-based policy allows the iam:AttachUserPolicy action"
    ):
        bob.attach_user_policy(UserName="bob", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")


def test_root_is_not_bound_by_policies_of_its_account(account: Account) -> None:
    assert account.root.create_user(UserName="any")["User"]["UserName"] == "any"


def test_a_decision_is_recorded_with_its_statement(account: Account) -> None:
    key = account.user("bob", allow("iam:ListUsers"), {"Sid": "NoGroups", **deny("iam:ListGroups")})
    bob = account.client("iam", key)
    answer = bob.list_users()
    record = account.gateway.app.recent_calls.get(answer["ResponseMetadata"]["RequestId"])
    assert record is not None
    assert record.decision is not None
    plain = record.decision.plain()  # type: ignore[attr-defined]
    assert json.loads(json.dumps(plain, default=str))["principal"] == account.arn("user/bob")
    (action,) = plain["actions"]
    assert (action["action"], action["resource"], action["outcome"]) == ("iam:ListUsers", "*", "allowed")
    (statement,) = action["determining"]
    assert (statement["policy"], statement["source"], statement["line"]) == ("inline", "user/bob", 4)
    assert action["context"]["aws:username"] == "bob"
