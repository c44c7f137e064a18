"""What all compiled codecs share: each operation's steps are prepared on its first use and kept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloudward import ids
from cloudward.errors import MalformedRequest
from cloudward.naming import parameter_name
from cloudward.protocols import constraints
from cloudward.protocols.faults import Family, translate

if TYPE_CHECKING:
    from cloudward.model import OperationModel, ServiceModel, Shape
    from cloudward.protocols.base import Fault
    from cloudward.protocols.source import Compiler
    from cloudward.protocols.wire import WireRequest, WireResponse

Reader = Callable[["WireRequest", Mapping[str, str]], dict[str, Any]]
"""Reads a request and its labels into values by parameter names, not yet validated."""

Writer = Callable[[Any, str], "WireResponse"]
"""Writes an answer from the output's values and the request id."""


@dataclass(frozen=True, slots=True)
class _Decoding:
    read: Reader
    tokens: tuple[str, ...]
    valid: Callable[[dict[str, Any]], bool] | None
    shape: Shape | None


class CompiledCodec(ABC):
    """A service's codec for one protocol.

    Args:
        service: the service.
        protocol: the protocol's name.
        family: which general error codes the protocol uses.
        compiler: what compiles its functions; it has the kind `valid` besides the protocol's own.
    """

    def __init__(self, service: ServiceModel, protocol: str, family: Family, compiler: Compiler) -> None:
        self.service = service
        self.protocol = protocol
        self._family = family
        self._compiler = compiler
        self._decodings: dict[str, _Decoding] = {}
        self._writers: dict[str, Writer] = {}

    def decode(self, operation: OperationModel, request: WireRequest, labels: Mapping[str, str]) -> dict[str, Any]:
        """Return the operation's input as keyword arguments; see `Codec.decode`.

        Args:
            operation: the operation.
            request: the request.
            labels: the values of the URI template's labels, percent-decoded.
        """
        step = self._decodings.get(operation.name)
        if step is None:
            step = self._decodings[operation.name] = self._decoding(operation)
        try:
            values = step.read(request, labels)
            for token in step.tokens:
                if token not in values:
                    values[token] = ids.request_id()
            if step.valid is not None and not step.valid(values) and step.shape is not None:
                raise constraints.violation(step.shape, values)
        except RecursionError:
            raise MalformedRequest("The request is nested too deeply") from None
        return values

    def encode(self, operation: OperationModel, values: object, request_id: str) -> WireResponse:
        """Return a successful answer; see `Codec.encode`.

        Args:
            operation: the operation.
            values: the output.
            request_id: the request id.
        """
        writer = self._writers.get(operation.name)
        if writer is None:
            writer = self._writers[operation.name] = self._writer(operation)
        return writer({} if values is None else values, request_id)

    def encode_fault(self, operation: OperationModel | None, fault: Fault, request_id: str) -> WireResponse:
        """Return an error answer; see `Codec.encode_fault`.

        Args:
            operation: the operation, None when it could not be told.
            fault: the error.
            request_id: the request id.
        """
        known = fault.shape is not None and fault.shape in self.service.document["shapes"]
        shape = self.service.shape(fault.shape) if known and fault.shape else None
        return self._fault(translate(fault, self._family), shape, request_id)

    @abstractmethod
    def _reader(self, operation: OperationModel) -> Reader: ...

    @abstractmethod
    def _writer(self, operation: OperationModel) -> Writer: ...

    @abstractmethod
    def _fault(self, fault: Fault, shape: Shape | None, request_id: str) -> WireResponse: ...

    def _decoding(self, operation: OperationModel) -> _Decoding:
        shape = operation.input
        read = self._reader(operation)
        if shape is None:
            return _Decoding(read, (), None, None)
        tokens = tuple(parameter_name(name) for name, member in shape.members.items() if member.idempotency_token)
        valid = None
        if constraints.is_constrained(shape):
            valid = self._compiler.function("valid", shape, constraints.TOP)
        return _Decoding(read, tokens, valid, shape)
