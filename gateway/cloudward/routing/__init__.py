"""Routing: from a request to its service and operation."""

from cloudward.routing.route import (
    InvalidAction,
    MissingAction,
    NoSuchOperation,
    PartialRoute,
    Route,
    UnknownService,
    Unroutable,
)
from cloudward.routing.router import Router
from cloudward.routing.scope import SigningScope, signing_scope

__all__ = [
    "InvalidAction",
    "MissingAction",
    "NoSuchOperation",
    "PartialRoute",
    "Route",
    "Router",
    "SigningScope",
    "UnknownService",
    "Unroutable",
    "signing_scope",
]
