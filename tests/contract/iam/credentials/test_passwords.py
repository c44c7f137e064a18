from __future__ import annotations

from typing import Any

import pytest

from cloudward.testing import Gateway
from tests.contract.iam.credentials.expect import refused

GOOD = "Correct-horse1"


def test_a_login_profile_is_made_read_and_deleted(iam: Any, user: str) -> None:
    made = iam.create_login_profile(UserName=user, Password=GOOD, PasswordResetRequired=True)["LoginProfile"]
    assert (made["UserName"], made["PasswordResetRequired"]) == (user, True)
    assert iam.get_login_profile(UserName=user)["LoginProfile"] == made
    iam.delete_login_profile(UserName=user)
    with refused("NoSuchEntity", "Login Profile for User ada cannot be found.", 404):
        iam.get_login_profile(UserName=user)
    with refused("NoSuchEntity"):
        iam.delete_login_profile(UserName=user)


def test_a_user_has_one_login_profile(iam: Any, user: str) -> None:
    iam.create_login_profile(UserName=user, Password=GOOD)
    with refused("EntityAlreadyExists", "Login Profile for user ada already exists.", 409):
        iam.create_login_profile(UserName=user, Password=GOOD)


def test_users_that_are_not_there_have_none(iam: Any) -> None:
    for call in (
        lambda: iam.create_login_profile(UserName="nobody", Password=GOOD),
        lambda: iam.get_login_profile(UserName="nobody"),
        lambda: iam.update_login_profile(UserName="nobody", Password=GOOD),
        lambda: iam.delete_login_profile(UserName="nobody"),
    ):
        with refused("NoSuchEntity", "The user with name nobody cannot be found."):
            call()


def test_root_must_name_a_user(iam: Any) -> None:
    with refused("ValidationError", "Must specify userName when calling with non-User credentials"):
        iam.get_login_profile()


def test_a_user_reads_their_own_profile(iam: Any, as_user: Any, user: str) -> None:
    iam.create_login_profile(UserName=user, Password=GOOD)
    assert as_user.get_login_profile()["LoginProfile"]["UserName"] == user


def test_a_password_is_needed(iam: Any, user: str) -> None:
    with refused("ValidationError"):
        iam.create_login_profile(UserName=user)


def test_a_profile_follows_its_user_s_name(iam: Any, user: str) -> None:
    iam.create_login_profile(UserName=user, Password=GOOD)
    iam.update_user(UserName=user, NewUserName="grace")
    assert iam.get_login_profile(UserName="grace")["LoginProfile"]["UserName"] == "grace"


def test_update_sets_password_and_reset_apart(iam: Any, as_user: Any, user: str) -> None:
    iam.create_login_profile(UserName=user, Password=GOOD)
    iam.update_login_profile(UserName=user, PasswordResetRequired=True)
    assert iam.get_login_profile(UserName=user)["LoginProfile"]["PasswordResetRequired"] is True
    as_user.change_password(OldPassword=GOOD, NewPassword="Battery-staple2")
    assert iam.get_login_profile(UserName=user)["LoginProfile"]["PasswordResetRequired"] is False
    iam.update_login_profile(UserName=user, Password="Another-one3")
    as_user.change_password(OldPassword="Another-one3", NewPassword=GOOD)


def test_changing_a_password_takes_the_old_one(iam: Any, as_user: Any, user: str) -> None:
    with refused("NoSuchEntity"):
        as_user.change_password(OldPassword=GOOD, NewPassword="Battery-staple2")
    iam.create_login_profile(UserName=user, Password=GOOD)
    with refused("AccessDenied", status=403):
        as_user.change_password(OldPassword="wrong", NewPassword="Battery-staple2")
    as_user.change_password(OldPassword=GOOD, NewPassword="Battery-staple2")
    with refused("AccessDenied"):
        as_user.change_password(OldPassword=GOOD, NewPassword="Third-time3")


def test_only_users_change_their_password(iam: Any) -> None:
    with refused("InvalidUserType", "Only IAM Users can change their own password", 400):
        iam.change_password(OldPassword=GOOD, NewPassword="Battery-staple2")


def test_the_default_policy_holds_without_one(iam: Any, user: str) -> None:
    with refused("PasswordPolicyViolation", "Password should have a minimum length of 8", 400):
        iam.create_login_profile(UserName=user, Password="Ab1!")
    with refused("PasswordPolicyViolation"):
        iam.create_login_profile(UserName=user, Password="abcdefgh")


def test_a_policy_is_set_read_and_deleted(iam: Any, account: str) -> None:
    missing = f"The Password Policy with domain name {account} cannot be found."
    with refused("NoSuchEntity", missing, 404):
        iam.get_account_password_policy()
    with refused("NoSuchEntity", missing):
        iam.delete_account_password_policy()
    iam.update_account_password_policy(
        MinimumPasswordLength=12, RequireSymbols=True, MaxPasswordAge=90, HardExpiry=True
    )
    assert iam.get_account_password_policy()["PasswordPolicy"] == {
        "MinimumPasswordLength": 12,
        "RequireSymbols": True,
        "RequireNumbers": False,
        "RequireUppercaseCharacters": False,
        "RequireLowercaseCharacters": False,
        "AllowUsersToChangePassword": False,
        "ExpirePasswords": True,
        "MaxPasswordAge": 90,
        "HardExpiry": True,
    }
    iam.update_account_password_policy()
    policy = iam.get_account_password_policy()["PasswordPolicy"]
    assert (policy["MinimumPasswordLength"], policy["RequireSymbols"], policy["ExpirePasswords"]) == (6, False, False)
    assert "MaxPasswordAge" not in policy
    iam.delete_account_password_policy()
    with refused("NoSuchEntity"):
        iam.get_account_password_policy()


@pytest.mark.parametrize(
    ("policy", "bad", "message"),
    [
        ({"MinimumPasswordLength": 20}, GOOD, "Password should have a minimum length of 20"),
        ({"RequireSymbols": True}, "Abcdefgh1", "Password should have at least one symbol"),
        ({"RequireNumbers": True}, "Abcdefgh!", "Password should have at least one number"),
        ({"RequireUppercaseCharacters": True}, "abcdefg1!", "Password should have at least one uppercase letter"),
        ({"RequireLowercaseCharacters": True}, "ABCDEFG1!", "Password should have at least one lowercase letter"),
    ],
)
def test_the_account_s_policy_holds(iam: Any, user: str, policy: dict[str, Any], bad: str, message: str) -> None:
    iam.update_account_password_policy(**policy)
    with refused("PasswordPolicyViolation", message):
        iam.create_login_profile(UserName=user, Password=bad)
    iam.create_login_profile(UserName=user, Password="Long-enough-for-all-4")
    with refused("PasswordPolicyViolation", message):
        iam.update_login_profile(UserName=user, Password=bad)


def test_former_passwords_are_not_used_again(iam: Any, as_user: Any, user: str) -> None:
    iam.update_account_password_policy(PasswordReusePrevention=2)
    iam.create_login_profile(UserName=user, Password="First-pass1")
    as_user.change_password(OldPassword="First-pass1", NewPassword="Second-pass2")
    for former in ("First-pass1", "Second-pass2"):
        with refused("PasswordPolicyViolation"):
            as_user.change_password(OldPassword="Second-pass2", NewPassword=former)
    as_user.change_password(OldPassword="Second-pass2", NewPassword="Third-pass3")
    as_user.change_password(OldPassword="Third-pass3", NewPassword="First-pass1")


def test_policy_values_out_of_range_are_refused(unchecked: Any) -> None:
    iam = unchecked
    for wrong in (
        {"MinimumPasswordLength": 5},
        {"MinimumPasswordLength": 129},
        {"MaxPasswordAge": 1096},
        {"PasswordReusePrevention": 25},
    ):
        with refused("ValidationError", status=400):
            iam.update_account_password_policy(**wrong)
    with refused("NoSuchEntity"):
        iam.get_account_password_policy()


def test_a_user_with_a_password_is_not_deleted(iam: Any, user: str) -> None:
    iam.create_login_profile(UserName=user, Password=GOOD)
    with refused("DeleteConflict", "Cannot delete entity, must delete login profile first.", 409):
        iam.delete_user(UserName=user)


def test_an_assume_root_session_lets_root_recover_its_password(shared: Gateway, account: str) -> None:
    def root_by(task: str) -> Any:
        answer = shared.client("sts", "111111111111").assume_root(
            TargetPrincipal=account, TaskPolicyArn={"arn": f"arn:aws:iam::aws:policy/root-task/{task}"}
        )
        return shared.as_credentials(answer["Credentials"], "iam")

    creating = root_by("IAMCreateRootUserPassword")
    with refused("NoSuchEntity", "Login Profile for User root cannot be found.", 404):
        creating.get_login_profile()
    with refused("ValidationError"):
        creating.create_login_profile(Password=GOOD)
    assert creating.create_login_profile()["LoginProfile"]["UserName"] == "root"
    with refused("EntityAlreadyExists"):
        creating.create_login_profile()
    deleting = root_by("IAMDeleteRootUserCredentials")
    assert deleting.get_login_profile()["LoginProfile"]["UserName"] == "root"
    deleting.delete_login_profile()
    with refused("NoSuchEntity"):
        deleting.delete_login_profile()
