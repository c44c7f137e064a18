"""The contract that every provider keeps, checked in one line::

from cloudward.testing import check_plugin
import my_plugin

def test_contract():
    check_plugin(my_plugin)
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

from cloudward.app import App, create_app
from cloudward.config import PLUGIN_GROUP, Config
from cloudward.errors import ServiceError
from cloudward.model import OperationModel, ServiceModel
from cloudward.protocols import WireRequest
from cloudward.provider import Provider
from cloudward.testing.samples import sample


@dataclass(slots=True)
class Checked:
    """What the contract found.

    Attributes:
        services: the services that the plugin provides.
        operations: `service.Operation` of every operation that answered.
        problems: one line each.
    """

    services: list[str] = field(default_factory=list)
    operations: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def check_plugin(plugin: ModuleType | object, name: str = "under-test") -> Checked:
    """Check a plugin against the contract.

    Signatures fit the model; every error class names an error of the model; every operation is reached over the wire
    and answers with a success whose output the model has, or with an error of its own.

    Args:
        plugin: the plugin's module.
        name: what to call it; an installed plugin is left out for it.

    Returns:
        What was checked.

    Raises:
        AssertionError: the contract is broken; the message lists everything that is.
    """
    app = create_app(Config(disable_plugins=_installed_as(plugin)), plugins={name: plugin})
    app.check_outputs = True
    checked = Checked(problems=[str(failure) for failure in app.plugins.failures])
    providers = [provider for provider in app.providers.values() if provider.plugin == name]
    if not providers and not checked.problems:
        checked.problems.append("the plugin provides no service")
    for provider in providers:
        checked.services.append(provider.service)
        model = app.catalogue.service(provider.service)
        checked.problems += _errors_outside(model, provider)
        for operation in sorted(provider.operations):
            problem = _reach(app, model.operation(operation))
            if problem:
                checked.problems.append(f"{provider.service}.{operation}: {problem}")
            else:
                checked.operations.append(f"{provider.service}.{operation}")
    assert not checked.problems, "the provider contract is broken:\n  " + "\n  ".join(checked.problems)
    return checked


def _installed_as(plugin: object) -> tuple[str, ...]:
    """Return the entry points under which the plugin is installed, so that it is not loaded twice."""
    module = getattr(plugin, "__name__", None)
    return tuple(entry.name for entry in entry_points(group=PLUGIN_GROUP) if entry.value == module)


def _errors_outside(model: ServiceModel, provider: Provider) -> Iterator[str]:
    modules = {sys.modules[op.function.__module__] for op in provider.operations.values()}
    classes = {
        member
        for module in modules
        for member in vars(module).values()
        if inspect.isclass(member) and issubclass(member, ServiceError) and member.shape is not None
    }
    for error in sorted(classes, key=lambda found: found.__name__):
        if error.shape not in model.error_shapes:
            yield f"{error.__name__} names the error shape {error.shape}, which {model.name} does not have"


def _reach(app: App, operation: OperationModel) -> str | None:
    """Return what is wrong with an operation called over the wire, None if nothing is."""
    wire = request_for(operation, sample(operation.input))
    call = app.handle(wire)
    if call.route is None:
        return f"its request is not recognised: {call.error}"
    if call.route.operation.name != operation.name:
        return f"its request is taken for {call.route.operation.name}"
    assert call.response is not None
    if call.response.status >= 500:
        return f"answers {call.response.status}: {call.error or 'see the log'}"
    return None


def request_for(operation: OperationModel, parameters: Mapping[str, Any]) -> WireRequest:
    """Return the request that botocore's serializer makes for an operation.

    Args:
        operation: the operation.
        parameters: its input by member names.
    """
    from botocore.model import ServiceModel as BotocoreModel
    from botocore.serialize import create_serializer

    service = operation.service
    model = BotocoreModel(dict(service.document), service.name)
    serializer = create_serializer(service.protocols[0], include_validation=False)
    made = serializer.serialize_to_request(dict(parameters), model.operation_model(operation.name))
    body = made["body"]
    headers = {name.lower(): str(value) for name, value in made["headers"].items()}
    if isinstance(body, Mapping):
        from urllib.parse import urlencode

        body = urlencode(body)
        headers.setdefault("content-type", "application/x-www-form-urlencoded; charset=utf-8")
    if isinstance(body, str):
        body = body.encode()
    scope = f"test/20260101/us-east-1/{service.signing_name}/aws4_request"
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    query = made.get("query_string") or ""
    if isinstance(query, Mapping):
        from urllib.parse import urlencode

        query = urlencode(query, doseq=True)
    path, _, more = made["url_path"].partition("?")
    raw_query = "&".join(part for part in (more, query) if part)
    return WireRequest(made["method"], path, raw_query, list(headers.items()), bytes(body or b""))


__all__ = ["Checked", "check_plugin", "request_for"]
