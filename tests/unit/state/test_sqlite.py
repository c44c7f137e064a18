import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime

import pytest

from cloudward.errors import ConfigError
from cloudward.scope import Per
from cloudward.state import (
    Conflict,
    Record,
    SqliteBackend,
    State,
    StateFileBusy,
    StateFileError,
    StateLock,
    StorageError,
    Store,
    index,
    state_file,
    table,
)
from tests.unit.state.cloud import (
    CHINA,
    A,
    AccessKey,
    B,
    CloudState,
    InlinePolicy,
    PartitionState,
    PasswordPolicy,
    Queue,
    RegionState,
    user,
)


def open_store(path, **options):
    store = Store(backend=SqliteBackend(path, **options))
    try:
        for state in (CloudState, RegionState, PartitionState):
            store.register(state)
    except BaseException:
        store.close()
        raise
    return store


def add(store, name, scope=A, **more):
    store.run(lambda tx: tx.state(CloudState, scope).users.add(user(name, **more)))


def names(store, scope=A):
    with store.begin() as tx:
        return [u.user_name for u in tx.state(CloudState, scope).users]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "state.db"


@pytest.fixture(params=["normal", "full"])
def durability(request):
    return request.param


def test_everything_is_there_after_a_restart(path, durability):
    store = open_store(path, durability=durability)
    now = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)

    def fill(tx):
        state = tx.state(CloudState, A)
        state.users.add(user("Alice", path="/é/", tags=("t",), created=now))
        state.users.add(user("bob"))
        state.inline.add(InlinePolicy(user_name="Alice", policy_name="P", document='{"a": "\\u0000"}'))
        state.access_keys.add(AccessKey(access_key_id="K", user_name="Alice"))
        state.password_policy.set(PasswordPolicy(minimum_length=14))
        tx.state(CloudState, CHINA).users.add(user("carol"))
        tx.state(RegionState, A._replace(region="us-east-1")).queues.add(Queue(name="q"))

    store.run(fill)
    store.run(lambda tx: tx.state(CloudState, A).users.remove("BOB"))
    store.run(lambda tx: tx.state(CloudState, A).users.replace("alice", user("Alicia", created=now)))
    store.close()
    store.close()

    store = open_store(path, durability=durability)
    with store.begin() as tx:
        state = tx.state(CloudState, A)
        assert list(state.users) == [user("Alicia", created=now)]
        assert state.inline[("ALICE", "p")].document == '{"a": "\\u0000"}'
        assert tx.across(CloudState.access_keys, "aws").find("K").scope == A
        assert state.password_policy.get().minimum_length == 14
        assert state.users.find("user_id", "AIDABOB") is None
        assert "carol" in tx.state(CloudState, CHINA).users
        assert "q" in tx.state(RegionState, A._replace(region="us-east-1")).queues
    assert store.scopes() == [A, A._replace(region="us-east-1"), CHINA]
    store.reset(account=A.account)
    store.close()
    store = open_store(path)
    assert store.scopes() == []
    store.close()


def test_a_full_commit_is_waited_for_in_an_event_loop(path):
    store = open_store(path, durability="full")

    async def write(number):
        with store.begin() as tx:
            tx.state(CloudState, A).users.add(user(f"u{number}"))
            durable = tx.commit()
        assert durable is not None
        await durable
        await durable

    async def all_of_them():
        await asyncio.gather(*(write(number) for number in range(50)))

    asyncio.run(all_of_them())
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT count(*) FROM records").fetchone() == (50,)
    other.close()
    store.close()


class SlowDisk:
    """Stands in for a disk whose syncs wait until they are let go, or fail."""

    def __init__(self, store, monkeypatch):
        self.go_on = threading.Event()
        self.syncs = 0
        self.error = None
        flusher = store.backend._flusher
        sync = flusher.sync

        def slow():
            self.syncs += 1
            assert self.go_on.wait(10)
            if self.error is not None:
                raise self.error
            sync()

        monkeypatch.setattr(flusher, "sync", slow)


def test_concurrent_full_commits_share_one_wait_for_the_disk(path, monkeypatch):
    store = open_store(path, durability="full")
    disk = SlowDisk(store, monkeypatch)
    durables = []
    for number in range(200):
        with store.begin() as tx:
            tx.state(CloudState, A).users.add(user(f"u{number}"))
            durables.append(tx.commit())
    assert not any(durable.done for durable in durables)
    with pytest.raises(TimeoutError):
        durables[-1].wait(0.01)
    disk.go_on.set()
    for durable in durables:
        durable.wait(10)
    assert disk.syncs <= 2
    store.close()


def test_who_reads_what_is_not_on_the_disk_yet_waits_for_it(path, monkeypatch):
    store = open_store(path, durability="full")
    add(store, "early")
    disk = SlowDisk(store, monkeypatch)
    with store.begin() as tx:
        tx.state(CloudState, A).users.add(user("late"))
        pending = tx.commit()

    def look(function, scope=A):
        with store.begin() as tx:
            function(tx.state(CloudState, scope).users)
            return tx.commit()

    assert look(lambda users: users.get("early")) is None
    assert look(list, B) is None
    assert look(lambda users: users.get("late")) is pending
    assert look(list) is pending
    with store.begin() as tx:
        assert "late" in tx.state(CloudState, A).users
        assert tx.rollback() is pending  # a refusal tells something, too
    disk.go_on.set()
    pending.wait(10)
    assert look(list) is None
    store.close()


def test_a_disk_that_fails_to_sync_acknowledges_nothing_any_more(path, monkeypatch):
    store = open_store(path, durability="full")
    add(store, "alice")
    disk = SlowDisk(store, monkeypatch)
    disk.error = OSError(5, "Input/output error")
    disk.go_on.set()
    with pytest.raises(StorageError, match="Input/output error"):
        add(store, "bob")
    disk.error = None
    with pytest.raises(StorageError, match="until the gateway is started again"):
        add(store, "carol")
    assert "carol" not in names(store)
    store.close()
    store = open_store(path, durability="full")
    add(store, "dora")
    assert {"alice", "dora"} <= set(names(store))
    store.close()


def test_a_full_disk_is_an_error_and_loses_nothing(path, durability):
    store = open_store(path, durability=durability)
    add(store, "before")
    connection = store.backend._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")

    def fill():
        for number in range(50):
            add(store, f"big{number}", path="/" + "x" * 4000 + "/")

    with pytest.raises(StorageError, match="disk is full"):
        fill()
    kept = names(store)
    assert "before" in kept
    connection.execute("PRAGMA max_page_count = 1000000")
    add(store, "after")
    store.close()
    store = open_store(path)
    assert names(store) == sorted([*kept, "after"])
    store.close()


def test_another_gateway_on_the_same_file_is_refused(path):
    store = open_store(path)
    add(store, "alice")
    with pytest.raises(StateFileBusy, match=f"process {os.getpid()}"):
        open_store(path)
    code = (
        "import sys; from pathlib import Path; from cloudward.state import SqliteBackend\n"
        "SqliteBackend(Path(sys.argv[1]))"
    )
    other = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"another cloudward (process {os.getpid()})" in other.stderr
    add(store, "bob")
    store.close()
    store = open_store(path)
    assert names(store) == ["alice", "bob"]
    store.close()


def content(path):
    return {file.name: file.read_bytes() for file in path.parent.iterdir() if not file.name.endswith(".lock")}


def foreign_database(path):
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE songs (title)")
    other.close()


def newer_layout(path):
    open_store(path).close()
    data = bytearray(path.read_bytes())
    data[60:64] = (999).to_bytes(4, "big")
    path.write_bytes(data)


def truncated(path):
    store = open_store(path)
    for number in range(300):
        add(store, f"u{number}", path="/" + "x" * 300 + "/")
    store.close()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def scribbled(path):
    store = open_store(path)
    for number in range(300):
        add(store, f"u{number}", path="/" + "x" * 300 + "/")
    store.close()
    data = bytearray(path.read_bytes())
    for page in range(6, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(data)


def unreadable_record(path):
    store = open_store(path)
    add(store, "alice")
    store.close()
    with sqlite3.connect(path) as other:
        other.execute("""UPDATE records SET body = '{"user_name": 7}'""")
    other.close()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.write_text("hello, I am a letter\n" * 100), "not a SQLite database"),
        (lambda path: path.write_text("short"), "not a SQLite database"),
        (foreign_database, "another program"),
        (newer_layout, "newer cloudward"),
        (truncated, "is corrupt"),
        (scribbled, "is corrupt"),
        (unreadable_record, "cloud.users holds a record that cannot be read"),
    ],
)
def test_a_file_that_is_no_good_state_is_refused_and_left_alone(path, make, reason):
    path.parent.mkdir()
    make(path)
    before = content(path)
    with pytest.raises(StateFileError, match=reason) as caught:
        open_store(path)
    assert isinstance(caught.value, ConfigError)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    assert content(path) == before


def test_an_empty_file_becomes_a_state_file(path):
    path.parent.mkdir()
    path.touch()
    open_store(path).close()
    assert path.stat().st_size > 0
    assert path.stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StateFileError, match="is not a folder"):
        open_store(tmp_path / "file" / "state.db")
    (tmp_path / "folder" / "state.db").mkdir(parents=True)
    with pytest.raises(StateFileError):
        open_store(tmp_path / "folder" / "state.db")


def test_a_read_only_folder_is_refused(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(0o555)
    code = (
        "import os, sys; from pathlib import Path; from cloudward.state import SqliteBackend, StateFileError\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "try: SqliteBackend(Path(sys.argv[1]))\n"
        "except StateFileError as error: print(error)\n"
    )
    for parent in (tmp_path, *tmp_path.parents):
        if parent.stat().st_uid == os.getuid() and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o055)
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder / "state.db")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    folder.chmod(0o755)
    assert "cannot be written: Permission denied" in done.stdout, done.stderr
    assert list(folder.iterdir()) == []


def test_a_file_of_a_newer_plugin_is_refused(path):
    class Thing(Record):
        name: str

    class ThingState(State, per=Per.ACCOUNT, service="things"):
        things = table(Thing, key="name", version=2, migrations={1: dict})

    class OldState(State, per=Per.ACCOUNT, service="things"):
        things = table(Thing, key="name")

    store = Store(backend=SqliteBackend(path))
    store.register(ThingState)
    store.run(lambda tx: tx.state(ThingState, A).things.add(Thing(name="x")))
    store.close()
    store = Store(backend=SqliteBackend(path))
    with pytest.raises(StateFileError, match=r"newer plugin \(version 2, this one knows 1\)"):
        store.register(OldState)
    store.close()


def test_state_of_services_that_are_not_loaded_stays(path):
    store = open_store(path)
    add(store, "alice")
    store.close()
    store = Store(backend=SqliteBackend(path))
    store.register(RegionState)
    store.run(lambda tx: tx.state(RegionState, A._replace(region="r")).queues.add(Queue(name="q")))
    store.close()
    store = open_store(path)
    assert names(store) == ["alice"]
    store.close()


def test_where_a_state_setting_points(tmp_path):
    assert state_file(tmp_path) == tmp_path / "state.db"
    assert state_file(tmp_path / "new") == tmp_path / "new" / "state.db"
    assert state_file(tmp_path / "x.db") == tmp_path / "x.db"
    (tmp_path / "file").touch()
    assert state_file(tmp_path / "file") == tmp_path / "file"


class OldUser(Record):
    name: str
    groups: str


class NewUser(Record):
    user_name: str
    groups: tuple[str, ...]
    colour: str = "red"


class OldState(State, per=Per.ACCOUNT, service="evolving"):
    users = table(OldUser, key="name", fold_case=True)


def rename(fields):
    fields["user_name"] = fields.pop("name")
    return fields


def split(fields):
    return {**fields, "groups": fields["groups"].split(",")}


class NewState(State, per=Per.ACCOUNT, service="evolving"):
    users = table(
        NewUser,
        key="user_name",
        fold_case=True,
        indexes=(index("groups", multi=True),),
        version=3,
        migrations={1: rename, 2: split},
    )


def test_migrations_bring_old_records_up_to_date_once(path):
    store = Store(backend=SqliteBackend(path))
    store.register(OldState)
    for scope in (A, B):
        store.run(lambda tx, scope=scope: tx.state(OldState, scope).users.add(OldUser(name="Al", groups="a,b")))
    store.close()
    for _ in range(2):
        store = Store(backend=SqliteBackend(path))
        store.register(NewState)
        with store.begin() as tx:
            for scope in (A, B):
                assert tx.state(NewState, scope).users.select("groups", "b") == [
                    NewUser(user_name="Al", groups=("a", "b"), colour="red")
                ]
        store.close()


def test_a_migration_that_fails_changes_nothing(path):
    store = Store(backend=SqliteBackend(path))
    store.register(OldState)
    store.run(lambda tx: tx.state(OldState, A).users.add(OldUser(name="Al", groups="a,b")))
    store.close()
    before = content(path)

    class BadState(State, per=Per.ACCOUNT, service="evolving"):
        users = table(NewUser, key="user_name", version=2, migrations={1: split})

    store = Store(backend=SqliteBackend(path))
    with pytest.raises(StateFileError, match=r"evolving\.users: a record of version 1 cannot be migrated"):
        store.register(BadState)
    store.close()
    assert content(path) == before


def test_a_new_field_with_a_default_needs_no_migration(path):
    class Wider(Record):
        name: str
        groups: str
        colour: str = "red"

    class WiderState(State, per=Per.ACCOUNT, service="evolving"):
        users = table(Wider, key="name", fold_case=True)

    store = Store(backend=SqliteBackend(path))
    store.register(OldState)
    store.run(lambda tx: tx.state(OldState, A).users.add(OldUser(name="Al", groups="a,b")))
    store.close()
    store = Store(backend=SqliteBackend(path))
    store.register(WiderState)
    with store.begin() as tx:
        assert tx.state(WiderState, A).users["al"].colour == "red"
    store.close()


# Several processes: two stores with a connection each stand for them.


@pytest.fixture
def pair(path):
    path.parent.mkdir()
    lock = StateLock(path)
    stores = [open_store(path, lock=lock, shared=True) for _ in range(2)]
    yield stores
    for store in stores:
        store.close()
    lock.close()


def test_a_process_follows_what_another_committed(pair):
    one, two = pair
    add(one, "alice")
    add(one, "zoe", scope=B)
    assert names(two) == []
    two.refresh()
    assert names(two) == ["alice"]
    assert names(two, B) == ["zoe"]
    one.run(lambda tx: tx.state(CloudState, A).users.replace("alice", user("Al", user_id="AIDAALICE")))
    one.run(lambda tx: tx.state(CloudState, A).inline.add(InlinePolicy(user_name="Al", policy_name="p")))
    two.refresh()
    two.run(lambda tx: tx.state(CloudState, A).inline.remove(("AL", "P")))
    assert names(two) == ["Al"]
    one.refresh()
    with one.begin() as tx:
        assert len(tx.state(CloudState, A).inline) == 0
        assert tx.state(CloudState, A).users.find("user_id", "AIDAALICE").user_name == "Al"
    one.reset()
    two.refresh()
    assert two.scopes() == []


def test_a_reset_in_another_process_is_told_once(pair):
    one, two = pair
    told = []
    two.on_reset = lambda: told.append("reset")
    add(one, "alice")
    two.refresh()
    assert told == []
    one.reset()
    add(two, "bob")  # takes the reset in while it commits
    two.refresh()
    two.refresh()
    assert told == ["reset"]
    assert names(two) == ["bob"]


def test_a_process_does_not_follow_itself(pair):
    one, two = pair
    one.refresh()
    add(one, "alice")
    assert list(one.backend.follow()) == []
    assert len(list(two.backend.follow())) == 1


def test_a_transaction_under_way_keeps_its_snapshot_while_following(pair):
    one, two = pair
    add(one, "alice")
    two.refresh()
    with two.begin() as reader:
        add(one, "bob")
        two.refresh()
        assert [u.user_name for u in reader.state(CloudState, A).users] == ["alice"]
    assert names(two) == ["alice", "bob"]


def test_conflicts_are_found_across_processes(pair):
    one, two = pair
    with two.begin() as tx:
        assert "alice" not in tx.state(CloudState, A).users
        tx.state(CloudState, A).users.add(user("alice", user_id="OTHER"))
        add(one, "alice")
        with pytest.raises(Conflict):
            tx.commit()
    assert names(two) == ["alice"]
    add(two, "bob")
    one.refresh()
    assert names(one) == ["alice", "bob"]


def test_a_process_far_behind_reads_the_whole_file(pair):
    one, two = pair
    add(two, "gone")
    one.refresh()
    one.run(lambda tx: tx.state(CloudState, A).users.clear())
    add(one, "alice")
    one.backend._connection.execute("DELETE FROM journal WHERE sequence <= 2")
    two.refresh()
    assert names(two) == ["alice"]
    one.run(lambda tx: [tx.state(CloudState, B).users.add(user(f"u{i}", path="x" * 10_000)) for i in range(500)])
    two.refresh()
    assert len(names(two, B)) == 500
    assert names(two) == ["alice"]


def test_counters_of_two_processes_lose_nothing(pair):
    add(pair[0], "n", path="0")

    def increment(tx):
        users = tx.state(CloudState, A).users
        users.put(users["n"].replace(path=str(int(users["n"].path) + 1)))

    def work(store):
        for _ in range(100):
            store.refresh()
            store.run(increment)

    threads = [threading.Thread(target=work, args=(store,)) for store in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in pair:
        store.refresh()
        with store.begin() as tx:
            assert tx.state(CloudState, A).users["n"].path == "200"
