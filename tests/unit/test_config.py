"""Settings from file, environment and flags."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from cloudward.config import Config, load, parse_address
from cloudward.errors import ConfigError


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_nothing_given_is_the_defaults() -> None:
    loaded = load({}, {})
    assert loaded.config == Config()
    assert loaded.warnings == ()


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('default_region = "eu-west-1"\nlisten = ["127.0.0.1:1"]\nmax_body_size = 10\n')
    loaded = load({"max_body_size": "30"}, {"CLOUDWARD_LISTEN": "127.0.0.1:2", "CLOUDWARD_MAX_BODY_SIZE": "20"}, file)
    assert loaded.config.default_region == "eu-west-1"
    assert loaded.config.listen == ("127.0.0.1:2",)
    assert loaded.config.max_body_size == 30
    assert loaded.sources["max_body_size"] == "--max-body-size"


def test_the_file_of_the_current_folder_is_read() -> None:
    Path("cloudward.toml").write_text("debug = true\n[plugin.iam]\nquota_users = 7\n")
    config = load({}, {}).config
    assert config.debug
    assert config.plugin("iam") == {"quota_users": 7}


@pytest.mark.parametrize(
    ("environ", "name", "value"),
    [
        ({"GATEWAY_LISTEN": "0.0.0.0:4510,0.0.0.0:4511"}, "listen", ("0.0.0.0:4510", "0.0.0.0:4511")),
        ({"DEBUG": "1"}, "debug", True),
        ({"SERVICES": "iam, sts"}, "services", ("iam", "sts")),
        ({"ENFORCE_IAM": "1"}, "enforce", "on"),
        ({"ENFORCE_IAM": "0"}, "enforce", "off"),
        ({"ENFORCE_IAM": "1", "IAM_SOFT_MODE": "1"}, "enforce", "soft"),
        ({"CLOUDWARD_ENFORCE": "1"}, "enforce", "on"),
        ({"CLOUDWARD_ENFORCE": "False"}, "enforce", "off"),
        ({"PARITY_AWS_ACCESS_KEY_ID": "1"}, "parity_access_key_ids", True),
        ({"DEBUG": "1", "CLOUDWARD_DEBUG": "0"}, "debug", False),
        ({"ENFORCE_IAM": "1", "IAM_SOFT_MODE": "0"}, "enforce", "on"),
        ({"ENFORCE_IAM": "0", "IAM_SOFT_MODE": "1"}, "enforce", "soft"),
        ({"PERSISTENCE": "0"}, "state", ""),
    ],
)
def test_localstacks_names(environ: dict[str, str], name: str, value: object) -> None:
    assert getattr(load({}, environ).config, name) == value


def test_an_alias_that_says_no_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('enforce = "on"\nstate = "kept"\n')
    config = load({}, {"ENFORCE_IAM": "0", "PERSISTENCE": "0"}, file).config
    assert (config.enforce, config.state) == ("off", "")


def test_settings_of_every_installed_plugin_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [EntryPoint(name, "x", "cloudward") for name in ("iam", "ssm", "iam-extra")]
    monkeypatch.setattr("cloudward.config.entry_points", lambda group: entries)
    loaded = load({}, {"CLOUDWARD_SSM_LIMIT": "1", "CLOUDWARD_IAM_EXTRA_LIMIT": "2", "CLOUDWARD_IAM_LIMIT": "3"})
    assert loaded.warnings == ()
    assert loaded.config.plugin_settings == {
        "ssm": {"limit": "1"}, "iam-extra": {"limit": "2"}, "iam": {"limit": "3"}
    }  # fmt: skip


@pytest.mark.parametrize("value", ["true", "1.5"])
def test_a_number_in_the_file_is_a_whole_one(tmp_path: Path, value: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(f"workers = {value}\n")
    with pytest.raises(ConfigError, match=r"workers: .* is not a whole number"):
        load({}, {}, file)


def test_plugin_settings_come_from_the_environment() -> None:
    assert load({}, {"CLOUDWARD_IAM_QUOTA_USERS": "5"}).config.plugin("iam") == {"quota_users": "5"}


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"CLOUDWARD_LISTN": "x"}, "unknown setting CLOUDWARD_LISTN: did you mean CLOUDWARD_LISTEN?"),
        ({"GATEWAY_LISTN": "x"}, "unknown setting GATEWAY_LISTN: did you mean GATEWAY_LISTEN?"),
        (
            {"EAGER_SERVICE_LOADING": "1"},
            "EAGER_SERVICE_LOADING is a setting of LocalStack that cloudward does not have",
        ),
    ],
)
def test_unknown_names_are_reported_with_what_was_meant(environ: dict[str, str], said: str) -> None:
    assert said in load({}, environ).warnings


def test_unknown_names_in_the_file_are_reported(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text("debig = true\n")
    assert load({}, {}, file).warnings == (f"{file}: unknown setting debig: did you mean debug?",)


@pytest.mark.parametrize(
    ("flags", "environ", "said"),
    [
        ({"enforce": "maybe"}, {}, "--enforce: 'maybe' is not one of on, soft, off"),
        ({}, {"CLOUDWARD_MAX_BODY_SIZE": "big"}, "CLOUDWARD_MAX_BODY_SIZE: 'big' is not a whole number"),
        ({}, {"DEBUG": "perhaps"}, "DEBUG: 'perhaps' is neither true nor false"),
        ({"listen": "nowhere"}, {}, "listen: 'nowhere' is not host:port"),
        ({"default_account": "12"}, {}, "default_account: '12' is not a 12-digit account id"),
        ({"default_account": "１" * 12}, {}, f"default_account: '{'１' * 12}' is not a 12-digit account id"),
        ({"workers": "2"}, {}, "workers: several processes need state that they share; give --state too"),
        ({"tls_key": "k.pem"}, {}, "tls_key: a key without a certificate; give tls_cert too"),
    ],
)
def test_what_cannot_be_used_is_one_line(flags: dict[str, str], environ: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(flags, environ)
    assert str(caught.value) == said


@pytest.mark.parametrize("content", [b"= broken", b"\xff\xfe"])
def test_an_unreadable_file_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"broken\.toml: cannot be read"):
        load({}, {}, file)
    with pytest.raises(ConfigError, match=r"absent\.toml: cannot be read: No such file"):
        load({}, {}, tmp_path / "absent.toml")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:4566", ("127.0.0.1", 4566)),
        (":4566", ("127.0.0.1", 4566)),
        ("4566", ("127.0.0.1", 4566)),
        ("[::1]:80", ("::1", 80)),
    ],
)
def test_addresses(text: str, address: tuple[str, int]) -> None:
    assert parse_address(text) == address
