"""The credential report as AWS writes it.

Source: IAM User Guide, "Generate credential reports for your AWS account"; order of rows and of a user's keys, and the
dates of inactive ones, as published reports have them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudward_iam.records.principals import User
    from cloudward_iam.state import Ctx, IamState

_KEY_COLUMNS = ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
COLUMNS = (
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    *(f"access_key_1_{name}" for name in _KEY_COLUMNS),
    *(f"access_key_2_{name}" for name in _KEY_COLUMNS),
    "cert_1_active",
    "cert_1_last_rotated",
    "cert_2_active",
    "cert_2_last_rotated",
)
ROOT = "<root_account>"
NOT_APPLICABLE = "N/A"
NO_INFORMATION = "no_information"
NOT_SUPPORTED = "not_supported"
_SHOWN = 2


def credential_csv(ctx: Ctx) -> str:
    """Return the report on the account's credentials, one line for the root user and each user.

    Args:
        ctx: the call.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerow(
        [
            ROOT,
            f"arn:{ctx.partition}:iam::{ctx.account}:root",
            _date(ctx.runtime.started_at),
            NOT_SUPPORTED,
            NO_INFORMATION,
            NOT_SUPPORTED,
            NOT_SUPPORTED,
            *_credentials(ctx.state, ctx.account),
        ]
    )
    policy = ctx.state.password_policy.get()
    max_age = None if policy is None or policy.max_password_age is None else timedelta(days=policy.max_password_age)
    for user in ctx.state.users:
        writer.writerow(
            [
                user.user_name,
                user.arn,
                _date(user.create_date),
                *_password(ctx.state, user, max_age),
                *_credentials(ctx.state, user.user_id),
            ]
        )
    return buffer.getvalue().removesuffix("\n")


def _password(state: IamState, user: User, max_age: timedelta | None) -> Iterator[str]:
    profile = state.login_profiles.get(user.user_id)
    yield _flag(profile is not None)
    if profile is None:
        yield from (NOT_APPLICABLE,) * 3
        return
    yield NO_INFORMATION if user.password_last_used is None else _date(user.password_last_used)
    yield _date(profile.changed_at)
    yield NOT_APPLICABLE if max_age is None else _date(profile.changed_at + max_age)


def _credentials(state: IamState, owner_id: str) -> Iterator[str]:
    """Return the columns of MFA, access keys and certificates."""
    yield _flag(state.mfa_devices.count("user_id", owner_id) > 0)
    keys = state.access_keys.select("user_id", owner_id, limit=_SHOWN)
    for key in keys:
        use = state.access_key_uses.get(key.access_key_id)
        yield _flag(key.status == "Active")
        yield _date(key.create_date)
        yield from ((NOT_APPLICABLE,) * 3 if use is None else (_date(use.last_used_date), use.region, use.service_name))
    for _ in range(_SHOWN - len(keys)):
        yield _flag(False)
        yield from (NOT_APPLICABLE,) * 4
    certificates = state.signing_certificates.select("user_id", owner_id)
    certificates.sort(key=lambda found: (found.status == "Active", found.upload_date, found.certificate_id))
    for certificate in certificates[:_SHOWN]:
        yield _flag(certificate.status == "Active")
        yield _date(certificate.upload_date)
    for _ in range(_SHOWN - len(certificates)):
        yield _flag(False)
        yield NOT_APPLICABLE


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _date(value: datetime) -> str:
    return value.astimezone(UTC).replace(microsecond=0).isoformat()
