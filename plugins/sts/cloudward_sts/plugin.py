"""Registers the STS provider."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.api import Provider, hookimpl
from cloudward_sts.operations import identity
from cloudward_sts.state import StsState


@hookimpl
def cloudward_providers() -> Iterable[Provider]:
    """Return the STS provider."""
    yield Provider("sts", StsState).include(identity)
