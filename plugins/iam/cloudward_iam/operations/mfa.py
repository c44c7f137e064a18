"""MFA devices: virtual ones and hardware tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from cloudward.api import operation, random_bytes
from cloudward_iam.arns import make_arn
from cloudward_iam.crypto import totp
from cloudward_iam.errors import (
    DeleteConflict,
    EntityAlreadyExists,
    InvalidAuthenticationCode,
    NoSuchEntity,
)
from cloudward_iam.limits import Quota, check_quota
from cloudward_iam.mfa import accept_pair
from cloudward_iam.owners import ROOT_NAME, Owner, named_owner, owner, owner_by_root_session
from cloudward_iam.paging import paged
from cloudward_iam.records.mfa import MFADevice
from cloudward_iam.state import Ctx
from cloudward_iam.tags import Tags, listed, merged, without

if TYPE_CHECKING:
    from datetime import datetime


@operation("CreateVirtualMFADevice")
def create_virtual_mfa_device(
    ctx: Ctx, *, virtual_mfa_device_name: str, path: str = "/", tags: Tags = ()
) -> dict[str, Any]:
    """Make a virtual MFA device; the only answer that ever tells its seed, as text and as a QR code."""
    serial = make_arn(ctx.scope, "mfa", path, virtual_mfa_device_name)
    if serial in ctx.state.mfa_devices:
        raise EntityAlreadyExists.mfa_device()
    check_quota(ctx, Quota.VIRTUAL_MFA_DEVICES_PER_ACCOUNT, ctx.state.mfa_devices.count("virtual", True) + 1)
    seed = totp.encode_seed(random_bytes(totp.SEED_BYTES))
    device = MFADevice(serial_number=serial, virtual=True, seed=seed, tags=merged(ctx, None, tags))
    ctx.state.mfa_devices.add(device)
    uri = totp.otpauth_uri(virtual_mfa_device_name, ctx.account, seed)
    return {
        "VirtualMFADevice": {
            "SerialNumber": serial,
            "Base32StringSeed": seed.encode(),
            "QRCodePNG": totp.qr_code_png(uri),
            "Tags": device.tags,
        }
    }


@operation("DeleteVirtualMFADevice")
def delete_virtual_mfa_device(ctx: Ctx, *, serial_number: str) -> None:
    """Delete a virtual MFA device that nobody uses."""
    device = _virtual(ctx, serial_number)
    if device.user_id is not None:
        raise DeleteConflict.mfa_device()
    ctx.state.mfa_devices.remove(device.serial_number)


@operation("EnableMFADevice")
def enable_mfa_device(
    ctx: Ctx, *, user_name: str, serial_number: str, authentication_code1: str, authentication_code2: str
) -> None:
    """Assign an MFA device to a user, who proves with two consecutive codes that it is theirs."""
    found = named_owner(ctx, user_name)
    device = ctx.state.mfa_devices.get(serial_number) or _hardware(ctx, serial_number)
    if device.user_id is not None:
        raise EntityAlreadyExists.mfa_device_in_use(serial_number)
    check_quota(ctx, Quota.MFA_DEVICES_PER_USER, ctx.state.mfa_devices.count("user_id", found.user_id) + 1)
    device = _proven(ctx, device, authentication_code1, authentication_code2, totp.ENABLE_WINDOW)
    ctx.state.mfa_devices.put(device.replace(user_id=found.user_id, enable_date=ctx.now.replace(microsecond=0)))


@operation("ResyncMFADevice")
def resync_mfa_device(
    ctx: Ctx, *, user_name: str, serial_number: str, authentication_code1: str, authentication_code2: str
) -> None:
    """Learn from two consecutive codes how far a device's clock is off."""
    device = _of(ctx, named_owner(ctx, user_name), serial_number)
    device = _proven(ctx, device, authentication_code1, authentication_code2, totp.RESYNC_WINDOW)
    ctx.state.mfa_devices.put(device)


@operation("DeactivateMFADevice")
def deactivate_mfa_device(ctx: Ctx, *, serial_number: str, user_name: str | None = None) -> None:
    """Take an MFA device from its user; a virtual one stays, without a user."""
    device = _of(ctx, owner_by_root_session(ctx, user_name), serial_number)
    if device.virtual:
        ctx.state.mfa_devices.put(device.replace(user_id=None, enable_date=None))
    else:
        ctx.state.mfa_devices.remove(device.serial_number)


@operation("GetMFADevice")
def get_mfa_device(ctx: Ctx, *, serial_number: str, user_name: str | None = None) -> dict[str, Any]:
    """Describe an MFA device; certifications are those of FIDO keys, and no other device has any."""
    device = _device(ctx, serial_number)
    if user_name is not None and device.user_id != named_owner(ctx, user_name).user_id:
        raise NoSuchEntity.mfa_device(serial_number)
    user = None if device.user_id is None else ctx.state.users.find("user_id", device.user_id)
    return {
        "UserName": None if user is None else user.user_name,
        "SerialNumber": device.serial_number,
        "EnableDate": device.enable_date,
    }


@operation("ListMFADevices")
def list_mfa_devices(
    ctx: Ctx, *, user_name: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List a user's or the caller's MFA devices."""
    found = owner(ctx, user_name)
    devices = ctx.state.mfa_devices
    return paged(
        ctx,
        "MFADevices",
        lambda after, count: devices.select_page("user_id", found.user_id, after=after, limit=count),
        listing="ListMFADevices",
        marker=marker,
        max_items=max_items,
        bound_to=(found.user_id,),
        show=lambda device: {
            "UserName": found.shown_name,
            "SerialNumber": device.serial_number,
            "EnableDate": device.enable_date,
        },
    )


@operation("ListVirtualMFADevices")
def list_virtual_mfa_devices(
    ctx: Ctx,
    *,
    assignment_status: Literal["Assigned", "Unassigned", "Any"] = "Any",
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """List the account's virtual MFA devices; seeds and tags are left out."""
    devices = ctx.state.mfa_devices
    status = None if assignment_status == "Any" else assignment_status
    return paged(
        ctx,
        "VirtualMFADevices",
        lambda after, count: devices.select_page(
            "assignment" if status else "virtual", status or True, after=after, limit=count
        ),
        listing="ListVirtualMFADevices",
        marker=marker,
        max_items=max_items,
        bound_to=(status,),
        show=lambda device: {
            "SerialNumber": device.serial_number,
            "User": _user(ctx, device),
            "EnableDate": device.enable_date,
        },
    )


@operation("TagMFADevice")
def tag_mfa_device(ctx: Ctx, *, serial_number: str, tags: Tags) -> None:
    """Set tags of a virtual MFA device."""
    device = _virtual(ctx, serial_number)
    ctx.state.mfa_devices.put(device.replace(tags=merged(ctx, device.tags, tags)))


@operation("UntagMFADevice")
def untag_mfa_device(ctx: Ctx, *, serial_number: str, tag_keys: Sequence[str]) -> None:
    """Take tags from a virtual MFA device."""
    device = _virtual(ctx, serial_number)
    ctx.state.mfa_devices.put(device.replace(tags=without(device.tags, tag_keys)))


@operation("ListMFADeviceTags")
def list_mfa_device_tags(
    ctx: Ctx, *, serial_number: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List a virtual MFA device's tags by key."""
    device = _virtual(ctx, serial_number)
    return listed(ctx, "ListMFADeviceTags", device.serial_number, device.tags, marker, max_items)


def _device(ctx: Ctx, serial_number: str) -> MFADevice:
    device = ctx.state.mfa_devices.get(serial_number)
    if device is None:
        raise NoSuchEntity.mfa_device(serial_number)
    return device


def _virtual(ctx: Ctx, serial_number: str) -> MFADevice:
    device = ctx.state.mfa_devices.get(serial_number)
    if device is None or not device.virtual:
        raise NoSuchEntity.virtual_mfa_device(serial_number)
    return device


def _of(ctx: Ctx, found: Owner, serial_number: str) -> MFADevice:
    device = _device(ctx, serial_number)
    if device.user_id != found.user_id:
        raise NoSuchEntity.mfa_device(serial_number)
    return device


def _hardware(ctx: Ctx, serial_number: str) -> MFADevice:
    """Return a hardware token whose seed the setting `hardware_mfa_seeds` tells, as its maker tells AWS."""
    seed = ctx.runtime.settings["hardware_mfa_seeds"].get(serial_number)
    if seed is not None:
        return MFADevice(serial_number=serial_number, virtual=False, seed=seed)
    if serial_number.startswith("arn:"):
        raise NoSuchEntity.virtual_mfa_device(serial_number)
    raise NoSuchEntity.mfa_device(serial_number)


def _proven(ctx: Ctx, device: MFADevice, first: str, second: str, window: int) -> MFADevice:
    accepted = accept_pair(device, first, second, ctx.now, window)
    if accepted is None:
        raise InvalidAuthenticationCode.not_valid()
    return accepted


def _user(ctx: Ctx, device: MFADevice) -> object:
    if device.user_id is None:
        return None
    if device.user_id == ctx.account:
        started: datetime = ctx.runtime.started_at
        return {
            "Path": "/",
            "UserName": ROOT_NAME,
            "UserId": ctx.account,
            "Arn": f"arn:{ctx.partition}:iam::{ctx.account}:root",
            "CreateDate": started,
        }
    user = ctx.state.users.find("user_id", device.user_id)
    return None if user is None else user.replace(tags=None, permissions_boundary=None)
