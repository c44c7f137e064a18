"""Step 6: the handler, inside one transaction, and its answer encoded before anything is published."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from cloudward.context import Context
from cloudward.errors import NotImplementedByGateway
from cloudward.handlers.output_check import check_output
from cloudward.state import Conflict

if TYPE_CHECKING:
    from cloudward.app import App
    from cloudward.handlers.call import Call
    from cloudward.operation import Operation
    from cloudward.provider import Provider

_OPTIMISTIC_TRIES = 3
_OPTIMISTIC_TRIES_BLOCKING = 20  # while it waits for the network, nobody should have to wait for it


class Dispatch:
    """Sets the call's `response`.

    Args:
        app: the app.

    Attributes:
        repeated: the steps that are taken again before a handler runs again, since they read state, too: the caller may
            have lost its key or its permissions to whoever published first.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self.repeated: Sequence[Callable[[Any, Call, Any], None]] = ()

    def __call__(self, chain: Any, call: Call, response: object) -> None:
        """Run a call's handler.

        Args:
            chain: the running chain.
            call: the call.
            response: not used.

        Raises:
            ServiceError: the handler's own, or no provider implements the operation.
        """
        app = self._app
        route = call.route
        assert route is not None
        provider = app.providers.get(route.service.name)
        operation = provider.operations.get(route.operation.name) if provider is not None else None
        if provider is None or operation is None:
            raise NotImplementedByGateway(app.unimplemented_message(route.service.name, route.operation.name))
        tries = _OPTIMISTIC_TRIES_BLOCKING if operation.blocking else _OPTIMISTIC_TRIES
        for attempt in range(tries + 1):
            try:
                self._run(call, provider, operation)
            except Conflict:
                # Another process or thread published first; handlers have no effect outside their transaction.
                # The last try keeps everybody else from committing, and so meets no conflict.
                call.transaction = app.store.begin(exclusive=attempt + 1 == tries)
                call.wire.body = call.body
                for step in self.repeated:
                    step(chain, call, response)
            else:
                return

    def _run(self, call: Call, provider: Provider, operation: Operation) -> None:
        app = self._app
        route = call.route
        assert route is not None
        assert call.scope is not None
        assert call.caller is not None
        transaction = call.transaction
        context = Context(
            app=app,
            state=transaction.state(provider.state, call.scope),
            scope=call.scope,
            caller=call.caller,
            now=call.now,
            request_id=call.request_id,
            transaction=transaction,
            runtime=app.runtimes.get(provider.service),
            wire=call.wire,
        )
        parameters = call.parameters
        taken = operation.parameters
        values = operation.function(context, **{name: parameters[name] for name in parameters if name in taken})
        if app.check_outputs:
            check_output(route.operation.output, values, operation.name)
        answer = app.codec(route.service, route.protocol).encode(route.operation, values, call.request_id)
        call.durable = transaction.commit()
        call.response = answer
