"""Servers under measurement, each a process of its own, and the client that loads them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
START_SECONDS = 60

STATIC_APP = """
HEADERS = [(b"content-type", b"text/xml"), (b"content-length", b"400")]

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": b"x" * 400})
"""


@dataclass(slots=True)
class Running:
    """A server process."""

    process: psutil.Process
    port: int
    first_answer_seconds: float

    def cpu(self) -> float:
        """Return the processor seconds that it and its children have used."""
        processes = [self.process, *self.process.children(recursive=True)]
        return sum(sum(process.cpu_times()[:2]) for process in processes)

    def memory(self) -> float:
        """Return its resident memory in MiB."""
        return self.process.memory_info().rss / 2**20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(command: Sequence[str], port: int, probe: bytes, **environment: str) -> Iterator[Running]:
    """Run a server until the context ends."""
    with tempfile.TemporaryFile() as log:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=log
        )
        try:
            while True:
                try:
                    exchange_once(port, probe)
                    break
                except OSError:
                    if process.poll() is not None or time.perf_counter() - began > START_SECONDS:
                        log.seek(0)
                        raise RuntimeError(log.read().decode()[-2000:]) from None
                    time.sleep(0.002)
            yield Running(psutil.Process(process.pid), port, time.perf_counter() - began)
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def cloudward(probe: bytes, *flags: str, **environment: str) -> Iterator[Running]:
    port = free_port()
    command = [sys.executable, "-m", "cloudward", "start", "--listen", f"127.0.0.1:{port}", *flags]
    with server(command, port, probe, **environment) as running:
        yield running


@contextmanager
def moto(probe: bytes) -> Iterator[Running]:
    port = free_port()
    with server([sys.executable, "-m", "moto.server", "-p", str(port)], port, probe) as running:
        yield running


@contextmanager
def static_uvicorn(probe: bytes) -> Iterator[Running]:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "static_app.py").write_text(STATIC_APP)
        command = [
            sys.executable, "-m", "uvicorn", "--app-dir", folder, "static_app:app", "--port", str(port),
            "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning",
        ]  # fmt: skip
        with server(command, port, probe) as running:
            yield running


def exchange_once(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(request)
        return read_answer(connection)


def read_answer(connection: socket.socket) -> bytes:
    """Read one answer with a content length; return its head and body."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            raise ConnectionError("closed before an answer")
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    lowered = head.lower()
    start = lowered.index(b"content-length:") + 15
    end = lowered.find(b"\r\n", start)
    length = int(lowered[start : end if end > 0 else None])
    missing = length - len(body)
    while missing > 0:
        chunk = connection.recv(min(missing, 1 << 20))
        if not chunk:
            raise ConnectionError("closed within an answer")
        body += chunk
        missing -= len(chunk)
    return head + b"\r\n\r\n" + body


@dataclass(frozen=True, slots=True)
class Load:
    """What a load run found.

    Attributes:
        cpu: processor seconds of the server a request.
        rate: requests a second.
    """

    cpu: float
    rate: float


def load(running: Running, requests: Sequence[bytes], connections: int = 8) -> Load:
    """Send requests over keep-alive connections, each answered before the next; every answer must be a 200."""
    shares = [requests[number::connections] for number in range(connections)]
    failures: list[bytes] = []

    def connect() -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", running.port), 60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def work(share: Sequence[bytes]) -> None:
        connection = connect()
        for request in share:
            connection.sendall(request)
            answer = read_answer(connection)
            if b" 200 " not in answer[:20]:
                failures.append(answer)
                break
            if b"\r\nconnection: close" in answer[:600].lower():  # moto's server keeps none alive
                connection.close()
                connection = connect()
        connection.close()

    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    cpu, began = running.cpu(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall, used = time.perf_counter() - began, running.cpu() - cpu
    if failures:
        raise RuntimeError(failures[0].decode(errors="replace")[:1000])
    return Load(used / len(requests), len(requests) / wall)


def query_request(service: str, body: str, access_key_id: str = "test", secret_access_key: str = "test") -> bytes:
    """Return a signed query request as bytes."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    request = AWSRequest(
        "POST",
        "http://127.0.0.1/",
        {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "User-Agent": "benchmark"},
        body.encode(),
    )
    SigV4Auth(Credentials(access_key_id, secret_access_key), service, "us-east-1").add_auth(request)
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    return f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n{head}\r\n{body}".encode()
