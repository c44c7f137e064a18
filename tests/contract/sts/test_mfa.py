"""MFA codes with AssumeRole and GetSessionToken."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.sts.conftest import World, refused
from tests.contract.sts.test_assume_role import session_of

WRONG = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
UNKNOWN = (
    "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid "
    "and associated with this user."
)
HALF = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."


class Device:
    """A virtual MFA device as an authenticator app has it."""

    def __init__(self, world: World, user_name: str) -> None:
        iam = world.client("iam")
        made = iam.create_virtual_mfa_device(VirtualMFADeviceName=f"{user_name}-phone")["VirtualMFADevice"]
        self.serial: str = made["SerialNumber"]
        self._seed: bytes = made["Base32StringSeed"]
        iam.enable_mfa_device(
            UserName=user_name,
            SerialNumber=self.serial,
            AuthenticationCode1=self.code(-60),
            AuthenticationCode2=self.code(-30),
        )

    def code(self, after: float = 0) -> str:
        """Return the code that the device shows some seconds from now."""
        return code_at(self._seed, datetime.now(UTC) + timedelta(seconds=after))  # noqa: TID251 - the device's clock


def code_at(seed: bytes, time: datetime) -> str:
    """Return the code of a seed (RFC 6238) as the `cryptography` library computes it."""
    from base64 import b32decode

    from cryptography.hazmat.primitives.hashes import SHA1
    from cryptography.hazmat.primitives.twofactor.totp import TOTP

    return TOTP(b32decode(seed), 6, SHA1(), 30, enforce_key_length=False).generate(int(time.timestamp())).decode()


@pytest.fixture
def user(world: World) -> dict[str, str]:
    return world.user()


@pytest.fixture
def device(world: World, user: Mapping[str, str]) -> Device:
    return Device(world, "alice")


def test_a_session_token_with_mfa_may_call_iam(world: World, user: dict[str, str], device: Device) -> None:
    sts = world.client("sts", user)
    session = sts.get_session_token(SerialNumber=device.serial, TokenCode=device.code())["Credentials"]
    assert world.client("iam", session).list_users()["Users"]
    assert session_of(world, session).mfa_authenticated_at is not None


def test_the_proof_travels_into_role_sessions(world: World, user: dict[str, str], device: Device) -> None:
    role = world.role()
    proved = world.assume(user, role, SerialNumber=device.serial, TokenCode=device.code())["Credentials"]
    at = session_of(world, proved).mfa_authenticated_at
    assert at is not None
    assert session_of(world, world.assume(proved, role)["Credentials"]).mfa_authenticated_at == at
    assert session_of(world, world.assume(user, role)["Credentials"]).mfa_authenticated_at is None


def test_a_code_is_good_once(world: World, user: dict[str, str], device: Device) -> None:
    sts = world.client("sts", user)
    code = device.code()
    sts.get_session_token(SerialNumber=device.serial, TokenCode=code)
    with refused() as answer:
        sts.get_session_token(SerialNumber=device.serial, TokenCode=code)
    assert (answer.code, answer.status, answer.message) == ("AccessDenied", 403, WRONG)


def test_a_code_is_good_once_even_for_calls_at_the_same_time(
    world: World, user: dict[str, str], device: Device
) -> None:
    code = device.code()
    clients = [world.client("sts", user) for _ in range(8)]

    def ask(client: Any) -> bool:
        try:
            client.get_session_token(SerialNumber=device.serial, TokenCode=code)
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(len(clients)) as pool:
        assert sum(pool.map(ask, clients)) == 1


def test_a_code_is_used_up_by_a_call_that_is_refused(world: World, user: dict[str, str], device: Device) -> None:
    code = device.code()
    with refused():
        world.assume(user, f"arn:aws:iam::{world.account}:role/missing", SerialNumber=device.serial, TokenCode=code)
    with refused() as answer:
        world.client("sts", user).get_session_token(SerialNumber=device.serial, TokenCode=code)
    assert answer.message == WRONG


def test_a_wrong_code(world: World, user: dict[str, str], device: Device) -> None:
    code = device.code()
    wrong = f"{(int(code) + 1) % 1000000:06d}"
    with refused() as answer:
        world.assume(user, world.role(), SerialNumber=device.serial, TokenCode=wrong)
    assert (answer.code, answer.message) == ("AccessDenied", WRONG)


@pytest.mark.parametrize("whose", ["nobody's", "another user's"])
def test_a_device_that_is_not_the_callers(world: World, user: dict[str, str], whose: str) -> None:
    serial, code = f"arn:aws:iam::{world.account}:mfa/none", "123456"
    if whose == "another user's":
        world.user("bob")
        device = Device(world, "bob")
        serial, code = device.serial, device.code()
    with refused() as answer:
        world.client("sts", user).get_session_token(SerialNumber=serial, TokenCode=code)
    assert (answer.code, answer.message) == ("AccessDenied", UNKNOWN)


@pytest.mark.parametrize("given", [{"SerialNumber": "arn:aws:iam::111122223333:mfa/x"}, {"TokenCode": "123456"}])
def test_half_of_it(world: World, user: dict[str, str], given: dict[str, Any]) -> None:
    with refused() as answer:
        world.client("sts", user).get_session_token(**given)
    assert (answer.code, answer.message) == ("AccessDenied", HALF)
