"""What the gateway says when it starts."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from cloudward import __version__
from cloudward.server.certificates import certificate_file
from cloudward.server.routes import AUTHENTICATION_IN_WORDS

if TYPE_CHECKING:
    from cloudward.app import App


def state_in_words(state: str) -> str:
    """Return where state is, for a person.

    Args:
        state: the setting; nothing or `memory`, as `/_cloudward/info` has it, is memory.
    """
    return "in memory, gone when the gateway stops" if state in ("", "memory") else state


def banner(app: App, addresses: list[Any], pid: int) -> str:
    """Return the lines.

    Args:
        app: the app.
        addresses: what its sockets are bound to.
        pid: the process id.
    """
    config = app.config
    scheme = "https" if config.tls or config.tls_cert else "http"
    urls = [f"{scheme}://{_host(address[0])}:{address[1]}" for address in addresses]
    plugins = [f"{info.name} ({info.distribution})" for info in app.plugins.infos if info.state == "loaded"]
    lines = [
        f"cloudward {__version__} listens on {', '.join(urls)} (process {pid})",
        f"  services       {', '.join(sorted(app.providers)) or 'none'}",
        f"  plugins        {', '.join(plugins) or 'none'}",
        f"  authentication {config.auth}: {AUTHENTICATION_IN_WORDS[config.auth]}",
        f"  enforcement    {app.enforcement.mode}: {app.enforcement.in_words}",
        f"  state          {state_in_words(config.state)}",
    ]
    if config.tls and not config.tls_cert:
        lines.append(f"  certificate    the gateway's own; clients trust it with AWS_CA_BUNDLE={certificate_file()}")
    lines += [f"  NOT PROVIDED   {_not_provided(name, app)}" for name in config.services if name not in app.providers]
    lines += [f"  NOT LOADED     {failure}" for failure in app.plugins.failures]
    return "\n".join(lines) + "\n"


def _not_provided(service: str, app: App) -> str:
    known = frozenset(app.catalogue.services())
    close = difflib.get_close_matches(service, known, 1) if service not in known else []
    hint = f": did you mean {close[0]}?" if close else ""
    return f"{service}: no loaded plugin provides this service{hint}"


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else host
