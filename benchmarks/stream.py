"""CPU figures of the policy stream.

Run `python -m benchmarks stream`.
"""

from __future__ import annotations

from benchmarks.figures import Figure
from benchmarks.servers import cloudward, exchange_once, load, query_request


def stream(*flags: str, calls: int = 6000) -> tuple[float, float]:
    """GetUser over HTTP with the policy stream off and on, in turns.

    Args:
        flags: how the gateway is started.
        calls: how many calls a round takes.

    Returns:
        Seconds of CPU a call without and with the stream.
    """
    make = query_request("iam", "Action=CreateUser&Version=2010-05-08&UserName=bob")
    ask = [query_request("iam", "Action=GetUser&Version=2010-05-08&UserName=bob")] * calls
    found: dict[str, list[float]] = {"disable": [], "enable": []}
    with cloudward(make, "--no-log-requests", *flags) as running:
        load(running, ask)
        for _ in range(3):
            for change, costs in found.items():
                exchange_once(running.port, _post(f"/_cloudward/stream/{change}"))
                costs.append(load(running, ask).cpu)
    return min(found["disable"]), min(found["enable"])


def _post(path: str) -> bytes:
    return f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n".encode()


def figures() -> list[Figure]:
    """Return all figures."""
    off, on = stream("--enforce", "off")
    enforced, both = stream("--enforce", "on")
    evaluates = "nothing is enforced: the stream alone has calls evaluated"
    return [
        Figure("stream", "on, while policies are enforced", (both / enforced - 1) * 100, "%", 10),
        Figure("stream", "on, while none are enforced", (on / off - 1) * 100, "%", 10, note=evaluates),
    ]
