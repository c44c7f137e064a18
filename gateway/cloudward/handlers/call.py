"""A call on its way through the chain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rolo import Request
from rolo.gateway import RequestContext

from cloudward.ids import request_id

if TYPE_CHECKING:
    from datetime import datetime

    from cloudward.authorization import Verdict
    from cloudward.errors import ServiceError
    from cloudward.identity import Caller
    from cloudward.protocols import WireRequest, WireResponse
    from cloudward.routing import Route, SigningScope
    from cloudward.scope import Scope
    from cloudward.state import Durable, Transaction


class Call(RequestContext):
    """Everything that the steps of the chain learn about one request.

    Attributes:
        wire: the request.
        body: its body as it arrived; that of `wire` has lost the framing of `aws-chunked` after *authenticate*.
        request_id: the id in the answer's header and body.
        now: the time that the whole call sees.
        transaction: the call's view of all state.
        refusal: an error found before the chain started (a body over the limit).
        signing: what the request's signature says about itself; None when it carries none.
        route: service, operation and protocol, from *identify*.
        caller: who calls, from *authenticate*.
        scope: partition, account and region, from *bind_scope*.
        parameters: the decoded input, from *decode*.
        verdict: what *authorize* said; None when there is no authorizer.
        response: the answer, from *dispatch* or *fault*.
        error: the error answered, None for a success.
        durable: what to wait for before the answer may leave; None for nothing.
    """

    __slots__ = (
        "_request", "body", "caller", "durable", "error", "now", "parameters", "refusal", "request_id", "response",
        "route", "scope", "signing", "transaction", "verdict", "wire",
    )  # fmt: skip

    # rolo's context keeps everything in its __dict__; slots and plain attribute access are faster and typed.
    __setattr__ = object.__setattr__

    def __init__(self, wire: WireRequest, now: datetime, transaction: Transaction) -> None:
        self.wire = wire
        self.body = wire.body
        self.now = now
        self.transaction = transaction
        self.request_id = request_id()
        self.refusal: ServiceError | None = None
        self.signing: SigningScope | None = None
        self.route: Route | None = None
        self.caller: Caller | None = None
        self.scope: Scope | None = None
        self.parameters: Mapping[str, Any] = {}
        self.verdict: Verdict | None = None
        self.response: WireResponse | None = None
        self.error: ServiceError | None = None
        self.durable: Durable | None = None
        self._request: Request | None = None

    def __getattr__(self, item: str) -> Any:
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {item!r}")

    @property
    def request(self) -> Request:  # type: ignore[override]  # rolo's is a plain attribute
        """The request as rolo's `Request`, made when a plugin's handler first asks for it."""
        if self._request is None:
            self._request = to_rolo(self.wire)
        return self._request


def to_rolo(wire: WireRequest) -> Request:
    """Return a request in rolo's form.

    Args:
        wire: the request.
    """
    from urllib.parse import unquote

    return Request(
        wire.method,
        unquote(wire.raw_path),
        dict(wire.headers),
        wire.body,
        scheme=wire.scheme,
        query_string=wire.raw_query,
        remote_addr=wire.remote_addr,
        raw_path=wire.raw_path,
    )
