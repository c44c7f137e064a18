"""What authentication costs: `python -m benchmarks.sts`.

Verification's share of GetUser's processor time, whole calls over HTTP, strict against off; and decoding of session
tokens.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

from benchmarks.figures import Figure
from benchmarks.servers import cloudward, exchange_once, load, query_request
from cloudward.app import create_app
from cloudward.config import Config
from cloudward.protocols import WireRequest

GROUP = "sts"
IAM = "Version=2010-05-08"
IDENTITY = query_request("sts", "Action=GetCallerIdentity&Version=2011-06-15")
CREATE_USER = query_request("iam", f"Action=CreateUser&{IAM}&UserName=alice")
CREATE_KEY = query_request("iam", f"Action=CreateAccessKey&{IAM}&UserName=alice")
TRUST = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}'
CREATE_ROLE = f"Action=CreateRole&{IAM}&RoleName=reader&AssumeRolePolicyDocument={quote(TRUST)}"
ASSUME_ROLE = "Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::000000000000:role/reader&RoleSessionName=bench"


def between(text: str, name: str) -> str:
    return text.split(f"<{name}>", 1)[1].split(f"</{name}>", 1)[0]


def micros(work: Callable[[], object], count: int = 2000, rounds: int = 7) -> float:
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(count):
            work()
        best = min(best, time.process_time() - start)
    return best / count * 1e6


def figures() -> Iterator[Figure]:
    costs = {}
    for auth in ("off", "strict"):
        with cloudward(IDENTITY, "--auth", auth) as running:
            exchange_once(running.port, CREATE_USER)
            made = exchange_once(running.port, CREATE_KEY).decode()
            key = (between(made, "AccessKeyId"), between(made, "SecretAccessKey"))
            request = query_request("iam", f"Action=GetUser&{IAM}&UserName=alice", *key)
            load(running, [request] * 2000)
            costs[auth] = min(load(running, [request] * 8000).cpu for _ in range(5)) * 1e6
    off, strict = costs["off"], costs["strict"]
    note = f"of the {strict:.0f} µs of a call signed with a user's key; without verification {off:.0f} µs"
    yield Figure(GROUP, "verification's share of GetUser", 100 * (strict - off) / strict, "%", 15, note=note)
    yield _decoding()


def _decoding() -> Figure:
    app = create_app(Config(log_requests=False))
    texts = []
    for service, body in (("iam", CREATE_ROLE), ("sts", ASSUME_ROLE)):
        head, _, content = query_request(service, body).partition(b"\r\n\r\n")
        lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
        items = [(name.lower(), value) for name, _, value in lines]
        answer = app.handle(WireRequest("POST", "/", "", items, content)).response
        assert answer is not None
        assert isinstance(answer.body, bytes)
        texts.append(answer.body.decode())
    token = between(texts[1], "SessionToken")
    runtime, transaction = app.runtimes["sts"], app.store.begin()
    cost = micros(lambda: runtime.decode_credential(transaction, token))  # type: ignore[attr-defined]
    return Figure(GROUP, "decoding a session token", cost, "µs", 30, note=f"{len(token)} characters")


if __name__ == "__main__":
    for figure in figures():
        print(f"{figure.name:40} {figure.shown:>10}  target {figure.shown_target}  {figure.note}")
