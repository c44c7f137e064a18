"""What every protocol's codec does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from cloudward.model import OperationModel
    from cloudward.protocols.wire import WireRequest, WireResponse


@dataclass(frozen=True, slots=True)
class Fault:
    """An error about to be answered.

    Attributes:
        code: the error code of the model (or the general one, such as `ValidationError`).
        message: what the caller reads.
        status: the HTTP status.
        sender: whether the caller is at fault.
        query_code: a second code for query-compatible services; empty where there is none.
        fields: further members of the error shape by their model names.
        shape: the error shape's name, where the service model declares one.
    """

    code: str
    message: str
    status: int = 400
    sender: bool = True
    query_code: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)
    shape: str | None = None


class Codec(Protocol):
    """One service's codec for one protocol.  Decoders and encoders are compiled on an operation's first use."""

    protocol: str

    def decode(self, operation: OperationModel, request: WireRequest, labels: Mapping[str, str]) -> dict[str, Any]:
        """Return the operation's input as keyword arguments.

        Top-level members carry their `xform_name` (`user_name`); nested structures are dicts with the model's member
        names; timestamps are aware datetimes; blobs are bytes; members that were not sent are absent, except
        idempotency tokens, which are made up.

        Args:
            operation: the operation.
            request: the request.
            labels: the values of the URI template's labels, percent-decoded, from routing.

        Raises:
            MalformedRequest: the body cannot be read in this protocol.
            ValidationError: the values break the model's constraints (AWS's message lists all of them).
        """

    def encode(self, operation: OperationModel, values: object, request_id: str) -> WireResponse:
        """Return a successful answer.

        Args:
            operation: the operation.
            values: a dict by model member names, or a record whose fields are their `xform_name`s, or None; nested
                structures may be either, lists any sequence. None members are left out.
            request_id: the request id for header and body.
        """

    def encode_fault(self, operation: OperationModel | None, fault: Fault, request_id: str) -> WireResponse:
        """Return an error answer.

        Args:
            operation: the operation, None when it could not be told.
            fault: the error.
            request_id: the request id for header and body.
        """
