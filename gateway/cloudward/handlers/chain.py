"""The chain's steps in order, and how plugins put handlers between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from rolo.gateway import HandlerChain

from cloudward.handlers.authenticate import Authenticate
from cloudward.handlers.authorize import Authorize
from cloudward.handlers.bind_scope import BindScope
from cloudward.handlers.call import Call
from cloudward.handlers.decode import Decode
from cloudward.handlers.dispatch import Dispatch
from cloudward.handlers.fault import AnswerFault
from cloudward.handlers.identify import Identify
from cloudward.handlers.observe import Observe
from cloudward.handlers.reply import Reply

if TYPE_CHECKING:
    from cloudward.app import App

Step: TypeAlias = Callable[["HandlerChain[Call]", Call, Reply], Any]
"""A request handler: it fills in what it learns in the call, and raises a `ServiceError` to refuse it."""

STEPS: dict[str, Callable[[App], Step]] = {
    "identify": Identify,
    "authenticate": Authenticate,
    "bind_scope": BindScope,
    "decode": Decode,
    "authorize": Authorize,
    "dispatch": Dispatch,
}
"""The steps by name, in order, each with what makes it for an app."""


class Chain:
    """The request chain of one app.

    Args:
        app: the app.
    """

    def __init__(self, app: App) -> None:
        steps = {name: make(app) for name, make in STEPS.items()}
        dispatch = steps["dispatch"]
        assert isinstance(dispatch, Dispatch)
        self._dispatch = dispatch
        self._steps: list[tuple[str, Step]] = list(steps.items())
        self._fault = AnswerFault(app)
        self._observe = Observe(app)
        self._freeze()

    def before(self, step: str, handler: Step) -> None:
        """Put a handler before a step.

        Args:
            step: the step's name, one of `STEPS`.
            handler: the handler; it becomes addressable by its own `__name__`.

        Raises:
            KeyError: there is no such step.
        """
        self._insert(step, handler, 0)

    def after(self, step: str, handler: Step) -> None:
        """Put a handler after a step.

        Args:
            step: the step's name.
            handler: the handler.

        Raises:
            KeyError: there is no such step.
        """
        self._insert(step, handler, 1)

    def handle(self, call: Call) -> None:
        """Answer a call and record it: afterwards its `response` is set.

        Args:
            call: the call.
        """
        self.answer(call)
        self.observe(call)

    def answer(self, call: Call) -> None:
        """Answer a call: afterwards its `response` is set and its transaction has ended.

        Args:
            call: the call.
        """
        chain: HandlerChain[Call] = HandlerChain(self._handlers, [], [], self._exception_handlers)
        reply = Reply()
        try:
            chain.handle(call, reply)  # type: ignore[arg-type]  # rolo uses of its Response what a Reply has
            if call.response is None:
                # A plugin's handler answered, with `chain.respond` or not at all.
                call.response = reply.to_wire()
        except Exception as error:  # noqa: BLE001 - `chain.throw`, or an answer that cannot be sent
            self.fail(call, error)
        if not call.transaction.ended:
            call.durable = call.transaction.rollback()

    def observe(self, call: Call) -> None:
        """Record a call.

        Args:
            call: the call, answered.
        """
        self._observe(call)

    def fail(self, call: Call, error: Exception) -> None:
        """Answer a call with an error, whether it was answered already or not.

        Args:
            call: the call.
            error: why, for instance that its transaction could not be made durable.
        """
        self._fault(None, error, call, None)

    def _insert(self, step: str, handler: Step, offset: int) -> None:
        for position, (name, _) in enumerate(self._steps):
            if name == step:
                label = getattr(handler, "__name__", type(handler).__name__)
                self._steps.insert(position + offset, (label, handler))
                self._freeze()
                return
        raise KeyError(step)

    def _freeze(self) -> None:
        # rolo's protocols name their second parameter "context", which is too general a name for ours.
        self._handlers: list[Any] = [handler for _, handler in self._steps]
        self._exception_handlers: list[Any] = [self._fault]
        names = [name for name, _ in self._steps]
        # Plugins' steps too: what they proved of the caller, and wrote, is gone with the transaction.
        self._dispatch.repeated = [
            handler
            for name, handler in self._steps[names.index("authenticate") : names.index("dispatch")]
            if name != "decode"
        ]
