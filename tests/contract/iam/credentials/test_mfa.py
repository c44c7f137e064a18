from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cloudward.api import Caller
from cloudward.testing import Gateway
from cloudward_iam.crypto import totp
from cloudward_iam.mfa import verify_code
from tests.contract.iam.credentials.expect import paged, refused, tags, tags_of


class Authenticator:
    """An authenticator app that knows a device's seed and reads the gateway's clock."""

    def __init__(self, gateway: Gateway, seed: str) -> None:
        self.clock = gateway.app.clock
        self.seed = totp.decode_seed(seed)

    def pair(self, ahead: int = 0) -> dict[str, str]:
        """Return the code of now and the next one, of a device that is some steps ahead."""
        counter = totp.counter_at(self.clock.timestamp()) + ahead
        return {
            "AuthenticationCode1": totp.code(self.seed, counter),
            "AuthenticationCode2": totp.code(self.seed, counter + 1),
        }


def virtual(iam: Any, shared: Gateway, name: str = "phone") -> tuple[str, Authenticator]:
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
    return device["SerialNumber"], Authenticator(shared, device["Base32StringSeed"].decode())


def test_a_virtual_device_is_made_enabled_and_taken_away(iam: Any, shared: Gateway, account: str, user: str) -> None:
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone", Path="/team/", Tags=tags(a="1"))[
        "VirtualMFADevice"
    ]
    serial = device["SerialNumber"]
    assert serial == f"arn:aws:iam::{account}:mfa/team/phone"
    assert len(device["Base32StringSeed"]) == 64
    assert device["QRCodePNG"].startswith(b"\x89PNG")
    assert device["Tags"] == tags(a="1")
    app = Authenticator(shared, device["Base32StringSeed"].decode())
    iam.enable_mfa_device(UserName=user, SerialNumber=serial, **app.pair())
    listed = iam.list_mfa_devices(UserName=user)["MFADevices"]
    assert [(found["UserName"], found["SerialNumber"]) for found in listed] == [(user, serial)]
    found = iam.get_mfa_device(SerialNumber=serial, UserName=user)
    assert (found["UserName"], found["EnableDate"]) == (user, listed[0]["EnableDate"])
    with refused("DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.", 409):
        iam.delete_virtual_mfa_device(SerialNumber=serial)
    with refused("DeleteConflict", "Cannot delete entity, must delete MFA device first."):
        iam.delete_user(UserName=user)
    iam.deactivate_mfa_device(UserName=user, SerialNumber=serial)
    assert iam.list_mfa_devices(UserName=user)["MFADevices"] == []
    iam.delete_virtual_mfa_device(SerialNumber=serial)
    with refused("NoSuchEntity", f"VirtualMFADevice with serial number {serial} doesn't exist.", 404):
        iam.delete_virtual_mfa_device(SerialNumber=serial)


def test_device_names_are_taken_once(iam: Any) -> None:
    iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")
    with refused("EntityAlreadyExists", "MFADevice entity at the same path and name already exists.", 409):
        iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")


def test_wrong_and_used_codes_are_refused(iam: Any, shared: Gateway, user: str) -> None:
    serial, app = virtual(iam, shared)
    wrong = {"AuthenticationCode1": "000000", "AuthenticationCode2": "000000"}
    message = "Authentication code for device is not valid."
    with refused("InvalidAuthenticationCode", message, 403):
        iam.enable_mfa_device(UserName=user, SerialNumber=serial, **wrong)
    codes = app.pair()
    with refused("InvalidAuthenticationCode", message):
        iam.enable_mfa_device(
            UserName=user,
            SerialNumber=serial,
            AuthenticationCode1=codes["AuthenticationCode2"],
            AuthenticationCode2=codes["AuthenticationCode1"],
        )
    iam.enable_mfa_device(UserName=user, SerialNumber=serial, **codes)
    with refused("InvalidAuthenticationCode", message):
        iam.resync_mfa_device(UserName=user, SerialNumber=serial, **codes)
    iam.deactivate_mfa_device(UserName=user, SerialNumber=serial)
    with refused("InvalidAuthenticationCode", message):
        iam.enable_mfa_device(UserName=user, SerialNumber=serial, **codes)


def test_codes_have_six_digits(iam: Any, unchecked: Any, shared: Gateway, user: str) -> None:
    serial, _ = virtual(iam, shared)
    for bad in ("12345", "1234567", "12345a"):
        with refused("ValidationError"):
            unchecked.enable_mfa_device(
                UserName=user, SerialNumber=serial, AuthenticationCode1=bad, AuthenticationCode2="123456"
            )


def test_a_device_has_one_user(iam: Any, shared: Gateway, user: str) -> None:
    iam.create_user(UserName="grace")
    serial, app = virtual(iam, shared)
    iam.enable_mfa_device(UserName=user, SerialNumber=serial, **app.pair())
    with refused("EntityAlreadyExists"):
        iam.enable_mfa_device(UserName="grace", SerialNumber=serial, **app.pair(2))
    for call in (iam.deactivate_mfa_device, iam.get_mfa_device):
        with refused("NoSuchEntity"):
            call(UserName="grace", SerialNumber=serial)


def test_a_drifted_device_is_resynchronised(iam: Any, shared: Gateway, account: str, user: str) -> None:
    serial, app = virtual(iam, shared)
    iam.enable_mfa_device(UserName=user, SerialNumber=serial, **app.pair())
    ahead = 100
    iam.resync_mfa_device(UserName=user, SerialNumber=serial, **app.pair(ahead))
    found = iam.get_user(UserName=user)["User"]
    caller = Caller(kind="user", partition="aws", account=account, arn=found["Arn"], user_id=found["UserId"])
    now = shared.app.clock.now() + timedelta(seconds=60)
    code = totp.code(app.seed, totp.counter_at(now.timestamp()) + ahead + 1)
    transaction = shared.app.store.begin()
    verified = [verify_code(transaction, caller, serial, given, now) for given in (code, code, "000000")]
    transaction.rollback()
    assert verified == [True, False, False]


def test_the_hook_verifies_codes_of_the_caller_s_own_device(iam: Any, shared: Gateway, account: str, user: str) -> None:
    serial, app = virtual(iam, shared)
    iam.enable_mfa_device(UserName=user, SerialNumber=serial, **app.pair())
    found = iam.get_user(UserName=user)["User"]
    own = Caller(kind="user", partition="aws", account=account, arn=found["Arn"], user_id=found["UserId"])
    other = Caller(kind="user", partition="aws", account=account, arn=found["Arn"], user_id="AIDAOTHER")
    now = shared.app.clock.now() + timedelta(seconds=90)
    code = totp.code(app.seed, totp.counter_at(now.timestamp()))
    with shared.app.store.begin() as transaction:
        answers = [
            shared.app.plugins.hook.cloudward_verify_mfa(
                app=shared.app, transaction=transaction, caller=caller, serial_number=serial, code=code, now=now
            )
            for caller in (other, own, own)
        ]
    assert answers == [None, True, False]


def test_hardware_tokens_are_known_by_their_serial_number(iam: Any, shared: Gateway, user: str) -> None:
    app = Authenticator(shared, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    iam.enable_mfa_device(UserName=user, SerialNumber="GAHT12345678", **app.pair())
    assert iam.list_mfa_devices(UserName=user)["MFADevices"][0]["SerialNumber"] == "GAHT12345678"
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    iam.deactivate_mfa_device(UserName=user, SerialNumber="GAHT12345678")
    with refused("NoSuchEntity", "MFADevice with serial number GAHT12345678 doesn't exist."):
        iam.get_mfa_device(SerialNumber="GAHT12345678")
    with refused("NoSuchEntity"):
        iam.enable_mfa_device(UserName=user, SerialNumber="GAHT00000000", **app.pair(2))


def test_a_user_has_eight_devices_at_most(iam: Any, shared: Gateway, user: str) -> None:
    for number in range(8):
        serial, app = virtual(iam, shared, f"phone{number}")
        iam.enable_mfa_device(UserName=user, SerialNumber=serial, **app.pair())
    serial, app = virtual(iam, shared, "one-more")
    with refused("LimitExceeded", "Cannot exceed quota for MFADevicesPerUser: 8", 409):
        iam.enable_mfa_device(UserName=user, SerialNumber=serial, **app.pair())
    assert len(paged(iam.list_mfa_devices, "MFADevices", 3, UserName=user)) == 8


def test_virtual_devices_are_listed_by_assignment(iam: Any, shared: Gateway, user: str) -> None:
    used, app = virtual(iam, shared, "used")
    iam.enable_mfa_device(UserName=user, SerialNumber=used, **app.pair())
    free = [virtual(iam, shared, f"free{number}")[0] for number in range(3)]

    def serials(status: str) -> list[str]:
        found = paged(iam.list_virtual_mfa_devices, "VirtualMFADevices", AssignmentStatus=status)
        assert all("Base32StringSeed" not in device and "QRCodePNG" not in device for device in found)
        return [device["SerialNumber"] for device in found]

    assert serials("Assigned") == [used]
    assert serials("Unassigned") == free
    assert serials("Any") == [*free, used]
    assigned = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"][0]
    assert assigned["User"]["UserName"] == user
    assert "EnableDate" in assigned
    with refused("ValidationError"):
        iam.list_virtual_mfa_devices(AssignmentStatus="Some")


def test_a_user_lists_and_deactivates_their_own(iam: Any, as_user: Any, shared: Gateway, user: str) -> None:
    serial, app = virtual(iam, shared)
    iam.enable_mfa_device(UserName=user, SerialNumber=serial, **app.pair())
    assert as_user.list_mfa_devices()["MFADevices"][0]["UserName"] == user
    with refused("ValidationError", "Must specify userName when calling with non-User credentials"):
        iam.deactivate_mfa_device(SerialNumber=serial)
    as_user.deactivate_mfa_device(SerialNumber=serial)
    assert as_user.list_mfa_devices()["MFADevices"] == []


def test_devices_have_tags(iam: Any, shared: Gateway) -> None:
    serial, _ = virtual(iam, shared)
    iam.tag_mfa_device(SerialNumber=serial, Tags=tags(a="1", b="2"))
    iam.tag_mfa_device(SerialNumber=serial, Tags=tags(A="3"))
    assert tags_of(iam.list_mfa_device_tags, SerialNumber=serial) == {"A": "3", "b": "2"}
    iam.untag_mfa_device(SerialNumber=serial, TagKeys=["a", "missing"])
    assert tags_of(iam.list_mfa_device_tags, SerialNumber=serial) == {"b": "2"}
    with refused("InvalidInput"):
        iam.tag_mfa_device(SerialNumber=serial, Tags=tags(c="1", C="2"))
    for call in (
        lambda: iam.tag_mfa_device(SerialNumber=serial + "x", Tags=tags(a="1")),
        lambda: iam.untag_mfa_device(SerialNumber=serial + "x", TagKeys=["a"]),
        lambda: iam.list_mfa_device_tags(SerialNumber=serial + "x"),
    ):
        with refused("NoSuchEntity"):
            call()


@pytest.mark.parametrize("operation", ["enable_mfa_device", "resync_mfa_device"])
def test_missing_users_and_devices_are_told(iam: Any, user: str, operation: str) -> None:
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    with refused("NoSuchEntity", "The user with name nobody cannot be found."):
        getattr(iam, operation)(UserName="nobody", SerialNumber="GAHT12345678", **codes)
    with refused("NoSuchEntity"):
        getattr(iam, operation)(UserName=user, SerialNumber="GAHT99999999", **codes)
