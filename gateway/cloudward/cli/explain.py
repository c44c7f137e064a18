"""`cloudward explain`: why a call was refused."""

from __future__ import annotations

import click

from cloudward.cli.explain_signature import signature


class ExplainGroup(click.Group):
    """A group whose arguments go to a default command unless they begin with a command's name.

    `cloudward explain signature …` explains a signature; anything else goes to the command named `default_command`, if
    there is one, so that `cloudward explain REQUEST_ID` and `cloudward explain --last-denied` read naturally.
    """

    default_command = "decision"

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Read the group's arguments.

        Args:
            context: click's context.
            args: the arguments.
        """
        wants_help = any(argument in context.help_option_names for argument in args[:1])
        if self.default_command in self.commands and args and args[0] not in self.commands and not wants_help:
            args = [self.default_command, *args]
        return super().parse_args(context, args)


@click.group(cls=ExplainGroup)
def explain() -> None:
    """Say why a call was refused."""


explain.add_command(signature)
