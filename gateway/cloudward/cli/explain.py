"""`cloudward explain`: why a call was allowed or refused."""

from __future__ import annotations

import click

from cloudward.cli.explain_signature import signature
from cloudward.cli.of_plugins import missing_commands, plugin_commands


class ExplainGroup(click.Group):
    """A group whose arguments go to a default command unless they begin with a command's name.

    `cloudward explain signature …` explains a signature; anything else goes to the command named `default_command`, if
    there is one, so that `cloudward explain REQUEST_ID` and `cloudward explain --last-denied` read naturally.
    Plugins add commands to the group by naming them `explain NAME`.
    """

    default_command = "decision"

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return a command by its name, None when there is none.

        Args:
            context: click's context.
            name: the name.
        """
        return super().get_command(context, name) or plugin_commands().get(f"{self.name} {name}")

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names of all commands.

        Args:
            context: click's context.
        """
        lead = f"{self.name} "
        added = (name.removeprefix(lead) for name in plugin_commands() if name.startswith(lead))
        return sorted({*super().list_commands(context), *added})

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Read the group's arguments.

        Args:
            context: click's context.
            args: the arguments.
        """
        wants_help = any(argument in context.help_option_names for argument in args[:1])
        if args and not wants_help and args[0] not in self.commands:
            known = self.list_commands(context)
            if args[0] not in known:
                if self.default_command not in known and (reason := missing_commands()):
                    context.fail(f"There is nothing that explains decisions.{reason}")
                args = [self.default_command, *args] if self.default_command in known else args
        return super().parse_args(context, args)


@click.group(cls=ExplainGroup)
def explain() -> None:
    """Say why a call was allowed or refused.

    `cloudward explain REQUEST_ID` and `cloudward explain --last-denied` are short for `cloudward explain decision`.
    """


explain.add_command(signature)
