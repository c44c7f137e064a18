"""The last requests refused for their signature, kept whole, so that the difference can be shown."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from cloudward.protocols import WireRequest
    from cloudward.sigv4 import ServiceRules


class RefusedSignature(NamedTuple):
    """A request refused for its signature.

    Attributes:
        request_id: the call's id.
        time: when it arrived, in UTC.
        wire: the request as it arrived.
        rules: how its service has requests signed.
        reason: the message that the caller read.
    """

    request_id: str
    time: datetime
    wire: WireRequest
    rules: ServiceRules
    reason: str


class RefusedSignatures:
    """A bounded store of requests refused for their signature.

    Args:
        size: how many it keeps; the oldest go first.
        largest_body: requests with a longer body, in bytes, are not kept.
    """

    def __init__(self, size: int = 100, largest_body: int = 1024 * 1024) -> None:
        self.size = size
        self.largest_body = largest_body
        self._requests: OrderedDict[str, RefusedSignature] = OrderedDict()

    def add(self, refused: RefusedSignature) -> None:
        """Keep a request.

        Args:
            refused: the request.
        """
        if len(refused.wire.body) > self.largest_body:
            return
        self._requests[refused.request_id] = refused
        if len(self._requests) > self.size:
            self._requests.popitem(last=False)

    def get(self, request_id: str) -> RefusedSignature | None:
        """Return a request by its id, None when it is not kept (any more).

        Args:
            request_id: the id, as in the answer's header.
        """
        return self._requests.get(request_id)

    def newest(self) -> RefusedSignature | None:
        """Return the request refused last, None when there is none."""
        return next(reversed(self._requests.values()), None)

    def clear(self) -> None:
        """Forget all requests."""
        self._requests.clear()
