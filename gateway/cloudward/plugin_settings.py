"""Settings of plugins: one table a plugin, read and checked once at start.

They come from `CLOUDWARD_<PLUGIN>_<NAME>` or the file's table `[plugin.<name>]`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from cloudward.errors import ConfigError

Given: TypeAlias = Mapping[str, str | int | float | bool]
"""What was given of a plugin's settings, as `Config.plugin` returns it."""


@dataclass(frozen=True, slots=True)
class PluginSetting:
    """One setting.

    Attributes:
        default: its value when it is not given.
        read: turns what was given into its value; raises ValueError for what cannot be used.
        help: what it does.
    """

    default: Any
    read: Callable[[str], Any]
    help: str


class PluginSettings:
    """A plugin's settings as they hold for one gateway; each is read by its name in the table.

    Args:
        plugin: the plugin's name.
        table: the settings by name.
        given: what was given.

    Raises:
        ConfigError: a value that cannot be used.
    """

    def __init__(self, plugin: str, table: Mapping[str, PluginSetting], given: Given) -> None:
        self._plugin = plugin
        self._table = table
        self._given = given
        self._values = {name: self._read(name, setting) for name, setting in table.items()}

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def unknown(self) -> list[str]:
        """Return a line for each setting given that the plugin does not have."""
        return [_unknown(name, self._table, self._plugin) for name in self._given if name not in self._table]

    def _read(self, name: str, setting: PluginSetting) -> Any:
        if name not in self._given:
            return setting.default
        try:
            return setting.read(str(self._given[name]).strip())
        except ValueError as error:
            raise ConfigError(f"setting {name} of plugin {self._plugin}: {error}") from None


def check_quotas(plugin: str, known: Collection[str], given: Mapping[str, object]) -> list[str]:
    """Check settings that are quotas.

    Args:
        plugin: the plugin's name.
        known: the names of its quotas.
        given: what was given of them.

    Returns:
        A line for each quota that does not exist.

    Raises:
        ConfigError: a quota that is no whole number.
    """
    lines = []
    for name, value in given.items():
        if name not in known:
            lines.append(_unknown(name, known, plugin))
        elif not str(value).isdecimal():
            raise ConfigError(f"setting {name} of plugin {plugin} must be a whole number, not {value!r}")
    return lines


def _unknown(name: str, known: Collection[str], plugin: str) -> str:
    close = difflib.get_close_matches(name, known, 1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"unknown setting {name} of plugin {plugin}{hint}"


def read_flag(text: str) -> bool:
    """Return a setting that is on or off.

    Args:
        text: what was given.

    Raises:
        ValueError: it is neither.
    """
    folded = text.lower()
    if folded in {"1", "true", "yes", "on"}:
        return True
    if folded in {"0", "false", "no", "off"}:
        return False
    raise ValueError("it must be true or false")


def read_names(text: str) -> tuple[str, ...]:
    """Return a setting that lists names, separated by commas.

    Args:
        text: what was given.
    """
    return tuple(dict.fromkeys(part for item in text.split(",") if (part := item.strip())))
