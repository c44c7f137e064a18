"""`cloudward`: the group that all commands hang from."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping
from importlib import import_module

import click

from cloudward import __version__
from cloudward.cli.of_plugins import missing_commands, plugin_commands
from cloudward.errors import ConfigError, PluginError

OWN_COMMANDS = ("coverage", "enforcement", "explain", "plugins", "start", "state", "status")
"""Our commands: each is the object of its name in the module of its name."""


class _Group(click.Group):
    """A group that imports a command when it is asked for, and asks plugins for theirs only when it has to."""

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return a command by its name, None when there is none.

        Args:
            context: click's context.
            name: the name.
        """
        if name in OWN_COMMANDS:
            command: click.Command = getattr(import_module(f"cloudward.cli.{name}"), name)
            return command
        return self._of_plugins().get(name)

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names of all commands.

        Args:
            context: click's context.
        """
        return sorted({*OWN_COMMANDS, *self._of_plugins()})

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments name.

        Args:
            context: click's context.
            args: the arguments.

        Raises:
            UsageError: there is none; it says which one was probably meant.
        """
        name = args[0]
        if self.get_command(context, name) is None and not name.startswith("-"):
            close = difflib.get_close_matches(name, self.list_commands(context), 1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            context.fail(f"No such command {name!r}.{hint or missing_commands()}")
        return super().resolve_command(context, args)

    def _of_plugins(self) -> Mapping[str, click.Command]:
        return {name: command for name, command in plugin_commands().items() if " " not in name}


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="cloudward")
def cli() -> None:
    """An AWS-compatible gateway with real IAM and STS on your own machine."""


def main() -> None:
    """Run the command line: exit code 0 for success, 2 for what the user can mend, shown as one line."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (ConfigError, PluginError) as error:
        click.echo(f"cloudward: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(141)
