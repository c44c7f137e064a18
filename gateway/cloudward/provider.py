"""Providers: a service's operations and state, checked against its model."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any, Self

from cloudward.errors import PluginError
from cloudward.naming import parameter_names
from cloudward.operation import Operation, operation_of
from cloudward.state import State

if TYPE_CHECKING:
    from cloudward.app import App
    from cloudward.model import ServiceModel


class Provider:
    """What a plugin brings for one service.

    Args:
        service: the service's name in botocore, or in the spec that the plugin brings.
        state: the state class of the service.
        runtime: makes an object for things that do not belong into state (caches, keys, connections), once an app;
            handlers find it as `ctx.runtime`.
    """

    def __init__(self, service: str, state: type[State], *, runtime: Callable[[App], object] | None = None) -> None:
        self.service = service
        self.state = state
        self.runtime = runtime
        self.operations: dict[str, Operation] = {}
        self.plugin = ""

    def __repr__(self) -> str:
        return f"Provider({self.service!r}, {len(self.operations)} operations)"

    def include(self, *sources: ModuleType | Callable[..., Any]) -> Self:
        """Add operations.

        Args:
            sources: modules, whose marked functions are all taken, or marked functions.

        Returns:
            The provider itself.

        Raises:
            ValueError: a function is not marked with `@operation`, a module has none, or two handle one operation.
        """
        for source in sources:
            candidates = vars(source).values() if isinstance(source, ModuleType) else (source,)
            found = [op for op in map(operation_of, candidates) if op is not None]
            if not found:
                raise ValueError(f"{source!r} has no function marked with @operation")
            for op in found:
                known = self.operations.get(op.name)
                if known is not None and known.function is not op.function:
                    raise ValueError(f"{op.name} is handled twice, by {known.function} and {op.function}")
                self.operations[op.name] = op
        return self

    def check(self, model: ServiceModel) -> None:
        """Check every handler's signature against the service model.

        Args:
            model: the service's model.

        Raises:
            PluginError: an operation or a parameter that the model does not have.
        """
        for op in self.operations.values():
            if not model.has_operation(op.name):
                raise PluginError(self.plugin, f"{self.service} has no operation {op.name}")
            shape = model.operation(op.name).input
            known = parameter_names(shape)
            unknown = [name for name in op.parameters if name not in known]
            if unknown:
                raise PluginError(
                    self.plugin, f"{op.name} takes {', '.join(unknown)}, but its input has no such member"
                )
            optional = [name for name in op.required if not known[name]]
            if optional:
                raise PluginError(self.plugin, f"{op.name}: {', '.join(optional)} may be absent and needs a default")
