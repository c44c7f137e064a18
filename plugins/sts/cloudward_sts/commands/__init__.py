"""Commands that STS adds to `cloudward`."""

from __future__ import annotations

import click

from cloudward_sts.commands.credentials import credentials
from cloudward_sts.commands.saml import saml
from cloudward_sts.commands.token import token

COMMANDS: tuple[click.Command, ...] = (token, credentials, saml)
