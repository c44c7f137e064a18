"""What durability costs, how large states behave, and what more processes bring."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.figures import Figure
from benchmarks.servers import ROOT, Running, cloudward, exchange_once, free_port, load, moto, query_request, server

GROUP = "state"
IAM = "Version=2010-05-08"
IDENTITY = query_request("sts", "Action=GetCallerIdentity&Version=2011-06-15")
GET_USER = query_request("iam", f"Action=GetUser&{IAM}&UserName=reader")
ROOM = {"CLOUDWARD_IAM_QUOTA_USERS_PER_ACCOUNT": "1000000"}
USERS = 100_000
WRITES = 4000
PACED_WRITES = 200  # a second, beside reads

FILL = """
import sys
from cloudward.app import create_app
from cloudward.config import Config
from cloudward.scope import Scope
from cloudward.ids import unique_id
from cloudward_iam.records.principals import User

app = create_app(Config(state=sys.argv[1]))
state, scope, now = app.providers["iam"].state, Scope("aws", "000000000000"), app.clock.now()

def fill(transaction):
    users = transaction.state(state, scope).users
    for number in range(int(sys.argv[2])):
        name = f"user-{number:06}"
        users.add(User(path="/", user_name=name, user_id=unique_id("AIDA"), create_date=now,
                       arn=f"arn:aws:iam::000000000000:user/{name}"))

app.store.run(fill)
app.shutdown()
"""

OPEN = """
import gc, sys, time
import psutil
from cloudward.app import create_app
from cloudward.config import Config
from cloudward.scope import Scope

create_app(Config()).shutdown()
gc.collect()
before, began = psutil.Process().memory_info().rss, time.perf_counter()
app = create_app(Config(state=sys.argv[1]))
with app.store.begin() as transaction:
    users = transaction.state(app.providers["iam"].state, Scope("aws", "000000000000")).users
    assert "user-000007" in users
print(time.perf_counter() - began)
with app.store.begin() as transaction:
    users = transaction.state(app.providers["iam"].state, Scope("aws", "000000000000")).users
    assert users.page(limit=100).next == "user-000099"
print(psutil.Process().memory_info().rss - before)
"""


SLOW_DISK_SECONDS = 0.002
SLOW_DISK = f"""
import sys, time
from cloudward.state.sqlite.flush import Flusher

sync = Flusher.sync

def slow(self):
    time.sleep({SLOW_DISK_SECONDS})
    sync(self)

Flusher.sync = slow
from cloudward.cli import main
main()
"""


def create_user(name: str) -> bytes:
    return query_request("iam", f"Action=CreateUser&{IAM}&UserName={name}")


@contextmanager
def durable(*flags: str) -> Iterator[Running]:
    with tempfile.TemporaryDirectory() as folder, cloudward(IDENTITY, "--state", folder, *flags, **ROOM) as running:
        yield running


def python(code: str, *arguments: str) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [float(line) for line in done.stdout.split()]


def figures() -> Iterator[Figure]:
    yield from _writes()
    yield from _full()
    yield from _large()
    yield _workers()


def _writes() -> Iterator[Figure]:
    with cloudward(IDENTITY, **ROOM) as memory, durable() as normal, moto(IDENTITY) as theirs:
        costs: dict[str, list[float]] = {"memory": [], "normal": []}
        rates = []
        for round_ in range(3):
            for name, running in (("memory", memory), ("normal", normal)):
                found = load(running, [create_user(f"{name}-{round_}-{number}") for number in range(WRITES)])
                costs[name].append(found.cpu)
            rates.append(found.rate)
        peer = load(theirs, [create_user(f"peer-{number}") for number in range(400)])
    cost = min(costs["normal"])
    note = f"{cost * 1e6:.0f} µs against {min(costs['memory']) * 1e6:.0f} µs"
    yield Figure(GROUP, "CreateUser in SQLite, CPU against in memory", cost / min(costs["memory"]), "×", 1.5, note=note)
    yield Figure(GROUP, "CreateUser in SQLite, throughput against moto", max(rates) / peer.rate, "×", 8, "more")


def _full() -> Iterator[Figure]:
    """Sharing syncs pays as far as a sync takes longer than a call; this machine's disk may be faster than that."""
    with durable("--durability", "full") as full:
        load(full, [create_user("reader")], 1)
        yield _shared_syncs(full, "on this disk", None)
        alone = _latency(full)
        with _paced_writes(full):
            beside = _latency(full)
    note = f"median time of GetUser beside {PACED_WRITES} full writes a second"
    yield Figure(GROUP, "reads slowed by full writes", 100 * (beside / alone - 1), "%", 20, note=note)
    with _slow_disk() as full:
        yield _shared_syncs(full, f"with syncs that take {SLOW_DISK_SECONDS * 1000:.0f} ms more", 4)


def _shared_syncs(full: Running, disk: str, target: float | None) -> Figure:
    one = load(full, [create_user(f"one-{number}") for number in range(600)], 1)
    many = load(full, [create_user(f"many-{number}") for number in range(WRITES)], 32)
    with tempfile.TemporaryDirectory() as folder:
        sync = _sync_seconds(Path(folder))
    note = f"{disk}: {many.rate:.0f} against {one.rate:.0f} a second; a sync of this disk takes {sync * 1e6:.0f} µs"
    return Figure(
        GROUP, "CreateUser, full, 32 connections against one", many.rate / one.rate, "×", target, "more", note
    )


@contextmanager
def _slow_disk() -> Iterator[Running]:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        flags = ["start", "--listen", f"127.0.0.1:{port}", "--state", folder, "--durability", "full"]
        with server([sys.executable, "-c", SLOW_DISK, *flags], port, IDENTITY, **ROOM) as running:
            yield running


def _sync_seconds(folder: Path) -> float:
    import os

    times = []
    with (folder / "probe").open("wb", buffering=0) as file:
        for _ in range(50):
            file.write(b"x" * 4096)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    return statistics.median(times)


def _latency(running: Running, count: int = 3000) -> float:
    import socket

    from benchmarks.servers import read_answer

    times = []
    with socket.create_connection(("127.0.0.1", running.port), 10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            began = time.perf_counter()
            connection.sendall(GET_USER)
            read_answer(connection)
            times.append(time.perf_counter() - began)
    return statistics.median(times)


@contextmanager
def _paced_writes(running: Running) -> Iterator[None]:
    stop = threading.Event()
    requests: Sequence[bytes] = [create_user(f"paced-{number}") for number in range(5000)]

    def work() -> None:
        for request in requests:
            if stop.wait(1 / PACED_WRITES):
                return
            exchange_once(running.port, request)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _large() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        python(FILL, folder, str(USERS))
        found = [python(OPEN, folder) for _ in range(3)]
    seconds, weight = min(one[0] for one in found), min(one[1] for one in found)
    yield Figure(GROUP, f"opening {USERS:,} users to the first answer", seconds, "s", 1.5)
    yield Figure(GROUP, "memory of 10,000 users", weight / USERS * 10_000 / 2**20, "MiB", 12)


def _started_workers(running: Running, count: int) -> list[psutil.Process]:
    """Return the worker processes once all are there and none is busy starting any more."""
    while True:
        workers = running.process.children()
        before = [sum(worker.cpu_times()[:2]) for worker in workers]
        time.sleep(0.5)
        after = [sum(worker.cpu_times()[:2]) for worker in workers]
        if len(workers) == count and max(b - a for a, b in zip(before, after, strict=True)) < 0.02:
            return workers


def _workers() -> Figure:
    """The client takes processor time of the same cores, so capacity is told from the servers' own.

    A process can answer one call each `cpu` seconds; of several, the one with the largest share is full first.
    """
    requests = [GET_USER] * 12_000
    with durable() as single:
        load(single, [create_user("reader")], 1)
        load(single, requests[:2000], 16)
        one = min(load(single, requests, 16).cpu for _ in range(3))
    best = 0.0
    for _ in range(3):
        with durable("--workers", "2") as pair:
            load(pair, [create_user("reader")], 1)
            workers = _started_workers(pair, 2)
            load(pair, requests[:2000], 16)
            before = [sum(worker.cpu_times()[:2]) for worker in workers]
            load(pair, requests, 16)
            used = [sum(worker.cpu_times()[:2]) - start for worker, start in zip(workers, before, strict=True)]
            best = max(best, one / (max(used) / len(requests)))
    return Figure(GROUP, "reads of two workers against one process, capacity", best, "×", 1.6, "more")
