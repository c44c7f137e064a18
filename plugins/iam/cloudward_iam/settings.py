"""Settings of the IAM plugin beside its quotas: one table, read and checked once at start.

They come from `CLOUDWARD_IAM_<NAME>` or the file's table `[plugin.iam]`.
"""

from __future__ import annotations

from collections.abc import Mapping

from cloudward.api import PluginSetting as Setting
from cloudward.api import PluginSettings, read_flag, read_names
from cloudward_iam.crypto import totp
from cloudward_iam.crypto.password_hash import DEFAULT_COST

Given = Mapping[str, str | int | float | bool]


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


def _accounts(text: str) -> tuple[str, ...]:
    return tuple(_account(name) for name in read_names(text))


def _account(text: str) -> str:
    if text and not (len(text) == 12 and text.isdecimal()):
        raise ValueError(f"{text} is no 12-digit account id")
    return text


def _seeds(text: str) -> Mapping[str, str]:
    seeds = {}
    for entry in read_names(text):
        serial, _, seed = entry.partition("=")
        seeds[serial] = totp.encode_seed(totp.decode_seed(seed))
    return seeds


SETTINGS: Mapping[str, Setting] = {
    "credential_report_seconds": Setting(0.0, _seconds, "How long making a credential report takes, in seconds."),
    "hardware_mfa_seeds": Setting(
        {}, _seeds, "Hardware MFA tokens by serial number and base-32 seed: `SERIAL=SEED`, separated by commas."
    ),
    "organization_accounts": Setting((), _accounts, "Member accounts of the organization, separated by commas."),
    "organization_all_features": Setting(True, read_flag, "Whether the organization has all features enabled."),
    "organization_delegated_administrators": Setting(
        (), _accounts, "Member accounts that administer IAM for the organization, separated by commas."
    ),
    "organization_id": Setting("", str, "The organization's id, `o-…`; without one there is no organization."),
    "organization_management_account": Setting(
        "", _account, "The organization's management account; the default account when not given."
    ),
    "organization_trusted_access": Setting(True, read_flag, "Whether the organization trusts IAM."),
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


class IamSettings(PluginSettings):
    """The plugin's settings as they hold for one gateway; each is read by its name in `SETTINGS`.

    Args:
        given: what was given.

    Raises:
        ConfigError: a value that cannot be used.
    """

    def __init__(self, given: Given) -> None:
        super().__init__("iam", SETTINGS, given)


def unknown_settings(given: Given) -> list[str]:
    """Return a line for each setting that the plugin does not have, quotas aside.

    Args:
        given: what was given.
    """
    others = {name: value for name, value in given.items() if not name.startswith("quota_")}
    return IamSettings(others).unknown()
