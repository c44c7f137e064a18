"""Calls that run beside each other: conflicts, threads, and what is told to whom."""

from __future__ import annotations

import threading
import types
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError

from cloudward.api import (
    Caller,
    Context,
    Credential,
    InternalRoute,
    InvalidCredential,
    Per,
    Provider,
    Record,
    ServiceError,
    State,
    Verdict,
    hookimpl,
    operation,
    table,
)
from cloudward.app import App, create_app
from cloudward.config import Config
from cloudward.protocols import WireRequest
from cloudward.testing import running_gateway

_SIGNED = "AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0"
_HERE = ClientConfig(retries={"max_attempts": 0}, max_pool_connections=40)


class Note(Record):
    """Who may do what."""

    name: str
    value: str = ""


class NoteState(State, per=Per.ACCOUNT, service="sqs"):
    """What the plugin keeps."""

    notes = table(Note, key="name")


def plugin(**functions: Callable[..., Any]) -> dict[str, object]:
    module = types.ModuleType("contending_plugin")
    for name, function in functions.items():
        setattr(module, name, hookimpl(function))
    return {"mine": module}


def provider(*operations: Callable[..., Any]) -> Callable[[], list[Provider]]:
    return lambda: [Provider("sqs", NoteState).include(*operations)]


def request(key: str = "test", body: bytes = b"{}") -> WireRequest:
    headers = [
        ("authorization", _SIGNED.format(key)),
        ("x-amz-target", "AmazonSQS.ListQueues"),
        ("content-type", "application/x-amz-json-1.0"),
    ]
    return WireRequest("POST", "/", "", headers, body)


def change(app: App, name: str, value: str) -> None:
    """Change a note from another connection, as it were."""
    from cloudward.scope import Scope

    with app.store.begin() as transaction:
        state = transaction.state(NoteState, Scope("aws", "000000000000"))
        if name in state.notes:
            state.notes.remove(name)
        state.notes.add(Note(name=name, value=value))
        transaction.commit()


def test_a_handler_that_runs_again_needs_the_permission_again() -> None:
    runs: list[str] = []

    @operation("ListQueues")
    def list_queues(ctx: Context[NoteState]) -> dict[str, list[str]]:
        runs.append(ctx.state.notes["allowed"].value)
        if len(runs) == 1:
            change(ctx.app, "allowed", "no")
        ctx.state.notes.add(Note(name="written"))
        return {"QueueUrls": []}

    def authorize(request: Any) -> Verdict:
        state = request.transaction.state(NoteState, request.scope)
        return Verdict(state.notes["allowed"].value == "yes", "Not any more.")

    mine = plugin(cloudward_providers=provider(list_queues), cloudward_authorize=authorize)
    app = create_app(Config(enforce="on", disable_plugins=("iam",)), plugins=mine)
    change(app, "allowed", "yes")
    call = app.handle(request())
    assert call.response is not None
    assert (call.response.status, runs) == (400, ["yes"])
    assert b"Not any more." in call.response.body  # type: ignore[operator]
    with app.store.begin() as transaction:
        assert call.scope is not None
        assert "written" not in transaction.state(NoteState, call.scope).notes


def test_a_handler_that_runs_again_needs_the_credential_again() -> None:
    runs: list[int] = []

    @operation("ListQueues")
    def list_queues(ctx: Context[NoteState]) -> dict[str, list[str]]:
        runs.append(1)
        if len(runs) == 1:
            change(ctx.app, "key", "deleted")
        ctx.state.notes.add(Note(name="written"))
        return {"QueueUrls": []}

    def resolve(transaction: Any, access_key_id: str) -> Credential | None:
        from cloudward.scope import Scope

        if transaction.state(NoteState, Scope("aws", "000000000000")).notes["key"].value != "active":
            raise InvalidCredential("gone")
        arn = "arn:aws:iam::000000000000:user/a"
        caller = Caller(kind="user", partition="aws", account="000000000000", arn=arn, user_id="AIDA")
        return Credential(caller=caller, secret_access_key="s")

    mine = plugin(cloudward_providers=provider(list_queues), cloudward_resolve_credential=resolve)
    app = create_app(Config(auth="off", disable_plugins=("iam", "sts")), plugins=mine)
    change(app, "key", "active")
    call = app.handle(request())
    assert call.error is not None
    assert call.error.code == "UnrecognizedClientException"
    assert len(runs) == 1


@pytest.mark.parametrize("how", ["respond", "terminate", "throw", "respond with what cannot be sent", "raise"])
def test_a_plugins_handler_leaves_no_transaction_behind(how: str) -> None:
    def handlers(chain: Any) -> None:
        def answer(chain: Any, call: Any, response: Any) -> None:
            if how == "respond":
                chain.respond(418)
            elif how == "terminate":
                chain.terminate()
            elif how == "throw":
                chain.throw(ValueError("out of coffee"))
            elif how == "raise":
                raise ValueError("out of coffee")
            else:
                chain.respond(200, iter([1, 2]))

        chain.after("identify", answer)

    app = create_app(plugins=plugin(cloudward_handlers=handlers))
    call = app.handle(request())
    assert call.response is not None
    assert call.response.status == {"respond": 418, "terminate": 200}.get(how, 500)
    assert call.transaction.ended
    assert len(app.recent_calls) == 1


def test_an_error_that_cannot_be_encoded_is_no_success() -> None:
    class Strange(ServiceError, shape="QueueDoesNotExist"):
        """An error with a message that is none."""

    @operation("ListQueues")
    def list_queues(ctx: Context[NoteState]) -> None:
        raise Strange(object())  # type: ignore[arg-type]

    app = create_app(plugins=plugin(cloudward_providers=provider(list_queues)))
    call = app.handle(request())
    assert call.response is not None
    assert call.response.status == 500
    assert app.recent_calls.get(call.request_id).status == 500  # type: ignore[union-attr]


def test_handlers_that_wait_for_routes_of_the_gateway_do_not_stand_in_their_way() -> None:
    at_once = 32
    together = threading.Barrier(at_once)
    address: list[str] = []

    @operation("ListQueues", blocking=True)
    def list_queues(ctx: Context[NoteState]) -> dict[str, list[str]]:
        together.wait(20)
        with urllib.request.urlopen(f"{address[0]}/_cloudward/mine", timeout=20) as answer:
            return {"QueueUrls": [answer.read().decode()]}

    route = InternalRoute("/_cloudward/mine", lambda request: "keys", blocking=True)
    mine = plugin(cloudward_providers=provider(list_queues), cloudward_internal_routes=lambda: [route])
    with running_gateway(plugins=mine) as gateway, ThreadPoolExecutor(at_once) as threads:
        address.append(gateway.url)
        client = gateway.client("sqs", config=_HERE)
        answers = list(threads.map(lambda _: client.list_queues()["QueueUrls"], range(at_once)))
    assert answers == [["keys"]] * at_once


def test_calls_are_observed_one_after_another() -> None:
    threads: set[int] = set()

    @operation("ListQueues", blocking=True)
    def list_queues(ctx: Context[NoteState]) -> dict[str, list[str]]:
        return {"QueueUrls": []}

    mine = plugin(
        cloudward_providers=provider(list_queues), cloudward_observe=lambda record: threads.add(threading.get_ident())
    )
    with running_gateway(plugins=mine) as gateway:
        gateway.client("sqs").list_queues()
        gateway.client("sts").get_caller_identity()
    assert len(threads) == 1


def test_a_call_in_a_thread_fails_like_any_other() -> None:
    @operation("ListQueues", blocking=True)
    def list_queues(ctx: Context[NoteState]) -> dict[str, list[str]]:
        raise RuntimeError("out of coffee")

    with running_gateway(plugins=plugin(cloudward_providers=provider(list_queues))) as gateway:
        with pytest.raises(ClientError, match="unknown error") as caught:
            gateway.client("sqs", config=_HERE).list_queues()
        assert "coffee" not in str(caught.value)
        assert gateway.client("sts").get_caller_identity()["Account"] == "000000000000"


def test_a_query_that_only_resembles_a_token_is_no_token() -> None:
    wire = WireRequest(
        "GET", "/", "Action=GetCallerIdentity&Version=2011-06-15&aX-Amz-Security-Token=1",
        [("authorization", _SIGNED.format("test").replace("sqs", "sts"))],
    )  # fmt: skip
    call = create_app().handle(wire)
    assert call.response is not None
    assert call.response.status == 200
