"""The templates of service-linked roles: shipped data, read when the first one is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import msgspec


class ServiceRole(msgspec.Struct, frozen=True):
    """How a service's linked role is made.

    Attributes:
        service: the service principal.
        role: the role's name, or its beginning.
        policies: its AWS managed policies, path and name.
        suffix: whether the service lets callers add a suffix to the name.
    """

    service: str
    role: str
    policies: tuple[str, ...]
    suffix: bool


class _File(msgspec.Struct):
    roles: tuple[ServiceRole, ...]


@cache
def service_roles() -> Mapping[str, ServiceRole]:
    """Return every template by its service principal."""
    text = files("cloudward_specs").joinpath("service_linked_roles.json").read_bytes()
    return MappingProxyType({found.service: found for found in msgspec.json.decode(text, type=_File).roles})
