"""Writes to a state file from several threads until it is killed, and says what was acknowledged.

Every transaction writes a pair: a user in one account and a key in another.  A line goes to standard output only after
the commit is durable; the parent reads the lines that got out.
"""

import itertools
import os
import sys
import threading
from pathlib import Path

from cloudward.state import SqliteBackend, StateLock, Store
from tests.unit.state.cloud import A, AccessKey, B, CloudState, user

THREADS = 4


def main(path, durability, start, processes):
    shared = processes > 1
    lock = None
    if shared:

        class Held(StateLock):
            """The parent holds the lock."""

            def __init__(self):
                self._descriptor = -1
                self.published = None

        lock = Held()
    store = Store(backend=SqliteBackend(Path(path), durability=durability, lock=lock, shared=shared))
    store.register(CloudState)
    print("ready", flush=True)

    def work(number):
        for step in itertools.count():
            name = f"{start}-{number}-{step}"

            def write(tx, name=name, step=step):
                tx.state(CloudState, A).users.add(user(name))
                tx.state(CloudState, B).access_keys.add(AccessKey(access_key_id=name, user_name=name))
                if step % 5 == 4:  # and some removals, both halves of an earlier pair
                    old = f"{start}-{number}-{step - 4}"
                    tx.state(CloudState, A).users.remove(old)
                    tx.state(CloudState, B).access_keys.remove(old)

            store.run(write)
            os.write(1, f"{name}\n".encode())

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
