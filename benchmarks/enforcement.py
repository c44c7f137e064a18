"""What enforcement costs: GetUser by a user with policies, over HTTP, with enforcement off and on in turns."""

from __future__ import annotations

import json
import re
from urllib.parse import urlencode

from benchmarks.figures import Figure
from benchmarks.servers import Running, cloudward, exchange_once, load, query_request

GROUP = "enforcement"
VERSION = "2010-05-08"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["iam:Get*", "iam:List*"], "Resource": "*"}],
}


def call(**members: str) -> bytes:
    return query_request("iam", urlencode({"Version": VERSION, **members}))


def switch(running: Running, mode: str) -> None:
    body = json.dumps({"mode": mode}).encode()
    head = f"POST /_cloudward/enforcement HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n\r\n"
    exchange_once(running.port, head.encode() + body)


def enforced(calls: int = 4000) -> tuple[float, float]:
    """Return seconds of CPU a call with enforcement off and on."""
    found: dict[str, list[float]] = {"off": [], "on": []}
    make = call(Action="CreateUser", UserName="bob")
    with cloudward(make, "--no-log-requests") as running:
        load(
            running,
            [call(Action="PutUserPolicy", UserName="bob", PolicyName="p", PolicyDocument=json.dumps(POLICY))],
        )
        answer = exchange_once(running.port, call(Action="CreateAccessKey", UserName="bob"))
        match = re.search(rb"<AccessKeyId>(\w+)<.*<SecretAccessKey>([^<]+)<", answer, re.DOTALL)
        assert match is not None, answer
        body = urlencode({"Version": VERSION, "Action": "GetUser", "UserName": "bob"})
        ask = [query_request("iam", body, match[1].decode(), match[2].decode())] * calls
        for _ in range(3):
            for mode, costs in found.items():
                switch(running, mode)
                load(running, ask[:500])
                costs.append(load(running, ask).cpu)
    return min(found["off"]), min(found["on"])


def figures() -> list[Figure]:
    """Return all figures."""
    off, on = enforced()
    return [
        Figure(GROUP, "GetUser over HTTP, CPU that enforcement adds", (on / off - 1) * 100, "%", 15),
        Figure(GROUP, "GetUser over HTTP, CPU that enforcement adds", (on - off) * 1e6, "µs"),
    ]
