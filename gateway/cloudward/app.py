"""The app: one gateway with its plugins, providers, state and chain.  It owns everything; nothing is global."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cloudward.clock import Clock
from cloudward.config import Config
from cloudward.enforcement import Enforcement
from cloudward.errors import ConfigError, InternalFailure, PluginError
from cloudward.events import RecentCalls, RefusedSignatures, log_call
from cloudward.handlers import Call, Chain
from cloudward.model import Catalogue
from cloudward.model.overlays import read_folders
from cloudward.plugins import PluginInfo, Plugins
from cloudward.protocols import codec_for
from cloudward.routing import Router, signing_scope
from cloudward.scope import is_account
from cloudward.server.internal import InternalRoutes
from cloudward.server.routes import own_routes
from cloudward.server.state_routes import state_routes
from cloudward.state import StorageError, Store, open_store, snapshot_folder
from cloudward.state.snapshots import Snapshots, import_

if TYPE_CHECKING:
    from pathlib import Path

    from cloudward.events import CallRecord
    from cloudward.model import ServiceModel
    from cloudward.protocols import Codec, WireRequest
    from cloudward.provider import Provider
    from cloudward.state.document import Progress

LOG = logging.getLogger("cloudward.app")


class _PluginFailedError(Exception):
    def __init__(self, info: PluginInfo, reason: str) -> None:
        super().__init__(reason)
        self.info = info
        self.reason = reason


@contextmanager
def _blaming(info: PluginInfo | None, what: str) -> Iterator[None]:
    """Turn whatever fails into a failure of a plugin."""
    try:
        yield
    except (ConfigError, StorageError):
        raise  # the user's to mend, whichever plugin met it first
    except Exception as error:
        if info is None:
            raise
        raise _PluginFailedError(info, f"{what}: {type(error).__name__}: {error}") from error


class App:
    """A gateway.  Make one with `create_app`.

    Attributes:
        config: the settings.
        clock: the time that everything inside sees.
        plugins: the plugins.
        catalogue: the service models.
        providers: the service providers by service name.
        runtimes: the providers' run-time objects by service name.
        store: all state.
        snapshots: the named copies of it.
        router: finds service and operation of a request.
        recent_calls: the last calls.
        request_log: writes the log line of a call.
        refused_signatures: the last requests refused for their signature.
        enforcement: whether policies are enforced; switchable at run time.
        check_outputs: whether what handlers return is checked against the model; on in tests.
        chain: the request chain.
        internal: the routes outside the AWS protocols.
    """

    def __init__(self, config: Config, plugins: Plugins, store: Store, clock: Clock) -> None:
        self.config = config
        self.clock = clock
        self.plugins = plugins
        self.store = store
        self.snapshots = Snapshots(snapshot_folder(config.state, config.snapshots), store)
        self.recent_calls = RecentCalls()
        self.request_log: Callable[[CallRecord], None] = log_call
        self.refused_signatures = RefusedSignatures()
        self.enforcement = Enforcement(config)
        self.check_outputs = False
        while True:
            try:
                self._assemble()
            except _PluginFailedError as failed:
                # Once more without it: what it had brought already must not stay behind.
                plugins.fail(failed.info, failed.reason)
            else:
                break
        if config.enforce != "off":
            self.need_authorizer()
        store.on_reset = self._reset_elsewhere

    def _assemble(self) -> None:
        """Put everything together that plugins have a part in."""
        plugins, store = self.plugins, self.store
        folders: list[Path] = []
        for info, overlays in plugins.implementations("cloudward_spec_overlays"):
            with _blaming(info, "cloudward_spec_overlays"):
                brought = list(overlays())
                # What cannot be laid over a model is this plugin's fault, and not of the one that provides the service.
                changes, models = read_folders(brought)
                trial = Catalogue.with_overlays(brought)
                for name in {*models, *(change.service for change in changes)}:
                    trial.service(name)
                folders += brought
        self.catalogue = Catalogue.with_overlays(folders)
        self.providers: Mapping[str, Provider] = self._make_providers()
        self._codecs: dict[tuple[str, str], Codec] = {}
        self.router = Router(self.catalogue, self.providers)
        self.runtimes: dict[str, object] = {}
        for name, provider in self.providers.items():
            with _blaming(plugins.info(provider.plugin), f"the state of {name}"):
                store.register(provider.state)
            if provider.runtime is not None:
                with _blaming(plugins.info(provider.plugin), f"the run-time object of {name}"):
                    self.runtimes[name] = provider.runtime(self)
        self._blocking = {
            (name, operation.name)
            for name, provider in self.providers.items()
            for operation in provider.operations.values()
            if operation.blocking
        }
        self.internal = InternalRoutes([*own_routes(self), *state_routes(self)])
        for plugin, routes in plugins.each("cloudward_internal_routes"):
            with _blaming(plugins.info(plugin), "cloudward_internal_routes"):
                self.internal.add(routes(self))
        self.chain = Chain(self)
        for plugin, add_handlers in plugins.each("cloudward_handlers"):
            with _blaming(plugins.info(plugin), "cloudward_handlers"):
                add_handlers(self, self.chain)

    def codec(self, service: ServiceModel, protocol: str) -> Codec:
        """Return the codec of a service for a protocol, the same one every time.

        Args:
            service: the service.
            protocol: one of its protocols.
        """
        key = (service.name, protocol)
        codec = self._codecs.get(key)
        if codec is None:
            codec = self._codecs[key] = codec_for(service, protocol)
        return codec

    def call(self, wire: WireRequest) -> Call:
        """Return a new call for a request, not answered yet.

        Args:
            wire: the request.
        """
        refusal = None
        try:
            self.store.refresh()
        except StorageError as error:
            LOG.error("the state cannot be read: %s", error)
            refusal = InternalFailure.unknown()
        call = Call(wire, self.clock.now(), self.store.begin())
        call.refusal = refusal
        return call

    def waits(self, call: Call) -> bool:
        """Tell whether a call's handler waits for network or disk, and so belongs into a thread.

        Args:
            call: a call that the chain has not seen yet.
        """
        if not self._blocking:
            return False
        try:
            call.signing = signing_scope(call.wire)
            route = call.route = self.router.route(call.wire, call.signing)
        except Exception:  # noqa: BLE001 - the chain meets the same, and answers it
            return False
        return (route.service.name, route.operation.name) in self._blocking

    def handle(self, wire: WireRequest) -> Call:
        """Answer a request, without waiting for its durability.

        Args:
            wire: the request.

        Returns:
            The call with its `response`, and `durable` if there is something to wait for.
        """
        call = self.call(wire)
        self.chain.handle(call)
        return call

    def unimplemented_message(self, service: str, operation: str) -> str:
        """Return what to tell about an operation that no provider answers.

        Args:
            service: the service's name.
            operation: the operation's name.
        """
        if service in self.providers:
            return f"The operation {operation} of {service} is not implemented by its provider."
        failed = [info for info in self.plugins.infos if info.state != "loaded" and info.name == service]
        if failed:
            return (
                f"The service {service} is not available: its plugin is {failed[0].state}. {failed[0].reason}".strip()
            )
        if self.config.services and service not in self.config.services:
            return f"The service {service} is not enabled: it is not among the setting services."
        return f"The service {service} is not available: no installed plugin provides it ({operation} was called)."

    def reset(self, account: str | None = None, service: str | None = None) -> None:
        """Drop state.

        Args:
            account: the only account to reset; None for all.
            service: the only service to reset; None for all.

        Raises:
            ConfigError: there is no such service, or the account is not one.
            StorageError: the disk refused.
        """
        if service is not None and service not in self.providers:
            raise ConfigError(f"no provider of {service!r}; there are {', '.join(sorted(self.providers))}")
        if account is not None and not is_account(account):
            raise ConfigError(f"{account!r} is not a 12-digit account id")
        self.store.reset(account=account, service=service)
        self._tell("cloudward_reset", account, service)

    def load_snapshot(self, name: str, progress: Progress | None = None) -> int:
        """Put a snapshot in the place of all state.

        Args:
            name: the snapshot.
            progress: told how far it is.

        Returns:
            How many records it has.

        Raises:
            NoSuchSnapshot: there is none of that name.
            InvalidDocument: it cannot be used; nothing was changed.
        """
        records = self.snapshots.load(name, progress)
        self._tell("cloudward_reset", None, None)
        return records

    def import_document(self, data: bytes, what: str = "the document", progress: Progress | None = None) -> int:
        """Put an export in the place of all state.

        Args:
            data: the export document.
            what: its file's name, for messages.
            progress: told how far it is.

        Returns:
            How many records it has.

        Raises:
            InvalidDocument: it cannot be used; nothing was changed.
        """
        records = import_(self.store, data, what, progress)
        self._tell("cloudward_reset", None, None)
        return records

    def need_authorizer(self) -> None:
        """Make sure that somebody decides what is allowed.

        Raises:
            ConfigError: no plugin does.
        """
        if not self.plugins.hook.cloudward_authorize.get_hookimpls():
            reasons = "".join(f"; {failure}" for failure in self.plugins.failures)
            raise ConfigError(f"enforce: policies cannot be enforced, because no loaded plugin decides{reasons}")

    def _reset_elsewhere(self) -> None:
        self._tell("cloudward_reset", None, None)

    def startup(self) -> None:
        """Tell the plugins that requests are about to come.

        Raises:
            PluginError: one failed, under strict plugins.
        """
        failures = self._tell("cloudward_startup")
        if failures and self.config.strict_plugins:
            raise failures[0]

    def shutdown(self) -> None:
        """Tell the plugins that no more requests come, and close the state."""
        try:
            self._tell("cloudward_shutdown")
        finally:
            self.store.close()

    def _tell(self, hook: str, *values: object) -> list[PluginError]:
        """Call a hook of each plugin, also after one that failed, which is named in the log and returned."""
        failures = []
        for plugin, call in self.plugins.each(hook):
            try:
                call(self, *values)
            except Exception as error:
                LOG.exception("plugin %s: %s failed", plugin, hook)
                failures.append(PluginError(plugin, f"{hook}: {type(error).__name__}: {error}"))
        return failures

    def _make_providers(self) -> dict[str, Provider]:
        found: dict[str, Provider] = {}
        for info, implementation in self.plugins.implementations("cloudward_providers"):
            try:
                for provider in implementation():
                    self._adopt(info.name, provider, found)
                    info.services.append(provider.service)
            except PluginError as error:
                self.plugins.fail(info, error.reason)
            except Exception as error:  # noqa: BLE001 - a plugin may fail in any way, and must be named
                self.plugins.fail(info, f"{type(error).__name__}: {error}")
            else:
                continue
            found = {name: provider for name, provider in found.items() if provider.plugin != info.name}
        return found

    def _adopt(self, plugin: str, provider: Provider, found: dict[str, Provider]) -> None:
        provider.plugin = plugin
        if self.config.services and provider.service not in self.config.services:
            return
        if provider.service in found:
            raise PluginError(plugin, f"{provider.service} is already provided by {found[provider.service].plugin}")
        try:
            model = self.catalogue.service(provider.service)
        except KeyError:
            raise PluginError(
                plugin, f"neither botocore nor the plugin's overlays have a model of {provider.service}"
            ) from None
        provider.check(model)
        found[provider.service] = provider


def create_app(
    config: Config | None = None,
    *,
    plugins: dict[str, object] | None = None,
    store: Store | None = None,
    clock: Clock | None = None,
) -> App:
    """Return a new gateway.

    Args:
        config: the settings; None takes the defaults.
        plugins: plugins given directly, by name, beside those that are installed.
        store: the state; None makes one as the settings say.
        clock: the clock; None takes the machine's.

    Raises:
        PluginError: a plugin cannot be used, under strict plugins.
        ConfigError: the state cannot be opened.
    """
    config = config if config is not None else Config()
    clock = clock if clock is not None else Clock()
    loaded = Plugins(disabled=config.disable_plugins, only=config.plugins or None, extra=plugins)
    owned = store is None
    store = store if store is not None else open_store(config.state, durability=config.durability, clock=clock)
    try:
        app = App(config, loaded, store, clock)
    except BaseException:
        if owned:
            store.close()
        raise
    for failure in loaded.failures:
        if config.strict_plugins:
            raise failure
        LOG.error("%s", failure)
    return app
