"""Broken and incompatible plugins are named with the reason, and take nothing else down."""

from __future__ import annotations

import json
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cloudward.api import Context, Per, Provider, Record, State, hookimpl, operation, table
from cloudward.app import create_app
from cloudward.config import Config
from cloudward.errors import ConfigError, PluginError
from cloudward.server.serve import Server
from cloudward.testing import running_gateway


class Note(Record):
    """Something to keep."""

    name: str


class NoState(State, per=Per.ACCOUNT, service="sqs"):
    """Nothing."""


def plugin(**functions: Callable[..., object]) -> types.ModuleType:
    module = types.ModuleType("broken_plugin")
    for name, function in functions.items():
        setattr(module, name, hookimpl(function))
    return module


@operation("ListQueues")
def list_queues(ctx: Context[NoState], *, no_such_member: str = "") -> None:
    """Take a member that SQS does not have."""


@operation("MakeCoffee")
def make_coffee(ctx: Context[NoState]) -> None:
    """Answer an operation that SQS does not have."""


@operation("CreateQueue")
def create_queue(ctx: Context[NoState], *, queue_name: str, attributes: dict[str, str]) -> None:
    """Insist on an optional member."""


def fails() -> None:
    raise RuntimeError("out of coffee")


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (plugin(cloudward_providers=lambda: [Provider("sqs", NoState).include(list_queues)]), "no_such_member"),
        (
            plugin(cloudward_providers=lambda: [Provider("sqs", NoState).include(make_coffee)]),
            "sqs has no operation MakeCoffee",
        ),
        (
            plugin(cloudward_providers=lambda: [Provider("sqs", NoState).include(create_queue)]),
            "attributes may be absent",
        ),
        (plugin(cloudward_providers=lambda: [Provider("no-such", NoState)]), "have a model of no-such"),
        (plugin(cloudward_providers=lambda: [Provider("iam", NoState)]), "iam is already provided by iam"),
        (plugin(cloudward_providers=fails), "RuntimeError: out of coffee"),
        (plugin(cloudward_startupp=lambda: None), "cloudward_startupp, which is no hook"),
        (plugin(cloudward_startup=lambda application: None), "application"),
    ],
)
def test_a_broken_plugin_is_named_and_the_rest_goes_on(broken: types.ModuleType, reason: str) -> None:
    with running_gateway(plugins={"mine": broken}) as gateway:
        (failure,) = gateway.app.plugins.failures
        assert failure.plugin == "mine"
        assert reason in failure.reason
        assert gateway.client("sts").get_caller_identity()["Account"] == "000000000000"
    with pytest.raises(PluginError, match="plugin mine"):
        create_app(Config(strict_plugins=True), plugins={"mine": broken})


def _runtime(app: object) -> object:
    raise RuntimeError("out of coffee")


class Taken(State, per=Per.ACCOUNT, service="iam"):
    """A table that IAM has already."""

    users = table(Note, key="name")


def _half(app: Any, chain: Any) -> None:
    chain.before("identify", lambda chain, call, response: chain.respond(418))
    fails()


@pytest.mark.parametrize(
    ("hooks", "reason"),
    [
        ({"cloudward_spec_overlays": fails}, "cloudward_spec_overlays: RuntimeError: out of coffee"),
        ({"cloudward_spec_overlays": lambda: [Path("/absent")]}, "/absent: no folder"),
        ({"cloudward_internal_routes": fails}, "cloudward_internal_routes: RuntimeError: out of coffee"),
        ({"cloudward_internal_routes": lambda: [None]}, "cloudward_internal_routes: AttributeError"),
        ({"cloudward_handlers": _half}, "cloudward_handlers: RuntimeError: out of coffee"),
        (
            {"cloudward_providers": lambda: [Provider("sqs", NoState, runtime=_runtime)]},
            "the run-time object of sqs: RuntimeError: out of coffee",
        ),
        ({"cloudward_providers": lambda: [Provider("sqs", Taken)]}, "the state of sqs: StateError"),
    ],
)
def test_a_plugin_that_fails_in_any_hook_at_start_is_named_and_leaves_nothing(
    hooks: dict[str, Callable[..., Any]], reason: str
) -> None:
    provides = {"cloudward_providers": lambda: [Provider("sqs", NoState)]}
    broken = plugin(**{**provides, **hooks})
    with running_gateway(plugins={"mine": broken}) as gateway:
        (failure,) = gateway.app.plugins.failures
        assert failure.plugin == "mine"
        assert reason in failure.reason
        assert "sqs" not in gateway.app.providers
        assert gateway.client("sts").get_caller_identity()["Account"] == "000000000000"
    with pytest.raises(PluginError, match="plugin mine"):
        create_app(Config(strict_plugins=True), plugins={"mine": broken})


def test_an_overlay_that_does_not_fit_is_not_the_providers_fault(tmp_path: Path) -> None:
    overlay = {"service": "iam", "source": "a test", "reason": "a test", "errors": {"CreateUser": ["NoSuchShape"]}}
    (tmp_path / "iam.overlay.json").write_text(json.dumps(overlay))
    app = create_app(plugins={"mine": plugin(cloudward_spec_overlays=lambda: [tmp_path])})
    (failure,) = app.plugins.failures
    assert failure.plugin == "mine"
    assert "the model has no shape NoSuchShape" in failure.reason
    assert "iam" in app.providers


def test_enforcement_without_the_plugin_that_would_decide_does_not_start() -> None:
    deciding = plugin(cloudward_authorize=lambda: None, cloudward_internal_routes=fails)
    with pytest.raises(ConfigError, match="out of coffee"):
        create_app(Config(enforce="on", disable_plugins=("iam",)), plugins={"mine": deciding})


@pytest.mark.parametrize("hook", ["startup", "shutdown", "reset", "observe"])
def test_a_hook_that_fails_later_keeps_nobody_else_from_being_called(
    hook: str, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[str] = []
    well = plugin(
        cloudward_startup=lambda: seen.append("startup"),
        cloudward_shutdown=lambda: seen.append("shutdown"),
        cloudward_reset=lambda: seen.append("reset"),
        cloudward_observe=lambda: seen.append("observe"),
    )
    broken = plugin(**{f"cloudward_{hook}": fails})
    orders: list[dict[str, object]] = [{"mine": broken, "well": well}, {"well": well, "mine": broken}]
    for order in orders:
        seen.clear()
        caplog.clear()
        with running_gateway(plugins=order) as gateway:
            gateway.client("sts").get_caller_identity()
            gateway.app.reset()
        assert seen == ["startup", "observe", "reset", "shutdown"]
        (logged,) = [record for record in caplog.records if record.levelname == "ERROR"]
        assert logged.getMessage() == f"plugin mine: cloudward_{hook} failed"


def test_a_plugin_that_fails_at_startup_is_fatal_under_strict_plugins() -> None:
    app = create_app(Config(strict_plugins=True), plugins={"mine": plugin(cloudward_startup=fails)})
    with pytest.raises(PluginError, match="plugin mine: cloudward_startup: RuntimeError: out of coffee"):
        Server(app, None, None).run([])


def test_a_plugin_can_be_disabled() -> None:
    app = create_app(Config(disable_plugins=("iam",)))
    assert "iam" not in app.providers
    assert [info.state for info in app.plugins.infos if info.name == "iam"] == ["disabled"]


def test_two_apps_live_in_one_process_side_by_side() -> None:
    with running_gateway() as one, running_gateway() as other:
        one.client("iam").create_user(UserName="here")
        assert other.client("iam").list_users()["Users"] == []
