"""The report: service models laid beside handlers' signatures.

A handler names the input members that it takes as its keyword parameters, so the signature is the coverage: a member
that no parameter takes is listed, with the reason that `specs/cloudward_specs/coverage_reasons.json` gives, if any.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Protocol

import msgspec

from cloudward.model import Catalogue, OperationModel
from cloudward.naming import parameter_name


class HandledOperation(Protocol):
    """What the report needs to know of a handler."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of its keyword parameters."""


class HandlingProvider(Protocol):
    """What the report needs to know of a provider."""

    @property
    def service(self) -> str:
        """The service's name."""

    @property
    def plugin(self) -> str:
        """The plugin that brings the provider; may be empty."""

    @property
    def operations(self) -> Mapping[str, HandledOperation]:
        """The handlers by operation name."""


@dataclass(frozen=True, slots=True)
class MemberCoverage:
    """An input member.

    Attributes:
        name: its name in the model.
        required: whether the model requires it.
        taken: whether the handler takes it; False for every member of an operation without handler.
        reason: why it is not taken, where that is written down.
    """

    name: str
    required: bool
    taken: bool
    reason: str = ""


@dataclass(frozen=True)
class OperationCoverage:
    """An operation.

    Attributes:
        name: its name.
        implemented: whether a provider has a handler for it.
        deprecated: whether the model says so.
        members: its input members, in model order.
        errors: the codes of the errors that its model declares.
    """

    name: str
    implemented: bool
    deprecated: bool
    members: tuple[MemberCoverage, ...]
    errors: tuple[str, ...]

    @cached_property
    def taken(self) -> tuple[MemberCoverage, ...]:
        """The members that the handler takes."""
        return tuple(member for member in self.members if member.taken)

    @cached_property
    def not_taken(self) -> tuple[MemberCoverage, ...]:
        """The members that it does not take."""
        return tuple(member for member in self.members if not member.taken)


@dataclass(frozen=True)
class ServiceCoverage:
    """A service.

    Attributes:
        service: its name.
        title: its name in the SDKs (`IAM`).
        plugin: the plugin that brings its provider; empty where there is none.
        protocols: the protocols it speaks.
        operations: its operations, sorted by name.
    """

    service: str
    title: str
    plugin: str
    protocols: tuple[str, ...]
    operations: tuple[OperationCoverage, ...]

    @cached_property
    def implemented(self) -> tuple[OperationCoverage, ...]:
        """The operations with a handler."""
        return tuple(operation for operation in self.operations if operation.implemented)

    @cached_property
    def members_taken(self) -> int:
        """How many input members the handlers take, of those operations that have one."""
        return sum(len(operation.taken) for operation in self.implemented)

    @cached_property
    def members_total(self) -> int:
        """How many input members the implemented operations have."""
        return sum(len(operation.members) for operation in self.implemented)


@dataclass(frozen=True)
class Coverage:
    """The report.

    Attributes:
        services: the services that it covers, sorted by name.
        known_services: how many services have a model.
        provided_services: how many of them have a provider.
    """

    services: tuple[ServiceCoverage, ...]
    known_services: int
    provided_services: int

    @cached_property
    def operations_implemented(self) -> int:
        """How many operations of the covered services have a handler."""
        return sum(len(service.implemented) for service in self.services)

    @cached_property
    def operations_total(self) -> int:
        """How many operations the covered services have."""
        return sum(len(service.operations) for service in self.services)

    @cached_property
    def members_taken(self) -> int:
        """How many input members the handlers take."""
        return sum(service.members_taken for service in self.services)

    @cached_property
    def members_total(self) -> int:
        """How many input members the implemented operations have."""
        return sum(service.members_total for service in self.services)


class _Reasons(msgspec.Struct, frozen=True):
    description: str
    reasons: dict[str, dict[str, str]]


def load_reasons() -> Mapping[str, Mapping[str, str]]:
    """Return the shipped reasons for members that are not taken, by service and `Operation.Member`."""
    data = resources.files("cloudward_specs").joinpath("coverage_reasons.json").read_bytes()
    return msgspec.json.decode(data, type=_Reasons).reasons


def report(
    catalogue: Catalogue,
    providers: Mapping[str, HandlingProvider],
    services: Iterable[str] | None = None,
    reasons: Mapping[str, Mapping[str, str]] | None = None,
) -> Coverage:
    """Return what is implemented.

    Args:
        catalogue: the service models.
        providers: the providers by service name.
        services: the services to cover; None stands for those with a provider.
        reasons: why members are not taken, by service and `Operation.Member`; None stands for the shipped ones.

    Raises:
        KeyError: there is no service of that name.
    """
    written = load_reasons() if reasons is None else reasons
    names = sorted(set(providers if services is None else services))
    known = set(catalogue.services())
    return Coverage(
        services=tuple(_cover(catalogue, name, providers.get(name), written.get(name, {})) for name in names),
        known_services=len(known),
        provided_services=len(known.intersection(providers)),
    )


def _cover(
    catalogue: Catalogue, name: str, provider: HandlingProvider | None, reasons: Mapping[str, str]
) -> ServiceCoverage:
    model = catalogue.service(name)
    handlers = provider.operations if provider is not None else {}
    operations = tuple(
        _cover_operation(model.operation(operation), handlers.get(operation), reasons)
        for operation in model.operation_names
    )
    return ServiceCoverage(
        service=name,
        title=str(model.metadata.get("serviceId", name)),
        plugin=provider.plugin if provider is not None else "",
        protocols=model.protocols,
        operations=operations,
    )


def _cover_operation(
    model: OperationModel, handler: HandledOperation | None, reasons: Mapping[str, str]
) -> OperationCoverage:
    parameters = frozenset(handler.parameters) if handler is not None else frozenset()
    shape = model.input
    members = []
    for name in shape.members if shape is not None else ():
        taken = parameter_name(name) in parameters
        reason = "" if taken else reasons.get(f"{model.name}.{name}") or reasons.get(f"*.{name}", "")
        required = shape is not None and name in shape.required
        members.append(MemberCoverage(name, required, taken, reason))
    return OperationCoverage(
        name=model.name,
        implemented=handler is not None,
        deprecated=bool(model.traits.get("deprecated")),
        members=tuple(members),
        errors=tuple(sorted({shape.error.code for shape in model.errors if shape.error is not None})),
    )
