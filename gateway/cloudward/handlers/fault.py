"""The one place that turns errors of any step into the protocol's fault."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from cloudward.errors import InternalFailure, ServiceError
from cloudward.model import ServiceModel
from cloudward.protocols import Fault
from cloudward.routing import PartialRoute, Unroutable

if TYPE_CHECKING:
    from cloudward.app import App
    from cloudward.handlers.call import Call
    from cloudward.model import OperationModel
    from cloudward.protocols import WireResponse

LOG = logging.getLogger("cloudward.fault")


class AnswerFault:
    """Sets the call's `response` and `error` from an exception.

    Args:
        app: the app.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    def __call__(self, chain: Any, exception: Exception, call: Call, response: object) -> None:
        """Answer an error.

        Args:
            chain: the running chain.
            exception: what a step raised.
            call: the call.
            response: not used.
        """
        call.durable = call.transaction.rollback()
        if isinstance(exception, ServiceError):
            error = exception
        else:
            LOG.error("request %s failed", call.request_id, exc_info=exception)
            error = InternalFailure.unknown()
        try:
            call.response = self._encoded(call, error)
        except Exception:
            # Without an answer of its own, a call that failed must not look like one that did not.
            LOG.exception("request %s failed with an error that cannot be answered: %r", call.request_id, error)
            error = InternalFailure.unknown()
            call.response = self._encoded(call, error)
        call.error = error

    def _encoded(self, call: Call, error: ServiceError) -> WireResponse:
        service, operation, protocol = _whereabouts(call, error)
        codec = self._app.codec(service, protocol)
        return codec.encode_fault(operation, to_fault(service, error), call.request_id)


def _whereabouts(call: Call, error: ServiceError) -> tuple[ServiceModel, OperationModel | None, str]:
    """Return service, operation and protocol to answer an error in, as far as they are known."""
    if call.route is not None:
        return call.route.service, call.route.operation, call.route.protocol
    partial = error.route if isinstance(error, Unroutable) else PartialRoute(None, "", "", "query")
    return partial.service or _nameless_service(partial.protocol), None, partial.protocol


def _nameless_service(protocol: str) -> ServiceModel:
    """Return a service without operations: all that a fault's form needs when the service is not known."""
    metadata = {"protocol": protocol, "jsonVersion": "1.1", "apiVersion": "", "endpointPrefix": ""}
    return ServiceModel(f"unknown-{protocol}", {"metadata": metadata, "operations": {}, "shapes": {}})


def to_fault(service: ServiceModel, error: ServiceError) -> Fault:
    """Return an error with code, status and side as the service's model has them.

    Args:
        service: the service.
        error: the error.
    """
    shape = service.error_shapes.get(error.shape) if error.shape else None
    if shape is None or shape.error is None:
        return Fault(error.code, error.text, error.status, error.sender, fields=error.fields)
    trait = shape.error
    return Fault(trait.code, error.text, trait.status, trait.sender, trait.query_code, error.fields, shape.name)
