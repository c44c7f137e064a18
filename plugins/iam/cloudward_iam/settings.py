"""Settings of the IAM plugin beside its quotas: one table, read and checked once at start.

They come from `CLOUDWARD_IAM_<NAME>` or the file's table `[plugin.iam]`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cloudward.api import ConfigError
from cloudward_iam.crypto import totp
from cloudward_iam.crypto.password_hash import DEFAULT_COST

Given = Mapping[str, str | int | float | bool]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes:
        default: its value when it is not given.
        read: turns what was given into its value; raises ValueError for what cannot be used.
        help: what it does.
    """

    default: Any
    read: Callable[[str], Any]
    help: str


def _cost(text: str) -> int:
    cost = int(text)
    if cost < 2 or cost & (cost - 1):
        raise ValueError("it must be a power of two above 1")
    return cost


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise ValueError("it must be a number of seconds, not negative")
    return seconds


def _flag(text: str) -> bool:
    folded = text.lower()
    if folded in {"1", "true", "yes", "on"}:
        return True
    if folded in {"0", "false", "no", "off"}:
        return False
    raise ValueError("it must be true or false")


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for item in text.split(",") if (part := item.strip())))


def _accounts(text: str) -> tuple[str, ...]:
    return tuple(_account(name) for name in _names(text))


def _account(text: str) -> str:
    if text and not (len(text) == 12 and text.isdecimal()):
        raise ValueError(f"{text} is no 12-digit account id")
    return text


def _seeds(text: str) -> Mapping[str, str]:
    seeds = {}
    for entry in _names(text):
        serial, _, seed = entry.partition("=")
        seeds[serial] = totp.encode_seed(totp.decode_seed(seed))
    return seeds


SETTINGS: Mapping[str, Setting] = {
    "credential_report_seconds": Setting(0.0, _seconds, "How long making a credential report takes, in seconds."),
    "hardware_mfa_seeds": Setting(
        {}, _seeds, "Hardware MFA tokens by serial number and base-32 seed: `SERIAL=SEED`, separated by commas."
    ),
    "organization_accounts": Setting((), _accounts, "Member accounts of the organization, separated by commas."),
    "organization_all_features": Setting(True, _flag, "Whether the organization has all features enabled."),
    "organization_delegated_administrators": Setting(
        (), _accounts, "Member accounts that administer IAM for the organization, separated by commas."
    ),
    "organization_id": Setting("", str, "The organization's id, `o-…`; without one there is no organization."),
    "organization_management_account": Setting(
        "", _account, "The organization's management account; the default account when not given."
    ),
    "organization_trusted_access": Setting(True, _flag, "Whether the organization trusts IAM."),
    "password_hash_cost": Setting(
        DEFAULT_COST, _cost, "Cost of hashing console passwords (scrypt's N), a power of two."
    ),
    "propagation_seconds": Setting(
        0.0, _seconds, "How long IAM's changes take until reads, credentials and decisions know of them, in seconds."
    ),
    "service_linked_role_deletion_seconds": Setting(
        0.0, _seconds, "How long the deletion of a service-linked role takes, in seconds."
    ),
    "templates_file": Setting("", str, "JSON file with role templates and delegation templates."),
}


class IamSettings:
    """The plugin's settings as they hold for one gateway; each is read by its name in `SETTINGS`.

    Args:
        given: what was given.

    Raises:
        ConfigError: a value that cannot be used.
    """

    def __init__(self, given: Given) -> None:
        self._values = {name: _read(name, setting, given) for name, setting in SETTINGS.items()}

    def __getitem__(self, name: str) -> Any:
        return self._values[name]


def _read(name: str, setting: Setting, given: Given) -> Any:
    if name not in given:
        return setting.default
    try:
        return setting.read(str(given[name]).strip())
    except ValueError as error:
        raise ConfigError(f"setting {name} of plugin iam: {error}") from None


def unknown_settings(given: Given) -> list[str]:
    """Return a line for each setting that the plugin does not have, quotas aside.

    Args:
        given: what was given.
    """
    lines = []
    for name in given:
        if name not in SETTINGS and not name.startswith("quota_"):
            close = difflib.get_close_matches(name, SETTINGS, 1)
            lines.append(f"unknown setting {name} of plugin iam" + (f"; did you mean {close[0]}?" if close else ""))
    return lines
