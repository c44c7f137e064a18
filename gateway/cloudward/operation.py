"""Operations: plain functions that a provider registers under an operation's name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_MARK = "__cloudward_operation__"


@dataclass(frozen=True, slots=True)
class Operation:
    """A handler and what its signature says.

    Attributes:
        name: the operation's name in the service model.
        function: the handler; takes the context and keyword arguments.
        parameters: the names of its keyword parameters, the `xform_name`s of the input members it takes.
        required: those without a default.
        blocking: whether it waits for something outside (network, disk) and so runs in a thread.
    """

    name: str
    function: Callable[..., Any]
    parameters: tuple[str, ...]
    required: tuple[str, ...]
    blocking: bool = False


def operation(name: str, *, blocking: bool = False) -> Callable[[F], F]:
    """Mark a function as the handler of an operation.

    The function takes a `Context` and, as keyword-only parameters, the input members that it uses under the names
    that boto3's users know from `xform_name` (`UserName` is `user_name`).  It returns a dict by the output's member
    names (values may be records), a record with the output's fields, or None, and raises `ServiceError`s.

    Args:
        name: the operation's name in the service model.
        blocking: True for a handler that waits for network or disk; it runs in a thread.
    """

    def mark(function: F) -> F:
        keyword_only = [
            parameter
            for parameter in inspect.signature(function).parameters.values()
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY
        ]
        described = Operation(
            name=name,
            function=function,
            parameters=tuple(parameter.name for parameter in keyword_only),
            required=tuple(p.name for p in keyword_only if p.default is inspect.Parameter.empty),
            blocking=blocking,
        )
        setattr(function, _MARK, described)
        return function

    return mark


def operation_of(candidate: object) -> Operation | None:
    """Return the operation that an object was marked as, None for anything else.

    Args:
        candidate: any object, usually a module's attribute.
    """
    return getattr(candidate, _MARK, None)
