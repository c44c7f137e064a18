"""The command line."""

from cloudward.cli.main import main

__all__ = ["main"]
