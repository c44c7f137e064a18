"""General errors, those that no service model declares, under the names that each protocol has for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from cloudward.protocols.walk import wire_name

if TYPE_CHECKING:
    from cloudward.model import ServiceModel, Shape
    from cloudward.protocols.base import Fault

Family = Literal["query", "ec2", "rest-xml", "s3", "json", "rest-json", "cbor"]
"""Protocols that name general errors alike; S3 has its own names."""

_JSON: tuple[Family, ...] = ("json", "rest-json", "cbor")

GENERAL: Mapping[str, Mapping[Family, tuple[str, int | None]]] = {
    "AccessDenied": {
        "ec2": ("UnauthorizedOperation", 403),
        "json": ("AccessDeniedException", 400),
        "rest-json": ("AccessDeniedException", 403),
        "cbor": ("AccessDeniedException", 400),
    },
    "ValidationError": {
        "ec2": ("InvalidParameterValue", 400),
        "rest-xml": ("InvalidInput", 400),
        "s3": ("InvalidArgument", 400),
        **dict.fromkeys(_JSON, ("ValidationException", 400)),
    },
    "SerializationException": {
        "query": ("MalformedInput", 400),
        "ec2": ("InvalidQueryParameter", 400),
        "rest-xml": ("MalformedInput", 400),
        "s3": ("MalformedXML", 400),
    },
    "UnknownOperationException": {
        "query": ("InvalidAction", 400),
        "ec2": ("InvalidAction", 400),
        "s3": ("MethodNotAllowed", 405),
        "json": ("UnknownOperationException", 400),
    },
    "RequestEntityTooLargeException": {
        "query": ("RequestEntityTooLarge", 413),
        "ec2": ("RequestEntityTooLarge", 413),
        "rest-xml": ("RequestEntityTooLarge", 413),
        "s3": ("EntityTooLarge", 400),
    },
    "InternalFailure": {
        "ec2": ("InternalError", None),
        "s3": ("InternalError", None),
    },
    "Throttling": {
        "ec2": ("RequestLimitExceeded", 503),
        "s3": ("SlowDown", 503),
        **dict.fromkeys(_JSON, ("ThrottlingException", None)),
    },
}
"""Each general error's code and status by protocol, where they are not the error's own; no status keeps the error's.

Sources: the common errors of the IAM, EC2, S3, DynamoDB and Lambda API references.
"""


def translate(fault: Fault, family: Family) -> Fault:
    """Return a fault under the name that a protocol has for it.

    Args:
        fault: the fault; one that the service's model declares is left as it is.
        family: the protocol's family.
    """
    if fault.shape is not None:
        return fault
    known = GENERAL.get(fault.code, {}).get(family)
    if known is None:
        return fault
    code, status = known
    return replace(fault, code=code, status=fault.status if status is None else status)


def message_member(shape: Shape | None) -> str | None:
    """Return the name of the member that carries an error's message, in whatever case the model writes it.

    Args:
        shape: the error shape.
    """
    if shape is None:
        return None
    return next((name for name in shape.members if name.lower() == "message"), None)


def members_of(fault: Fault, shape: Shape, request_id: str) -> dict[str, Any]:
    """Return all members of a modelled error, its message among them, by model names.

    Args:
        fault: the fault.
        shape: its shape.
        request_id: what a member for the request id holds, which some models have.
    """
    members: dict[str, Any] = {name: request_id for name in shape.members if name.lower() == "requestid"}
    members |= fault.fields
    name = message_member(shape)
    if name is not None:
        members[name] = fault.message
    return members


def fields_beside_envelope(fault: Fault, shape: Shape) -> dict[str, Any]:
    """Return the members of a modelled error that XML's envelope, with its Code and Message, does not tell already.

    Args:
        fault: the fault.
        shape: its shape.
    """
    return {
        name: value
        for name, value in fault.fields.items()
        if name not in shape.members or wire_name(shape.members[name]).lower() not in {"code", "message"}
    }


def is_query_compatible(service: ServiceModel) -> bool:
    """Tell whether a service once spoke query and still answers its error codes of then.

    Args:
        service: the service.
    """
    return "awsQueryCompatible" in service.metadata


def wire_code(service: ServiceModel, fault: Fault, shape: Shape | None) -> str:
    """Return the error's name in JSON and CBOR bodies.

    Args:
        service: the service.
        fault: the fault.
        shape: its shape, where the model declares it.
    """
    # What a query-compatible service calls its code is the query protocol's; the shape's name is the type.
    return shape.name if shape is not None and is_query_compatible(service) else fault.code


def query_error_header(service: ServiceModel, fault: Fault) -> list[tuple[str, str]]:
    """Return the header that tells a query-compatible service's clients the code that they knew.

    Args:
        service: the service.
        fault: the fault.
    """
    if not is_query_compatible(service):
        return []
    code = fault.query_code or fault.code
    return [("x-amzn-query-error", f"{code};{'Sender' if fault.sender else 'Receiver'}")]
