"""HTTP as clients, proxies and attackers speak it: framing, limits, refusals, and what stays open afterwards."""

from __future__ import annotations

import json
import socket
import threading
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from cloudward.api import InternalRoute, Stream, hookimpl
from cloudward.config import Config
from cloudward.server.serve import BoundedHttp
from cloudward.testing import Gateway, running_gateway

_WHO = b"Action=GetCallerIdentity&Version=2011-06-15"
_FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


@contextmanager
def connected(gateway: Gateway) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", int(gateway.url.rsplit(":", 1)[1])), 20) as connection:
        yield connection


def answer_of(connection: socket.socket, *, head_only: bool = False) -> tuple[int, dict[str, str], bytes]:
    """Read one answer; what follows it stays unread."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        assert byte, f"closed after {head!r}"
        head += byte
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
    body = b""
    length = 0 if head_only else int(headers.get("content-length", 0))
    while len(body) < length:
        body += connection.recv(length - len(body))
    return int(status.split()[1]), headers, body


def closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def post(body: bytes = _WHO, extra: bytes = b"") -> bytes:
    return b"POST / HTTP/1.1\r\nHost: x\r\n%b%bContent-Length: %d\r\n\r\n%b" % (_FORM, extra, len(body), body)


def plugin(**functions: Callable[..., Any]) -> dict[str, object]:
    module = types.ModuleType("http_test_plugin")
    for name, function in functions.items():
        setattr(module, name, hookimpl(function))
    return {"mine": module}


# Framing


def test_pipelined_requests_are_answered_in_order(gateway: Gateway) -> None:
    with connected(gateway) as connection:
        ids = []
        connection.sendall(post() * 3 + b"GET /_cloudward/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for _ in range(3):
            status, headers, body = answer_of(connection)
            assert (status, b"<GetCallerIdentityResult>" in body) == (200, True)
            ids.append(headers["x-amzn-requestid"])
        assert len(set(ids)) == 3
        assert json.loads(answer_of(connection)[2])["services"]


def test_a_chunked_upload_is_put_together(gateway: Gateway) -> None:
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (_WHO[:5], _WHO[5:]))
    with connected(gateway) as connection:
        head = b"POST / HTTP/1.1\r\nHost: x\r\n" + _FORM + b"Transfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head + chunks + b"0\r\n\r\n")
        assert answer_of(connection)[0] == 200


def test_a_client_that_waits_for_100_continue_is_told_to_go_on(gateway: Gateway) -> None:
    with connected(gateway) as connection:
        head, _, body = post(extra=b"Expect: 100-continue\r\n").partition(b"\r\n\r\n")
        connection.sendall(head + b"\r\n\r\n")
        assert answer_of(connection, head_only=True)[0] == 100
        connection.sendall(body)
        assert answer_of(connection)[0] == 200


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 3\r\nContent-Length: 4\r\n",
        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: +3\r\n",
        b"Content-Length : 3\r\n",
        b" folded: x\r\n",
        b"Host: y\r\n",
    ],
)
def test_what_two_readers_could_take_for_different_requests_is_refused(gateway: Gateway, head: bytes) -> None:
    with connected(gateway) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n" + head + b"\r\nabc")
        status, headers, _ = answer_of(connection)
        assert status == 400
        assert headers["connection"] == "close"
        assert closed(connection)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"http://sts.amazonaws.com/?" + _WHO, 200),
        (b"/?" + _WHO, 200),
        (b"/_cloudward/health", 200),
        (b"//_cloudward/health", 501),
        (b"/_cloudward/../_cloudward/health", 404),
        (b"/%5fcloudward/health", 501),
        (b"*", 501),
        (b"/\xff", 400),
        (b"http://sts.amazonaws.com?" + _WHO, 400),
        (b"nonsense", 400),
    ],
)
def test_every_form_of_target_has_an_answer(gateway: Gateway, target: bytes, status: int) -> None:
    with connected(gateway) as connection:
        connection.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert answer_of(connection)[0] == status


@pytest.mark.parametrize("method", [b"PUT", b"DELETE", b"PATCH", b"OPTIONS"])
def test_an_action_is_called_by_get_and_post_only(gateway: Gateway, method: bytes) -> None:
    with connected(gateway) as connection:
        target = b"/?Action=CreateUser&Version=2010-05-08&UserName=a"
        connection.sendall(method + b" " + target + b" HTTP/1.1\r\nHost: iam.amazonaws.com\r\n\r\n")
        assert answer_of(connection)[0] in {400, 404}
    assert gateway.client("iam").list_users()["Users"] == []


def test_http_1_0_is_answered_and_closed(gateway: Gateway) -> None:
    with connected(gateway) as connection:
        connection.sendall(b"GET /?" + _WHO + b" HTTP/1.0\r\n\r\n")
        assert answer_of(connection)[0] == 200
        assert closed(connection)


def test_answers_without_a_body_leave_the_connection_in_step() -> None:
    def handlers(chain: Any) -> None:
        def answer(chain: Any, call: Any, response: Any) -> None:
            chain.respond(int(call.wire.query["Status"][0]), b"not to be sent")

        chain.after("identify", answer)

    with running_gateway(plugins=plugin(cloudward_handlers=handlers)) as gateway, connected(gateway) as connection:
        for status in (204, 304):
            connection.sendall(b"GET /?%b&Status=%d HTTP/1.1\r\nHost: x\r\n\r\n" % (_WHO, status))
            got, headers, _ = answer_of(connection, head_only=True)
            assert got == status
            assert "content-length" not in headers
        connection.sendall(b"HEAD /?%b&Status=200 HTTP/1.1\r\nHost: x\r\n\r\n" % _WHO)
        status, headers, _ = answer_of(connection, head_only=True)
        assert (status, headers["content-length"]) == (200, "14")
        connection.sendall(b"GET /?%b&Status=200 HTTP/1.1\r\nHost: x\r\n\r\n" % _WHO)
        assert answer_of(connection)[2] == b"not to be sent"


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket"])
def test_an_upgrade_that_is_not_offered_is_answered_plainly(
    gateway: Gateway, protocol: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with connected(gateway) as connection:
        for _ in range(2):
            connection.sendall(post(extra=b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: " + protocol + b"\r\n"))
            assert answer_of(connection)[0] == 200
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: " + protocol + b"\r\n\r\n")
        assert answer_of(connection)[0] == 501
        connection.sendall(post())
        assert answer_of(connection)[0] == 200
    assert not caplog.records


def test_an_offer_to_upgrade_takes_nothing_else_from_a_request() -> None:
    seen: list[tuple[list[tuple[str, str]], bytes]] = []

    def handlers(chain: Any) -> None:
        chain.after("identify", lambda chain, call, response: seen.append((call.wire.header_items, call.wire.body)))

    chunked = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (_WHO[:5], _WHO[5:], b""))
    head = (
        b"POST / HTTP/1.1\r\nHost: x\r\n" + _FORM + b"x-Empty:\r\nx-A: 1\r\nx-A: \xe9\r\nTransfer-Encoding: chunked\r\n"
    )
    offer = b"Connection: keep-alive, Upgrade\r\nUpgrade: h2c\r\n"
    with running_gateway(plugins=plugin(cloudward_handlers=handlers)) as gateway:
        for request in (head + b"\r\n" + chunked, head + offer + b"\r\n" + chunked):
            for step in (len(request), 1):
                with connected(gateway) as connection:
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    for start in range(0, len(request), step):
                        connection.sendall(request[start : start + step])
                    assert answer_of(connection)[0] == 200
    plain = seen[0]
    assert plain[1] == _WHO
    assert ("x-empty", "") in plain[0]
    for headers, body in seen[1:]:
        assert ([header for header in headers if header[0] != "connection"], body) == plain


def test_headers_of_answers_may_be_any_text() -> None:
    def handlers(chain: Any) -> None:
        def answer(chain: Any, call: Any, response: Any) -> None:
            chain.respond(200, b"", {"x-name": "Zoë Ŝ\r\nx-forged: 1"})

        chain.after("identify", answer)

    with running_gateway(plugins=plugin(cloudward_handlers=handlers)) as gateway, connected(gateway) as connection:
        connection.sendall(post())
        status, headers, _ = answer_of(connection)
    assert status == 200
    assert headers["x-name"].encode("latin-1").decode() == "Zoë Ŝ  x-forged: 1"
    assert "x-forged" not in headers


# Limits


@pytest.mark.parametrize(
    ("start", "filler", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n", b"x-flood: " + b"y" * 1000 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\nx-flood: ", b"y" * 1000, 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\nx-flood", b"y" * 1000, 431),
        (b"GET /", b"y" * 1000, 414),
        (b"", b"y" * 1000, 400),
    ],
)
def test_an_endless_head_is_refused(gateway: Gateway, start: bytes, filler: bytes, status: int) -> None:
    with connected(gateway) as connection:
        connection.sendall(start)
        sent = 0
        try:
            while sent < 4_000_000:
                connection.sendall(filler)
                sent += len(filler)
        except OSError:
            pass  # closed on us, which is the point
        assert sent < 4_000_000
        with suppress(ConnectionResetError):  # what we sent after the refusal may take the answer away
            assert answer_of(connection)[0] == status
    assert gateway.client("sts").get_caller_identity()["Account"] == "000000000000"


def test_a_request_with_too_long_headers_is_not_carried_out(gateway: Gateway) -> None:
    create = b"Action=CreateUser&Version=2010-05-08&UserName=not-to-be"
    with connected(gateway) as connection:
        connection.sendall(post(create, extra=b"x-long: " + b"y" * 70_000 + b"\r\n"))
        assert answer_of(connection)[0] == 431
        assert closed(connection)
    assert gateway.client("iam").list_users()["Users"] == []


def test_a_body_announced_far_over_the_limit_is_refused_unread() -> None:
    with running_gateway(Config(max_body_size=1000)) as gateway, connected(gateway) as connection:
        connection.sendall(
            b"POST /2015-03-31/functions HTTP/1.1\r\nHost: lambda.eu-west-1.amazonaws.com\r\n"
            b"Content-Length: 1000000000000\r\n\r\nabc"
        )
        status, headers, _ = answer_of(connection)
        assert (status, headers["connection"]) == (413, "close")
        assert closed(connection)


def test_a_client_that_asks_first_is_refused_instead_of_told_to_go_on() -> None:
    with running_gateway(Config(max_body_size=1000)) as gateway, connected(gateway) as connection:
        connection.sendall(
            b"POST /2015-03-31/functions HTTP/1.1\r\nHost: lambda.eu-west-1.amazonaws.com\r\nContent-Length: 1500\r\n"
            b"Expect: 100-continue\r\n\r\n"
        )
        assert answer_of(connection)[0] == 413


def test_an_endless_body_is_cut_off() -> None:
    with running_gateway(Config(max_body_size=1000)) as gateway, connected(gateway) as connection:
        connection.sendall(b"PUT /bucket/key HTTP/1.1\r\nHost: s3.amazonaws.com\r\nTransfer-Encoding: chunked\r\n\r\n")
        sent = 0
        try:
            while sent < 10_000_000:
                connection.sendall(b"400\r\n" + b"x" * 0x400 + b"\r\n")
                sent += 0x400
        except OSError:
            pass
        assert sent < 10_000_000


def test_a_body_over_the_limit_is_that_even_when_nothing_else_can_be_told() -> None:
    with running_gateway(Config(max_body_size=100)) as gateway, connected(gateway) as connection:
        connection.sendall(post(b"UserName=" + b"a" * 1000 + b"&" + _WHO))
        status, _, body = answer_of(connection)
    assert status == 413
    assert b"larger than 100 bytes" in body


@pytest.mark.parametrize(
    "start",
    [b"", b"\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n", post()[:-3], post() + b"GET "],
)
def test_a_client_that_stops_halfway_is_not_waited_for(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, start: bytes
) -> None:
    monkeypatch.setattr(BoundedHttp, "head_seconds", 0.2)
    monkeypatch.setattr(BoundedHttp, "body_seconds", 0.2)
    with connected(gateway) as connection:
        connection.sendall(start)
        if start.startswith(post()):
            assert answer_of(connection)[0] == 200
        assert closed(connection) or connection.recv(65536).endswith(b"\r\n\r\n")


def test_a_client_that_goes_away_halfway_leaves_nothing(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    create = post(b"Action=CreateUser&Version=2010-05-08&UserName=not-to-be")
    for length in (10, len(create) - 5):
        with connected(gateway) as connection:
            connection.sendall(create[:length])
    assert gateway.client("iam").list_users()["Users"] == []
    assert not caplog.records


# Streams


def test_a_stream_ends_when_its_client_is_gone() -> None:
    ended = threading.Event()

    async def endless() -> Any:
        try:
            while True:
                yield b"data: x\n\n"
        finally:
            ended.set()

    route = InternalRoute("/_cloudward/mine", lambda request: Stream(endless()))
    with running_gateway(plugins=plugin(cloudward_internal_routes=lambda: [route])) as gateway:
        with connected(gateway) as connection:
            connection.sendall(b"GET /_cloudward/mine HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert connection.recv(100)
        assert ended.wait(20)


def test_a_stream_made_in_a_thread_lets_others_be_served() -> None:
    served = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield b"first"
        assert served.wait(20)
        yield b"last"

    route = InternalRoute("/_cloudward/mine", lambda request: Stream(pieces(), "text/plain"))
    with (
        running_gateway(plugins=plugin(cloudward_internal_routes=lambda: [route])) as gateway,
        connected(gateway) as connection,
    ):
        connection.sendall(b"GET /_cloudward/mine HTTP/1.0\r\nHost: localhost\r\n\r\n")
        gateway.client("sts").get_caller_identity()
        served.set()
        received = b""
        while piece := connection.recv(65536):
            received += piece
    assert b"first" in received
    assert b"last" in received


def test_a_stream_that_fails_midway_does_not_look_complete() -> None:
    async def failing() -> Any:
        yield b"first"
        raise ValueError("out of coffee")

    route = InternalRoute("/_cloudward/mine", lambda request: Stream(failing(), "text/plain"))
    with (
        running_gateway(plugins=plugin(cloudward_internal_routes=lambda: [route])) as gateway,
        connected(gateway) as connection,
    ):
        connection.sendall(b"GET /_cloudward/mine HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = b""
        while piece := connection.recv(65536):
            received += piece
    assert b"first" in received
    assert not received.endswith(b"0\r\n\r\n")
    assert b"coffee" not in received


# Browsers


def get(gateway: Gateway, target: str, **headers: str) -> int:
    given = {"host": "localhost", **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    with connected(gateway) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\n{lines}\r\n".encode())
        return answer_of(connection)[0]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"sec_fetch_site": "none"}, 200),
        ({"sec_fetch_site": "same-origin"}, 200),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "cross-site", "referer": "https://evil.example/page"}, 403),
        ({"sec_fetch_site": "cross-site", "referer": "http://localhost:3000/page"}, 200),
        ({"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://["}, 403),
        ({"origin": "http://localhost.evil.example"}, 403),
        ({"origin": "http://localhost:3000"}, 200),
        ({"origin": "http://[::1]:3000"}, 200),
    ],
)
def test_an_image_on_a_foreign_page_calls_nothing(gateway: Gateway, headers: dict[str, str], status: int) -> None:
    assert get(gateway, "/?Action=CreateUser&Version=2010-05-08&UserName=a", **headers) == status
    assert len(gateway.client("iam").list_users()["Users"]) == (status == 200)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:4566", 200),
        ("127.0.0.1:4566", 200),
        ("192.168.1.5:4566", 200),
        ("[::1]:4566", 200),
        ("cloudward:4566", 200),
        ("host.docker.internal:4566", 200),
        ("gateway.default.svc.cluster.local", 200),
        ("localhost.localstack.cloud:4566", 200),
        ("iam.amazonaws.com", 200),
        ("tools.example.com", 200),
        ("evil.example:4566", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.nip.example:4566", 403),
        ("[", 403),
    ],
)
def test_a_foreign_name_for_this_machine_reaches_no_internal_route(host: str, status: int) -> None:
    with running_gateway(Config(cors_origins=("https://tools.example.com:4566",))) as gateway:
        assert get(gateway, "/_cloudward/state/export", host=host) == status
        assert get(gateway, "/_localstack/info", host=host) == status


def test_a_link_to_an_internal_page_can_be_followed(gateway: Gateway) -> None:
    assert get(gateway, "/_cloudward/info", sec_fetch_site="cross-site", sec_fetch_mode="navigate") == 200
