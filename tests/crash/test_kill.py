"""SIGKILL under concurrent writes, again and again: what was acknowledged is there, and nothing half."""

import os
import signal
import subprocess
import sys

import pytest

from cloudward.state import SqliteBackend, StateLock, Store
from tests.unit.state.cloud import A, B, CloudState

ROUNDS = 6


def acknowledged_until_killed(path, durability, number, processes, after):
    """Run writers, kill them all after some acknowledgements, and return the names acknowledged, by writer."""
    command = [sys.executable, "-m", "tests.crash.writer", str(path), durability]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    writers = [
        subprocess.Popen(
            [*command, f"{number}.{index}", str(processes)], stdout=subprocess.PIPE, env=environment, bufsize=0
        )
        for index in range(processes)
    ]
    lines = []
    try:
        for writer in writers:
            lines.append([])
            while len(lines[-1]) < after:
                line = writer.stdout.readline()
                assert line, "the writer ended by itself"
                lines[-1].append(line)
    finally:
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
    for index, writer in enumerate(writers):
        lines[index] += writer.stdout.readlines()
        writer.wait(10)
        writer.stdout.close()
    return [[line.decode().strip() for line in found if line.endswith(b"\n") and line != b"ready\n"] for found in lines]


def removed_by(acknowledged):
    for name in acknowledged:
        start, thread, step = name.rsplit("-", 2)
        if int(step) % 5 == 4:
            yield f"{start}-{thread}-{int(step) - 4}"


@pytest.mark.parametrize(("durability", "processes"), [("normal", 1), ("full", 1), ("normal", 2), ("full", 2)])
def test_every_acknowledged_write_and_no_half_survives_sigkill(tmp_path, durability, processes):
    path = tmp_path / "state.db"
    lock = StateLock(path)
    SqliteBackend(path, lock=lock).close()
    acknowledged = set()
    removed = set()
    for number in range(ROUNDS):
        if processes == 1:
            lock.close()
        for found in acknowledged_until_killed(path, durability, number, processes, after=50 + 37 * number):
            acknowledged |= set(found)
            removed |= set(removed_by(found))
        if processes == 1:
            lock = StateLock(path)
        store = Store(backend=SqliteBackend(path, lock=lock))
        store.register(CloudState)
        with store.begin() as tx:
            users = {record.user_name for record in tx.state(CloudState, A).users}
            keys = {record.access_key_id for record in tx.state(CloudState, B).access_keys}
        store.close()
        assert users == keys, "half of a transaction"
        # A write that was not acknowledged may have removed another's pair, at most one a thread.
        missing = acknowledged - removed - users
        assert missing <= {name for name in missing if int(name.rsplit("-", 1)[1]) % 5 == 0}, "a lost write"
        assert len(missing) <= 4 * processes * (number + 1)
        assert not removed & users, "an undone removal"
        assert len(users - acknowledged) <= 4 * processes * (number + 1)
    lock.close()
