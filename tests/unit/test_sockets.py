"""What the gateway listens on."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from cloudward.errors import ConfigError
from cloudward.server.sockets import listening_sockets


def _names(*addresses: tuple[socket.AddressFamily, tuple[Any, ...]]) -> Any:
    return lambda *_, **__: [(family, socket.SOCK_STREAM, 6, "", where) for family, where in addresses]


def test_a_name_is_listened_on_at_all_of_its_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    two = _names((socket.AF_INET, ("127.0.0.1", 0)), (socket.AF_INET, ("127.0.0.2", 0)))
    monkeypatch.setattr(socket, "getaddrinfo", two)
    sockets = listening_sockets(["localhost:0"])
    try:
        (one, port), (other, same) = (listener.getsockname() for listener in sockets)
        assert (one, other) == ("127.0.0.1", "127.0.0.2")
        assert port == same
    finally:
        for listener in sockets:
            listener.close()


def test_an_address_that_the_machine_lacks_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    some = _names((socket.AF_INET, ("192.0.2.1", 0)), (socket.AF_INET, ("127.0.0.1", 0)))
    monkeypatch.setattr(socket, "getaddrinfo", some)
    (listener,) = listening_sockets(["localhost:0"])
    with listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_one_address_that_is_taken_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.2", 0)) as taken:
        port = taken.getsockname()[1]
        two = _names((socket.AF_INET, ("127.0.0.1", port)), (socket.AF_INET, ("127.0.0.2", port)))
        monkeypatch.setattr(socket, "getaddrinfo", two)
        with pytest.raises(ConfigError, match="address already in use"):
            listening_sockets([f"localhost:{port}"])
