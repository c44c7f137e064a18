"""Settings: one table for flags, environment, file and documentation.

Each field of `Config` is a setting.  A setting can be given, the later winning, in the file (`cloudward.toml`), in the
environment (`CLOUDWARD_<NAME>` or one of LocalStack's names for it), and as a flag of `cloudward start`.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

import msgspec

from cloudward.authorization import EnforceMode
from cloudward.errors import ConfigError
from cloudward.scope import DEFAULT_ACCOUNT, DEFAULT_REGION, is_account

ENV_PREFIX = "CLOUDWARD_"
DEFAULT_FILE = "cloudward.toml"
PLUGIN_GROUP = "cloudward"
"""The group of the entry points that name plugins."""

PluginSettings: TypeAlias = dict[str, dict[str, str | int | float | bool]]


@dataclass(frozen=True)
class About:
    """What a setting's field cannot say itself.

    Attributes:
        help: one sentence for `--help` and the reference.
        aliases: other environment variables that set it, LocalStack's names mostly.
        implies: alias to the value that a true value of the alias stands for (`ENFORCE_IAM=1` is `on`).
    """

    help: str
    aliases: tuple[str, ...] = ()
    implies: tuple[tuple[str, str], ...] = ()


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The gateway's settings, read once at start."""

    listen: Annotated[
        tuple[str, ...], About("Addresses to listen on, `host:port`, separated by commas.", ("GATEWAY_LISTEN",))
    ] = ("127.0.0.1:4566",)
    services: Annotated[
        tuple[str, ...], About("The only services to enable, separated by commas; empty enables all.", ("SERVICES",))
    ] = ()
    plugins: Annotated[tuple[str, ...], About("The only plugins to load; empty loads all that are installed.")] = ()
    disable_plugins: Annotated[tuple[str, ...], About("Plugins not to load.")] = ()
    strict_plugins: Annotated[bool, About("Refuse to start when a plugin cannot be used.")] = False
    debug: Annotated[bool, About("Log details, tracebacks included.", ("DEBUG",))] = False
    log_format: Annotated[Literal["text", "json"], About("How log lines are written.")] = "text"
    log_requests: Annotated[bool, About("Write one log line a call.")] = True
    max_body_size: Annotated[int, About("Largest request body accepted, in bytes.")] = 128 * 1024 * 1024
    max_header_size: Annotated[int, About("Most bytes of headers accepted in one request.")] = 64 * 1024
    default_region: Annotated[
        str, About("Region of requests that name none.", ("AWS_DEFAULT_REGION", "DEFAULT_REGION"))
    ] = DEFAULT_REGION
    default_account: Annotated[str, About("Account of keys that encode none, 12 digits.")] = DEFAULT_ACCOUNT
    parity_access_key_ids: Annotated[
        bool,
        About(
            "Make access key ids that begin like AWS's (AKIA, ASIA) instead of LKIA and LSIA.",
            ("PARITY_AWS_ACCESS_KEY_ID",),
        ),
    ] = False
    auth: Annotated[
        Literal["strict", "lenient", "off"],
        About("strict: verify every signature; lenient: unknown keys are root of their account; off: verify none."),
    ] = "lenient"
    root_secret: Annotated[str, About("The secret access key of the root user under strict authentication.")] = "test"
    enforce: Annotated[
        EnforceMode,
        About(
            "Whether policies are enforced: on, soft (log what would be denied) or off.",
            ("ENFORCE_IAM", "IAM_SOFT_MODE"),
            (("ENFORCE_IAM", "on"), ("IAM_SOFT_MODE", "soft")),
        ),
    ] = "off"
    enforce_accounts: Annotated[
        tuple[str, ...], About("The only accounts whose calls policies are enforced for; empty is all.")
    ] = ()
    enforce_services: Annotated[
        tuple[str, ...], About("The only services that policies are enforced for; empty is all.")
    ] = ()
    unmapped_actions: Annotated[
        Literal["deny", "warn"],
        About("What enforcement does with operations whose IAM action is not known: deny, or allow with a warning."),
    ] = "deny"
    state: Annotated[
        str,
        About(
            "Folder that state is kept in; empty keeps it in memory.",
            ("PERSISTENCE",),
            (("PERSISTENCE", "~/.local/share/cloudward"),),
        ),
    ] = ""
    snapshots: Annotated[
        str, About("Folder of snapshots; empty is `snapshots` beside the state, or ~/.local/share/cloudward/snapshots.")
    ] = ""
    durability: Annotated[
        Literal["normal", "full"], About("normal survives a crash of the gateway, full of the machine (fsync).")
    ] = "normal"
    workers: Annotated[int, About("Number of processes that serve; more than one needs `state`.")] = 1
    tls: Annotated[bool, About("Serve HTTPS, with a self-signed certificate unless one is given.")] = False
    tls_cert: Annotated[str, About("PEM file with the TLS certificate and its chain.", ("CUSTOM_SSL_CERT_PATH",))] = ""
    tls_key: Annotated[str, About("PEM file with the TLS key; empty when the certificate's file has it.")] = ""
    cors_origins: Annotated[
        tuple[str, ...],
        About(
            "Browser origins allowed beside those of this machine, and so the names that its own routes may be called "
            "by; `*` allows any.",
            ("EXTRA_CORS_ALLOWED_ORIGINS",),
        ),
    ] = ()
    plugin_settings: PluginSettings = {}

    @property
    def access_key_prefix(self) -> str:
        """What long-term access key ids begin with."""
        return "AKIA" if self.parity_access_key_ids else "LKIA"

    @property
    def temporary_key_prefix(self) -> str:
        """What temporary access key ids begin with."""
        return "ASIA" if self.parity_access_key_ids else "LSIA"

    def plugin(self, name: str) -> Mapping[str, str | int | float | bool]:
        """Return the settings of a plugin, by lower-case name.

        They come from `CLOUDWARD_<PLUGIN>_<NAME>` and from the file's table `[plugin.<name>]`.

        Args:
            name: the plugin's name.
        """
        return self.plugin_settings.get(name, {})


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as the command line and the reference see it.

    Attributes:
        name: its name in `Config` and in the file.
        type: the type of its values.
        default: its default.
        about: its help and aliases.
    """

    name: str
    type: Any
    default: Any
    about: About

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return ENV_PREFIX + self.name.upper()

    @property
    def flag(self) -> str:
        """The flag of `cloudward start` that sets it."""
        return "--" + self.name.replace("_", "-")

    @property
    def choices(self) -> tuple[str, ...]:
        """The values it may have; empty when free."""
        return tuple(get_args(self.type)) if get_origin(self.type) is Literal else ()


@cache
def settings() -> Mapping[str, Setting]:
    """Return every setting by its name."""
    hints = get_type_hints(Config, include_extras=True)
    found = {}
    for field in msgspec.structs.fields(Config):
        hint = hints[field.name]
        if get_origin(hint) is Annotated:
            kind, about = get_args(hint)
            found[field.name] = Setting(field.name, kind, field.default, about)
    return found


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings and what there is to say of them.

    Attributes:
        config: the settings.
        warnings: one line each: unknown names with what was probably meant.
        sources: where each setting that is not a default came from.
    """

    config: Config
    warnings: tuple[str, ...]
    sources: Mapping[str, str]


def load(
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    file: Path | None = None,
    plugin_names: Collection[str] | None = None,
) -> Loaded:
    """Read the settings from file, environment and flags.

    Args:
        flags: values given on the command line, by setting name; None values count as not given.
        environ: the environment.
        file: the settings file; None takes `cloudward.toml` of the current folder if it is there.
        plugin_names: names whose `CLOUDWARD_<NAME>_…` variables are plugin settings; None takes the installed ones'.

    Raises:
        ConfigError: a value that cannot be used, or a file that cannot be read.
    """
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    warnings: list[str] = []
    plugin_settings: PluginSettings = {}
    _read_file(file, values, sources, warnings, plugin_settings)
    _read_environment(environ or {}, values, sources, warnings, plugin_settings, plugin_names)
    for name, value in (flags or {}).items():
        if value is not None:
            values[name] = _parse(settings()[name], value, settings()[name].flag)
            sources[name] = settings()[name].flag
    config = Config(**values, plugin_settings=plugin_settings)
    _check(config)
    return Loaded(config, tuple(warnings), sources)


def _read_file(
    file: Path | None,
    values: dict[str, Any],
    sources: dict[str, str],
    warnings: list[str],
    plugin_settings: PluginSettings,
) -> None:
    if file is None:
        file = Path(DEFAULT_FILE)
        if not file.exists():
            return
    try:
        document = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"{file}: cannot be read: {reason}") from None
    for name, value in document.items():
        if name == "plugin" and isinstance(value, dict):
            for plugin, table in value.items():
                if not isinstance(table, dict):
                    raise ConfigError(f"{file}: plugin.{plugin} must be a table")
                plugin_settings[plugin] = {key.lower(): setting for key, setting in table.items()}
        elif name in settings():
            values[name] = _parse(settings()[name], value, f"{file}: {name}")
            sources[name] = str(file)
        else:
            warnings.append(f"{file}: unknown setting {name}{_did_you_mean(name, settings())}")


def _read_environment(
    environ: Mapping[str, str],
    values: dict[str, Any],
    sources: dict[str, str],
    warnings: list[str],
    plugin_settings: PluginSettings,
    plugin_names: Collection[str] | None,
) -> None:
    variables = {setting.variable: setting for setting in settings().values()}
    aliases = {alias: setting for setting in settings().values() for alias in setting.about.aliases}
    given: set[str] = set()
    for variable, text in sorted(environ.items()):
        setting = aliases.get(variable)
        if setting is not None and text != "" and setting.variable not in environ:
            implied = dict(setting.about.implies).get(variable)
            if implied is not None:
                if not _parse_bool(text, variable):
                    if setting.name not in given:  # what the file says is overruled, what another alias says is not
                        values[setting.name] = setting.default
                        sources[setting.name] = variable
                    continue
                if variable == "ENFORCE_IAM" and _is_true(environ.get("IAM_SOFT_MODE", "")):
                    continue
                values[setting.name] = implied
            else:
                values[setting.name] = _parse(setting, text, variable)
            sources[setting.name] = variable
            given.add(setting.name)
        elif variable in variables:
            setting = variables[variable]
            values[setting.name] = _parse(setting, text, variable)
            sources[setting.name] = variable
        elif variable.startswith(ENV_PREFIX):
            rest = variable.removeprefix(ENV_PREFIX)
            if plugin_names is None:
                plugin_names = {entry.name for entry in entry_points(group=PLUGIN_GROUP)}
            plugin = max(
                (name for name in plugin_names if rest.startswith(name.upper().replace("-", "_") + "_")),
                key=len,
                default=None,
            )
            if plugin is not None:
                plugin_settings.setdefault(plugin, {})[rest[len(plugin) + 1 :].lower()] = text
            elif variable not in _OTHER_VARIABLES:
                warnings.append(f"unknown setting {variable}{_did_you_mean(variable, variables)}")
        elif variable in _UNSUPPORTED_LOCALSTACK:
            warnings.append(f"{variable} is a setting of LocalStack that cloudward does not have")
        elif "_" in variable and (close := difflib.get_close_matches(variable, aliases, 1, 0.9)):
            warnings.append(f"unknown setting {variable}: did you mean {close[0]}?")


_OTHER_VARIABLES = frozenset({"CLOUDWARD_CONFIG", "CLOUDWARD_CACHE_DIR", "CLOUDWARD_ENDPOINT"})

_UNSUPPORTED_LOCALSTACK = frozenset(
    {
        "ACTIVATE_PRO",
        "ALLOW_NONSTANDARD_REGIONS",
        "AUTO_LOAD_POD",
        "EAGER_SERVICE_LOADING",
        "LOCALSTACK_AUTH_TOKEN",
        "LOCALSTACK_HOST",
        "LS_LOG",
        "PROVIDER_OVERRIDE_IAM",
        "SKIP_SSL_CERT_DOWNLOAD",
        "SNAPSHOT_LOAD_STRATEGY",
        "SNAPSHOT_SAVE_STRATEGY",
        "STRICT_SERVICE_LOADING",
    }
)


def _did_you_mean(name: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(name, known, 1, 0.6)
    return f": did you mean {close[0]}?" if close else ""


_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})


def _is_true(text: str) -> bool:
    return text.strip().lower() in _TRUE


def _parse_bool(text: str, where: str) -> bool:
    folded = text.strip().lower()
    if folded in _TRUE:
        return True
    if folded in _FALSE:
        return False
    raise ConfigError(f"{where}: {text!r} is neither true nor false")


def _parse(setting: Setting, value: Any, where: str) -> Any:
    kind = setting.type
    if setting.choices:
        if {"on", "off"} <= set(setting.choices) and str(value).lower() in _TRUE | _FALSE - {""}:
            return "on" if _is_true(str(value)) else "off"
        if value not in setting.choices:
            raise ConfigError(f"{where}: {value!r} is not one of {', '.join(setting.choices)}")
        return value
    if kind is bool:
        return value if isinstance(value, bool) else _parse_bool(str(value), where)
    if kind is int:
        try:
            if isinstance(value, bool | float):
                raise ValueError
            return int(value)
        except (TypeError, ValueError):
            raise ConfigError(f"{where}: {value!r} is not a whole number") from None
    if get_origin(kind) is tuple:
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list | tuple):
            raise ConfigError(f"{where}: {value!r} is not a list")
        return tuple(text for part in parts if (text := str(part).strip()))
    if get_origin(kind) in {Union, UnionType}:
        raise TypeError(f"setting {setting.name} has a type that cannot be read from text")
    if not isinstance(value, str):
        raise ConfigError(f"{where}: {value!r} is not text")
    return value


def _check(config: Config) -> None:
    if not is_account(config.default_account):
        raise ConfigError(f"default_account: {config.default_account!r} is not a 12-digit account id")
    if config.workers < 1:
        raise ConfigError("workers: at least one process must serve")
    if config.workers > 1 and not config.state:
        raise ConfigError("workers: several processes need state that they share; give --state too")
    if config.max_body_size < 1 or config.max_header_size < 1024:
        raise ConfigError("max_body_size must be at least 1, max_header_size at least 1024 bytes")
    if config.tls_key and not config.tls_cert:
        raise ConfigError("tls_key: a key without a certificate; give tls_cert too")
    for account in config.enforce_accounts:
        if not is_account(account):
            raise ConfigError(f"enforce_accounts: {account!r} is not a 12-digit account id")
    for address in config.listen:
        parse_address(address)


def parse_address(address: str) -> tuple[str, int]:
    """Return host and port of an address such as `127.0.0.1:4566`, `:4566`, `[::1]:4566` or `4566`.

    Args:
        address: the text.

    Raises:
        ConfigError: it is no address.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise ConfigError(f"listen: {address!r} is not host:port")
    return host, int(port)
