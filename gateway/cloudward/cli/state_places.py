"""Where `cloudward state` works: on a running gateway over HTTP, or on a state file that no gateway has open."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlencode

from cloudward.cli.endpoint import fetch, stream
from cloudward.cli.progress import ProgressBar
from cloudward.config import load
from cloudward.errors import ConfigError

if TYPE_CHECKING:
    from cloudward.app import App

_LONG = 600.0  # seconds that a gateway may take for a large state


class Place(Protocol):
    """Does what the commands say."""

    def save(self, name: str, bar: ProgressBar) -> None:
        """Save a snapshot."""

    def load(self, name: str, bar: ProgressBar) -> int:
        """Load a snapshot and return how many records it has."""

    def listing(self) -> tuple[str, list[dict[str, Any]]]:
        """Return the folder of snapshots, and name, time and size of each."""

    def delete(self, name: str) -> None:
        """Delete a snapshot."""

    def diff(self, before: str, after: str) -> list[str]:
        """Return differences in words; an empty name is the current state."""

    def export(self, bar: ProgressBar) -> Iterable[bytes]:
        """Return all state as an export document."""

    def import_(self, data: bytes, what: str, bar: ProgressBar) -> int:
        """Put an export in the place of all state and return how many records it has."""

    def reset(self, account: str | None, service: str | None) -> None:
        """Drop state."""


class Running:
    """A running gateway.

    Args:
        endpoint: its address.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def save(self, name: str, bar: ProgressBar) -> None:
        """Save a snapshot."""
        self._call(f"/snapshots/{quote(name, safe='')}", "PUT", bar)

    def load(self, name: str, bar: ProgressBar) -> int:
        """Load a snapshot and return how many records it has."""
        return int(self._call(f"/snapshots/{quote(name, safe='')}/load", "POST", bar)["records"])

    def listing(self) -> tuple[str, list[dict[str, Any]]]:
        """Return the folder of snapshots, and name, time and size of each."""
        answer = self._call("/snapshots", "GET")
        return answer["folder"], answer["snapshots"]

    def delete(self, name: str) -> None:
        """Delete a snapshot."""
        self._call(f"/snapshots/{quote(name, safe='')}", "DELETE")

    def diff(self, before: str, after: str) -> list[str]:
        """Return differences in words; an empty name is the current state."""
        return list(self._call(f"/diff?{urlencode({'before': before, 'after': after})}", "GET")["text"])

    def export(self, bar: ProgressBar) -> Iterable[bytes]:
        """Return all state as an export document."""
        done = 0
        for chunk in stream(self._endpoint, "/_cloudward/state/export", timeout=_LONG):
            done += len(chunk)
            bar(done, None)
            yield chunk

    def import_(self, data: bytes, what: str, bar: ProgressBar) -> int:
        """Put an export in the place of all state and return how many records it has."""
        try:
            return int(self._call("/import", "POST", bar, data)["records"])
        except ConfigError as error:
            # The gateway does not know what the file is called here.
            raise ConfigError(str(error).replace("the document:", f"{what}:", 1)) from None

    def reset(self, account: str | None, service: str | None) -> None:
        """Drop state."""
        chosen = {name: value for name, value in (("account", account), ("service", service)) if value is not None}
        self._call(f"/reset?{urlencode(chosen)}", "POST")

    def _call(self, path: str, method: str, bar: ProgressBar | None = None, data: bytes | None = None) -> Any:
        path = f"/_cloudward/state{path}"
        if bar is None:
            return fetch(self._endpoint, path, method=method, timeout=_LONG)
        with bar.waiting():
            return fetch(self._endpoint, path, method=method, raw=data, timeout=_LONG)


class Offline:
    """A state file that this process opens.

    Args:
        app: a gateway on that file, which serves nobody.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    def save(self, name: str, bar: ProgressBar) -> None:
        """Save a snapshot."""
        self._app.snapshots.save(name, bar)

    def load(self, name: str, bar: ProgressBar) -> int:
        """Load a snapshot and return how many records it has."""
        return self._app.load_snapshot(name, bar)

    def listing(self) -> tuple[str, list[dict[str, Any]]]:
        """Return the folder of snapshots, and name, time and size of each."""
        found = self._app.snapshots.list()
        return str(self._app.snapshots.folder), [
            {"name": one.name, "saved": one.saved.isoformat(), "size": one.size} for one in found
        ]

    def delete(self, name: str) -> None:
        """Delete a snapshot."""
        self._app.snapshots.delete(name)

    def diff(self, before: str, after: str) -> list[str]:
        """Return differences in words; an empty name is the current state."""
        from cloudward.state.diff import diff, in_words

        snapshots = self._app.snapshots
        return list(in_words(diff(*(snapshots.read(n) if n else self._app.store.contents() for n in (before, after)))))

    def export(self, bar: ProgressBar) -> Iterable[bytes]:
        """Return all state as an export document."""
        from cloudward.state.snapshots import export

        return export(self._app.store, bar)

    def import_(self, data: bytes, what: str, bar: ProgressBar) -> int:
        """Put an export in the place of all state and return how many records it has."""
        return self._app.import_document(data, what, bar)

    def reset(self, account: str | None, service: str | None) -> None:
        """Drop state."""
        self._app.reset(account, service)


@contextlib.contextmanager
def place(endpoint: str | None, state: str | None) -> Iterator[Place]:
    """Yield where to work: the file if one is named, else the gateway that answers, else the file of the settings.

    Args:
        endpoint: the address given with `--endpoint`; None for the default.
        state: the path given with `--state`; None if there is none.

    Raises:
        ConfigError: neither a gateway nor a file is there, or something went wrong there.
    """
    from cloudward.cli.endpoint import default_endpoint
    from cloudward.state import StateError

    try:
        if state is None:
            address = endpoint or default_endpoint()
            try:
                fetch(address, "/_cloudward/health", timeout=5)
            except ConfigError as error:
                configured = load({}, os.environ).config.state
                if endpoint is not None or not configured:
                    raise ConfigError(f"{error}; start one, or name a state file with --state") from None
                state = configured
            else:
                yield Running(address)
                return
        yield from _offline(state)
    except StateError as error:
        raise ConfigError(str(error)) from None


def _offline(state: str) -> Iterator[Place]:
    from cloudward.app import create_app
    from cloudward.state import state_file

    file = state_file(state)
    if not Path(file).exists():
        raise ConfigError(f"{file}: there is no such state file")
    app = create_app(load({"state": state, "workers": "1"}, os.environ).config)
    try:
        yield Offline(app)
    finally:
        app.shutdown()
