"""Checking the codes of MFA devices, for IAM's own operations and for STS."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from cloudward.api import Caller, Scope, Transaction
from cloudward_iam.crypto import totp
from cloudward_iam.state import IamState

if TYPE_CHECKING:
    from cloudward_iam.records.mfa import MFADevice


def accept_pair(device: MFADevice, first: str, second: str, now: datetime, window: int) -> MFADevice | None:
    """Check two consecutive codes of a device.

    Args:
        device: the device.
        first: the earlier code.
        second: the code after it.
        now: the time.
        window: how many steps of drift to look for, to either side.

    Returns:
        The device with the drift that the codes show, None when they are wrong, not consecutive, or used before.
    """
    counter = totp.counter_at(now.timestamp())
    seed = totp.decode_seed(device.seed)
    found = totp.pair(seed, first, second, counter=counter, window=window, after=device.last_counter)
    return None if found is None else device.replace(drift=found - counter, last_counter=found)


def accept_code(device: MFADevice, code: str, now: datetime) -> MFADevice | None:
    """Check one code of a device.

    Args:
        device: the device.
        code: the code.
        now: the time.

    Returns:
        The device after the code was used, None when the code is wrong, too old, or used before.
    """
    counter = totp.counter_at(now.timestamp())
    seed = totp.decode_seed(device.seed)
    found = totp.single(seed, code, counter=counter + device.drift, after=device.last_counter)
    return None if found is None else device.replace(drift=found - counter, last_counter=found)


def verify_code(transaction: Transaction, caller: Caller, serial_number: str, code: str, now: datetime) -> bool | None:
    """Check a code of a caller's MFA device and use it up.

    Args:
        transaction: the call's view of all state; the device is changed in it.
        caller: the user or root user whose device it must be.
        serial_number: the device's serial number, for virtual devices the ARN.
        code: the six digits.
        now: the time.

    Returns:
        Whether the code is right; None when the caller has no such device.
    """
    devices = transaction.state(IamState, Scope(caller.partition, caller.account)).mfa_devices
    device = devices.get(serial_number)
    owner = caller.account if caller.kind == "root" else caller.user_id
    if device is None or device.user_id is None or device.user_id != owner:
        return None
    used = accept_code(device, code, now)
    if used is None:
        return False
    devices.put(used)
    return True
