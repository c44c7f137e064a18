"""Settings of plugins: defaults, values, what cannot be used, and names that do not exist."""

from __future__ import annotations

import pytest

from cloudward.api import ConfigError, PluginSetting, PluginSettings, read_flag, read_names

TABLE = {
    "loud": PluginSetting(False, read_flag, "Whether it is loud."),
    "names": PluginSetting((), read_names, "Names."),
    "size": PluginSetting(3, int, "How large."),
}


def test_defaults_and_values() -> None:
    settings = PluginSettings("mine", TABLE, {"loud": True, "names": " a, b,,a "})
    assert settings["loud"] is True
    assert settings["names"] == ("a", "b")
    assert settings["size"] == 3
    assert PluginSettings("mine", TABLE, {"loud": "off"})["loud"] is False


@pytest.mark.parametrize(("name", "value"), [("loud", "maybe"), ("size", "large")])
def test_values_that_cannot_be_used(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"^setting {name} of plugin mine: "):
        PluginSettings("mine", TABLE, {name: value})


def test_names_that_do_not_exist() -> None:
    assert PluginSettings("mine", TABLE, {"sise": 1, "zzz": 2}).unknown() == [
        "unknown setting sise of plugin mine; did you mean size?",
        "unknown setting zzz of plugin mine",
    ]
