"""Broken and incompatible plugins are named with the reason, and take nothing else down."""

from __future__ import annotations

import types

import pytest

from cloudward.api import Context, Per, Provider, State, hookimpl, operation
from cloudward.app import create_app
from cloudward.config import Config
from cloudward.errors import PluginError
from cloudward.testing import running_gateway


class NoState(State, per=Per.ACCOUNT, service="sqs"):
    """Nothing."""


def plugin(**functions: object) -> types.ModuleType:
    module = types.ModuleType("broken_plugin")
    for name, function in functions.items():
        setattr(module, name, hookimpl(function))  # type: ignore[arg-type]
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


def test_a_plugin_can_be_disabled() -> None:
    app = create_app(Config(disable_plugins=("iam",)))
    assert "iam" not in app.providers
    assert [info.state for info in app.plugins.infos if info.name == "iam"] == ["disabled"]


def test_two_apps_live_in_one_process_side_by_side() -> None:
    with running_gateway() as one, running_gateway() as other:
        one.client("iam").create_user(UserName="here")
        assert other.client("iam").list_users()["Users"] == []
