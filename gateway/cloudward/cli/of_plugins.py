"""The commands that plugins bring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click


def plugin_commands() -> Mapping[str, click.Command]:
    """Return the commands of all installed plugins by name; `GROUP NAME` is a command of one of our groups."""
    from cloudward.plugins import Plugins

    answers = Plugins().hook.cloudward_cli_commands()
    return {command.name: command for commands in answers for command in commands if command.name}


def missing_commands() -> str:
    """Return why commands of plugins may be missing, as a sentence; nothing if every plugin is there."""
    from cloudward.plugins import Plugins

    failures = Plugins().failures
    return f" Its plugin may be the one that could not be loaded: {'; '.join(map(str, failures))}" if failures else ""
