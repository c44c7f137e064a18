"""Registers the provider."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.api import Provider, hookimpl
from cloudward_ssm import operations
from cloudward_ssm.state import SsmState


@hookimpl
def cloudward_providers() -> Iterable[Provider]:
    """Return the SSM provider."""
    yield Provider("ssm", SsmState).include(operations)
