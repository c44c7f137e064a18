"""Whole calls over HTTP, against moto's server and a static uvicorn answer in the same run."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator

from benchmarks.figures import Figure
from benchmarks.servers import Load, Running, cloudward, exchange_once, load, moto, query_request, static_uvicorn

GROUP = "http"
IAM = "Version=2010-05-08"
IDENTITY = query_request("sts", "Action=GetCallerIdentity&Version=2011-06-15")
ROOM = {"CLOUDWARD_IAM_QUOTA_USERS_PER_ACCOUNT": "1000000"}
GET_USER = query_request("iam", f"Action=GetUser&{IAM}&UserName=user-0")


def create_user(number: int, prefix: str = "user") -> bytes:
    return query_request("iam", f"Action=CreateUser&{IAM}&UserName={prefix}-{number}")


def fill(running: Running, count: int, start: int = 0) -> None:
    load(running, [create_user(number) for number in range(start, start + count)])


def best(measure: Callable[[], Load], rounds: int = 3) -> Load:
    found = [measure() for _ in range(rounds)]
    return Load(min(run.cpu for run in found), max(run.rate for run in found))


def figures() -> Iterator[Figure]:
    with cloudward(IDENTITY, **ROOM) as ours, moto(IDENTITY) as theirs, static_uvicorn(IDENTITY) as floor:
        yield Figure(
            GROUP, "start to first answer, of moto's", ours.first_answer_seconds / theirs.first_answer_seconds, "×", 1.0
        )
        yield Figure(GROUP, "idle memory", ours.memory(), "MiB", 60)
        yield from _calls(ours, theirs, floor)
    yield from _pages()


def _calls(ours: Running, theirs: Running, floor: Running) -> Iterator[Figure]:
    fill(ours, 1000)
    fill(theirs, 1000)
    static = best(lambda: load(floor, [IDENTITY] * 8000))
    for name, request in (("GetCallerIdentity", IDENTITY), ("GetUser", GET_USER)):
        load(ours, [request] * 1000)
        mine = best(lambda request=request: load(ours, [request] * 8000))  # type: ignore[misc]
        peer = best(lambda request=request: load(theirs, [request] * 400), 2)  # type: ignore[misc]
        yield Figure(GROUP, f"{name}, CPU a request", mine.cpu * 1e6, "µs", 200)
        yield Figure(GROUP, f"{name}, throughput against moto", mine.rate / peer.rate, "×", 20, "more")
        yield Figure(GROUP, f"{name}, CPU against static uvicorn", mine.cpu / static.cpu, "×", 4)
    mine = load(ours, [create_user(number, "new") for number in range(4000)])
    peer = load(theirs, [create_user(number, "new") for number in range(400)])
    yield Figure(GROUP, "CreateUser, throughput against moto", mine.rate / peer.rate, "×", 12, "more")
    page = query_request("iam", f"Action=ListUsers&{IAM}&MaxItems=100")
    mine, peer = load(ours, [page] * 1000), load(theirs, [page] * 24)
    yield Figure(GROUP, "page of 100 users, throughput against moto", mine.rate / peer.rate, "×", 100, "more")


def _pages() -> Iterator[Figure]:
    """How the cost of a page grows with the account, and what users weigh."""
    sizes = (100, 1000, 10_000, 100_000)
    costs = []
    with cloudward(IDENTITY, **ROOM) as ours:
        empty, have = ours.memory(), 0
        for size in sizes:
            fill(ours, size - have, have)
            have = size
            page = query_request("iam", f"Action=ListUsers&{IAM}&MaxItems=100")
            exchange_once(ours.port, page)
            costs.append(best(lambda page=page: load(ours, [page] * 500)).cpu)  # type: ignore[misc]
        weight = (ours.memory() - empty) / sizes[-1] * 10_000
    yield Figure(GROUP, "growth of a page's cost, 100 to 100,000 users (exponent)", slope(sizes, costs), "", 0.15)
    yield Figure(GROUP, "memory of 10,000 users", weight, "MiB", 12)


def slope(sizes: tuple[int, ...], costs: list[float]) -> float:
    """Return the exponent of a power law through the points."""
    return statistics.linear_regression([math.log(size) for size in sizes], [math.log(cost) for cost in costs]).slope
