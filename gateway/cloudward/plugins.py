"""Finds plugins behind entry points, loads them into a plugin manager of the app's own, and says what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from cloudward import hookspecs
from cloudward.config import PLUGIN_GROUP
from cloudward.errors import PluginError

HOOK_PREFIX = "cloudward_"


@dataclass(slots=True)
class PluginInfo:
    """What is known of a plugin.

    Attributes:
        name: its entry point's name.
        module: the module or object that the entry point names.
        distribution: the name and version of the distribution it came with.
        state: `loaded`, `disabled` or `failed`.
        reason: why it failed.
        hooks: the hooks that it implements.
        services: the services that its providers answer.
    """

    name: str
    module: str
    distribution: str
    state: str = "loaded"
    reason: str = ""
    hooks: tuple[str, ...] = ()
    services: list[str] = field(default_factory=list)


class Plugins:
    """The plugins of one app.

    Args:
        disabled: names not to load.
        only: if not None, the only names to load.
        extra: plugins given directly, by name, as tests do.
    """

    def __init__(
        self,
        *,
        disabled: Collection[str] = (),
        only: Collection[str] | None = None,
        extra: dict[str, object] | None = None,
    ) -> None:
        self._pluggy = pluggy.PluginManager("cloudward")
        self._pluggy.add_hookspecs(hookspecs)
        self.infos: list[PluginInfo] = []
        for entry in _discovered():
            self._load(entry, disabled, only)
        for name, plugin in (extra or {}).items():
            info = PluginInfo(name, getattr(plugin, "__name__", type(plugin).__name__), "given directly")
            self.infos.append(info)
            self._register(info, plugin)
        self._refuse_unknown_names(disabled, only)

    @property
    def hook(self) -> Any:
        """The hook relay: `plugins.hook.cloudward_startup(app=app)`."""
        return self._pluggy.hook

    def info(self, name: str) -> PluginInfo | None:
        """Return what is known of a loaded plugin, None when none of that name is loaded.

        Args:
            name: its name.
        """
        return next((info for info in self.infos if info.name == name and info.state == "loaded"), None)

    def implementations(self, hook: str) -> Iterable[tuple[PluginInfo, Any]]:
        """Return who implements a hook, with the function, in the order of loading.

        Args:
            hook: the hook's name.
        """
        return [
            (info, getattr(self._pluggy.get_plugin(info.name), hook))
            for info in self.infos
            if info.state == "loaded" and hook in info.hooks
        ]

    def direct(self, hook: str) -> Callable[..., Any] | None:
        """Return a first-result hook as a plain function, for those that every request calls: pluggy's own call takes
        several times as long.  The order of the implementations is pluggy's.

        Args:
            hook: the hook's name.

        Returns:
            A function that takes the hook's arguments by position, in the order of its specification; it returns the
            first answer that is not None.  None when no plugin implements the hook.
        """
        caller = getattr(self._pluggy.hook, hook)
        implementations = caller.get_hookimpls()
        if not implementations:
            return None
        names = caller.spec.argnames
        if any(found.wrapper or found.hookwrapper for found in implementations):
            return lambda *values: caller(**dict(zip(names, values, strict=True)))
        calls = [_by_position(found.function, names, found.argnames) for found in reversed(implementations)]
        if len(calls) == 1:
            return calls[0]
        return _first_result(calls)

    def each(self, hook: str) -> Sequence[tuple[str, Callable[..., Any]]]:
        """Return who implements a hook, in the order in which pluggy calls them, so that a caller can go on after one
        that failed, and name it.

        Args:
            hook: the hook's name.

        Returns:
            Names, and functions that take the hook's arguments by position, in the order of its specification.  With a
            wrapper among them, whose place is around all others, there is one entry for all.
        """
        caller = getattr(self._pluggy.hook, hook)
        implementations = caller.get_hookimpls()
        names = caller.spec.argnames
        wrappers = [found.plugin_name for found in implementations if found.wrapper or found.hookwrapper]
        if wrappers:
            return [(", ".join(wrappers), lambda *values: caller(**dict(zip(names, values, strict=True))))]
        return [
            (found.plugin_name, _by_position(found.function, names, found.argnames))
            for found in reversed(implementations)
        ]

    def fail(self, info: PluginInfo, reason: str) -> None:
        """Take a plugin out, keeping the reason for whoever asks.

        Args:
            info: the plugin.
            reason: why.
        """
        info.state, info.reason = "failed", reason
        info.services.clear()
        if self._pluggy.has_plugin(info.name):
            self._pluggy.unregister(name=info.name)

    @property
    def failures(self) -> list[PluginError]:
        """The plugins that could not be used."""
        return [PluginError(info.name, info.reason) for info in self.infos if info.state == "failed"]

    def _load(self, entry: EntryPoint, disabled: Collection[str], only: Collection[str] | None) -> None:
        dist = entry.dist
        info = PluginInfo(entry.name, entry.value, f"{dist.name} {dist.version}" if dist else "unknown")
        self.infos.append(info)
        if entry.name in disabled or (only is not None and entry.name not in only):
            info.state = "disabled"
            return
        try:
            plugin = entry.load()
        except Exception as error:  # noqa: BLE001 - a plugin may fail in any way, and must be named
            self.fail(info, f"cannot be imported from {entry.value}: {type(error).__name__}: {error}")
            return
        self._register(info, plugin)

    def _register(self, info: PluginInfo, plugin: object) -> None:
        try:
            self._pluggy.register(plugin, name=info.name)
        except (pluggy.PluginValidationError, ValueError) as error:
            self.fail(info, str(error))
            return
        hooks = {caller.name for caller in self._pluggy.get_hookcallers(plugin) or ()}
        unknown = sorted(hook for hook in hooks if not hasattr(hookspecs, hook))
        if unknown:
            self.fail(info, f"implements {', '.join(unknown)}, which is no hook of this version")
            return
        info.hooks = tuple(sorted(hooks))

    def _refuse_unknown_names(self, disabled: Collection[str], only: Collection[str] | None) -> None:
        known = {info.name for info in self.infos}
        for name in [*disabled, *(only or ())]:
            if name not in known:
                self.infos.append(PluginInfo(name, "", "", "failed", "is named in the settings, but not installed"))


def _discovered() -> list[EntryPoint]:
    """Return the entry points of our group, each name once; sorted, so that the order never depends on the disk."""
    unique = {entry.name: entry for entry in entry_points(group=PLUGIN_GROUP)}
    return [unique[name] for name in sorted(unique)]


def _by_position(function: Callable[..., Any], names: Sequence[str], taken: Sequence[str]) -> Callable[..., Any]:
    """Return an implementation that may take only some of the hook's arguments as one that takes all of them."""
    if tuple(names) == tuple(taken):
        return function
    places = tuple(names.index(name) for name in taken)
    return lambda *values: function(*[values[place] for place in places])


def _first_result(calls: Sequence[Callable[..., Any]]) -> Callable[..., Any]:
    def first(*values: Any) -> Any:
        for call in calls:
            result = call(*values)
            if result is not None:
                return result
        return None

    return first
