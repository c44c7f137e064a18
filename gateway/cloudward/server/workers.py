"""Several processes on the same listening sockets and the same state file."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable

LOG = logging.getLogger("cloudward.workers")

_STARTING_SECONDS = 5.0  # a worker that ends sooner than this after its start would do so for ever


class Workers:
    """Forks worker processes, starts another for one that dies, and ends them all together.

    Fork, and not spawn, so that the listening sockets and the lock on the state file pass on to the workers: the file
    stays locked as long as any of them lives, even when this process is killed; then the workers finish, too.

    Args:
        count: how many.
        work: what a worker does, given its number and what to call when it accepts requests; returns an exit code.
    """

    def __init__(self, count: int, work: Callable[[int, Callable[[], None]], int]) -> None:
        self._count = count
        self._work = work
        self._workers: dict[int, tuple[int, float]] = {}
        self._stopping = False
        # Nothing is ever written to this pipe; it ends when this process does, and so tells the workers.
        self._alive_reader, self._alive_writer = os.pipe()

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT.

        Returns:
            The exit code: that of a worker that could not start, else 0.
        """
        previous = {one: signal.signal(one, self._stop) for one in (signal.SIGTERM, signal.SIGINT)}
        try:
            # The first one alone, so that what is wrong with the settings or the file is said once.
            code = self._fork(0, wait=True)
            if code is not None:
                return code
            for number in range(1, self._count):
                if not self._stopping:
                    self._fork(number, wait=False)
            return self._watch()
        finally:
            for one, handler in previous.items():
                signal.signal(one, handler)
            os.close(self._alive_reader)
            os.close(self._alive_writer)

    def _stop(self, number: int, frame: object) -> None:
        self._stopping = True
        for pid in list(self._workers):
            os.kill(pid, signal.SIGTERM)

    def _fork(self, number: int, *, wait: bool) -> int | None:
        """Start a worker; with `wait`, return the exit code of one that ended before it was ready."""
        reader, writer = os.pipe()
        signals = {signal.SIGTERM, signal.SIGINT}
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # a signal must find every worker in the table
        try:
            pid = os.fork()
            if pid == 0:
                os.close(reader)
                os._exit(self._child(number, writer, signals, wait=wait))
            self._workers[pid] = (number, time.monotonic())
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
        os.close(writer)
        try:
            if wait and not os.read(reader, 1):
                _, status = os.waitpid(pid, 0)
                del self._workers[pid]
                return 0 if self._stopping else _code(status)
        finally:
            os.close(reader)
        return None

    def _child(self, number: int, writer: int, signals: set[signal.Signals], *, wait: bool) -> int:
        try:
            for one in signals:
                signal.signal(one, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
            self._workers.clear()
            os.close(self._alive_writer)
            threading.Thread(target=self._follow_parent, name="cloudward-parent", daemon=True).start()

            def ready() -> None:
                if wait:
                    os.write(writer, b"r")
                os.close(writer)

            return self._work(number, ready)
        except BaseException:
            LOG.exception("worker %d failed", number)
            return 1
        finally:
            sys.stdout.flush()
            sys.stderr.flush()

    def _follow_parent(self) -> None:
        os.read(self._alive_reader, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    def _watch(self) -> int:
        code = 0
        while self._workers:
            pid, status = os.waitpid(-1, 0)
            number, began = self._workers.pop(pid, (-1, 0.0))
            if number < 0 or self._stopping:
                continue
            LOG.error("worker %d (process %d) ended with code %d", number, pid, _code(status))
            if time.monotonic() - began < _STARTING_SECONDS:
                code = _code(status) or 1
                self._stop(signal.SIGTERM, None)
            else:
                self._fork(number, wait=False)
        return code


def _code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code
