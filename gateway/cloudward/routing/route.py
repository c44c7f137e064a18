"""What routing finds out about a request, and what it says when it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from cloudward.errors import NotImplementedByGateway, ServiceError, UnknownOperation
from cloudward.model import OperationModel, ServiceModel

NO_LABELS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes.

    Attributes:
        service: the service.
        operation: the operation.
        operation_name: its name.
        protocol: the protocol the request speaks, one of `service.protocols`.
        labels: the values of the URI template's labels by the template's names, percent-decoded.
    """

    service: ServiceModel
    operation: OperationModel
    operation_name: str
    protocol: str
    labels: Mapping[str, str] = field(default_factory=lambda: NO_LABELS)


@dataclass(frozen=True, slots=True)
class PartialRoute:
    """As much as could be told of a request that has no route: enough to write the error.

    Attributes:
        service: the service; None when not even that could be told.
        service_name: the service's name as far as it is known, or what the request calls it; may be empty.
        operation_name: the operation that the request names, or its method and path.
        protocol: the protocol to answer in; one of the service's where it is known.
    """

    service: ServiceModel | None
    service_name: str
    operation_name: str
    protocol: str


class Unroutable(ServiceError):
    """A request without a route.

    Args:
        text: the message the caller reads.
        route: what could be told.
    """

    def __init__(self, text: str, route: PartialRoute) -> None:
        super().__init__(text)
        self.route = route


class NoSuchOperation(Unroutable, UnknownOperation, code="UnknownOperationException", status=404):
    """A service's model has no such operation (JSON, CBOR and REST protocols)."""


class InvalidAction(Unroutable, UnknownOperation, code="InvalidAction", status=400):
    """A query service has no such action, or not in that version."""


class MissingAction(Unroutable, UnknownOperation, code="MissingAction", status=400):
    """A query request without the parameter `Action`."""


class UnknownService(Unroutable, NotImplementedByGateway, code="InternalFailure", status=501, sender=False):
    """Nothing in the request names a service that is known."""
