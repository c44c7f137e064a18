"""Random operations on two accounts against a plain model, with crashes and restarts between the steps."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cloudward.state import DuplicateKey, SqliteBackend, StateLock, Store
from tests.unit.state.cloud import A, AccessKey, B, CloudState, InlinePolicy, PasswordPolicy, user

SCOPES = st.sampled_from([A, B])
NAMES = st.sampled_from(["alice", "Alice", "ALICIA", "bob", "Bob-2", "carol", "al"])
IDS = st.sampled_from([f"ID{n}" for n in range(6)])
PATHS = st.sampled_from(["/", "/x/", "/x/y/"])


class Model:
    """What the state should be: plain dicts, copied for every transaction."""

    def __init__(self):
        self.users = {A: {}, B: {}}
        self.keys = {A: {}, B: {}}
        self.inline = {A: {}, B: {}}
        self.policy = {A: None, B: None}

    def copy(self):
        other = Model()
        for name in ("users", "keys", "inline"):
            setattr(other, name, {scope: dict(content) for scope, content in getattr(self, name).items()})
        other.policy = dict(self.policy)
        return other

    def id_taken(self, user_id, scope, name):
        return any(
            record.user_id == user_id and (where, key) != (scope, name)
            for where in (A, B)
            for key, record in self.users[where].items()
        )


class Machine(RuleBasedStateMachine):
    """One transaction is open at a time; two processes take turns where the storage is shared."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "state.db"
        self.lock = None
        self.committed = Model()
        self.open()
        self.begin()

    def backend(self):
        return SqliteBackend(self.path)

    def open(self):
        backend = self.backend()
        self.store = Store(backend=backend)
        self.store.register(CloudState)

    def begin(self):
        self.store.refresh()
        self.tx = self.store.begin()
        self.model = self.committed.copy()

    def teardown(self):
        self.tx.rollback()
        self.store.close()
        shutil.rmtree(self.folder)

    # Writes

    @rule(scope=SCOPES, name=NAMES, user_id=IDS, path=PATHS)
    def add_user(self, scope, name, user_id, path):
        record = user(name, user_id=user_id, path=path)
        key = name.lower()
        if key in self.model.users[scope] or self.model.id_taken(user_id, scope, key):
            with pytest.raises(DuplicateKey):
                self.tx.state(CloudState, scope).users.add(record)
        else:
            assert self.tx.state(CloudState, scope).users.add(record) is record
            self.model.users[scope][key] = record

    @rule(scope=SCOPES, name=NAMES, user_id=IDS, path=PATHS)
    def put_user(self, scope, name, user_id, path):
        record = user(name, user_id=user_id, path=path)
        if self.model.id_taken(user_id, scope, name.lower()):
            with pytest.raises(DuplicateKey):
                self.tx.state(CloudState, scope).users.put(record)
        else:
            self.tx.state(CloudState, scope).users.put(record)
            self.model.users[scope][name.lower()] = record

    @rule(scope=SCOPES, old=NAMES, name=NAMES, user_id=IDS)
    def rename_user(self, scope, old, name, user_id):
        users = self.tx.state(CloudState, scope).users
        record = user(name, user_id=user_id)
        known, old_key, key = self.model.users[scope], old.lower(), name.lower()
        if old_key not in known:
            with pytest.raises(KeyError):
                users.replace(old, record)
        elif (key != old_key and key in known) or self.model.id_taken(user_id, scope, old_key):
            with pytest.raises(DuplicateKey):
                users.replace(old, record)
        else:
            users.replace(old, record)
            del known[old_key]
            known[key] = record

    @rule(scope=SCOPES, name=NAMES)
    def remove_user(self, scope, name):
        users = self.tx.state(CloudState, scope).users
        if name.lower() in self.model.users[scope]:
            assert users.remove(name) == self.model.users[scope].pop(name.lower())
        else:
            with pytest.raises(KeyError):
                users.remove(name)

    @rule(scope=SCOPES, key=IDS, owner=NAMES)
    def add_key(self, scope, key, owner):
        keys = self.tx.state(CloudState, scope).access_keys
        record = AccessKey(access_key_id=key, user_name=owner)
        if key in self.model.keys[A] or key in self.model.keys[B]:
            with pytest.raises(DuplicateKey):
                keys.add(record)
        else:
            keys.add(record)
            self.model.keys[scope][key] = record

    @rule(scope=SCOPES, owner=NAMES, name=NAMES)
    def put_inline(self, scope, owner, name):
        record = InlinePolicy(user_name=owner, policy_name=name)
        self.tx.state(CloudState, scope).inline.put(record)
        self.model.inline[scope][owner.lower(), name.lower()] = record

    @rule(scope=SCOPES, length=st.none() | st.integers(6, 8))
    def set_policy(self, scope, length):
        place = self.tx.state(CloudState, scope).password_policy
        record = None if length is None else PasswordPolicy(minimum_length=length)
        if record is None:
            place.clear()
        else:
            place.set(record)
        self.model.policy[scope] = record

    @rule(scope=SCOPES)
    def clear_users(self, scope):
        self.tx.state(CloudState, scope).users.clear()
        self.model.users[scope].clear()

    # Ends and restarts

    @rule()
    def commit(self):
        self.tx.commit()
        self.committed = self.model
        self.begin()

    @rule()
    def roll_back(self):
        self.tx.rollback()
        self.begin()

    @precondition(lambda self: self.store.backend is not None)
    @rule()
    def restart(self):
        self.tx.rollback()
        self.store.close()
        self.open()
        self.begin()

    @precondition(lambda self: self.store.backend is not None)
    @rule()
    def crash(self):
        # What a killed process leaves behind: database and log as they are now, opened elsewhere.
        elsewhere = self.folder / "copy"
        elsewhere.mkdir()
        for file in self.folder.iterdir():
            if file.is_file() and not file.name.endswith(("-shm", ".lock")):
                shutil.copy(file, elsewhere)
        self.tx.rollback()
        self.store.close()
        for file in self.folder.iterdir():
            if file.is_file():
                file.unlink()
        for file in elsewhere.iterdir():
            file.rename(self.folder / file.name)
        elsewhere.rmdir()
        self.open()
        self.begin()

    @rule(account=st.sampled_from([None, A.account, B.account]))
    def reset(self, account):
        self.tx.rollback()
        self.store.reset(account=account)
        for scope in (A, B):
            if account in (None, scope.account):
                for content in (self.committed.users, self.committed.keys, self.committed.inline):
                    content[scope] = {}
                self.committed.policy[scope] = None
        self.begin()

    # What must hold after every step

    @rule(scope=SCOPES, name=NAMES, user_id=IDS, path=PATHS, limit=st.integers(1, 4))
    def look(self, scope, name, user_id, path, limit):
        state = self.tx.state(CloudState, scope)
        known = self.model.users[scope]
        ordered = [known[key] for key in sorted(known)]
        assert state.users.get(name) == known.get(name.lower())
        after = [record for record in ordered if record.user_name.lower() > name.lower()]
        page = state.users.page(after=name, limit=limit)
        assert page.items == after[:limit]
        assert (page.next is None) == (len(after) <= limit)
        in_path = [record for record in ordered if record.path == path]
        assert state.users.select("path", path) == in_path
        assert state.users.select_page("path", path, limit=limit).items == in_path[:limit]
        assert state.users.count("path", path) == len(in_path)
        assert state.users.find("user_id", user_id) == next((r for r in ordered if r.user_id == user_id), None)
        found = self.tx.across(CloudState.access_keys, "aws").find(user_id)
        holders = [(where, self.model.keys[where][user_id]) for where in (A, B) if user_id in self.model.keys[where]]
        assert [found] == holders if found else not holders
        inline = self.model.inline[scope]
        wanted = [inline[key] for key in sorted(inline) if key[0] == name.lower()]
        assert list(state.inline.range((name,))) == wanted

    @invariant()
    def same(self):
        for scope in (A, B):
            state = self.tx.state(CloudState, scope)
            assert {r.user_name.lower(): r for r in state.users} == self.model.users[scope]
            assert len(state.users) == len(self.model.users[scope])
            assert {r.access_key_id: r for r in state.access_keys} == self.model.keys[scope]
            assert state.password_policy.get() == self.model.policy[scope]


class MemoryMachine(Machine):
    def backend(self):
        return None


class FullMachine(Machine):
    def backend(self):
        return SqliteBackend(self.path, durability="full")

    def commit(self):
        durable = self.tx.commit()
        if durable is not None:
            durable.wait(10)
        self.committed = self.model
        self.begin()

    commit = rule()(commit)


class SharedMachine(Machine):
    """Two processes on one file; each step may be taken by either."""

    def open(self):
        if self.lock is None:
            self.lock = StateLock(self.path)
        self.stores = []
        for _ in range(2):
            store = Store(backend=SqliteBackend(self.path, lock=self.lock, shared=True))
            store.register(CloudState)
            self.stores.append(store)
        self.store = self.stores[0]

    def begin(self):
        self.stores.reverse()
        self.store = self.stores[0]
        super().begin()

    def teardown(self):
        self.stores[1].close()
        super().teardown()
        self.lock.close()

    @rule()
    def restart(self):
        self.tx.rollback()
        for store in self.stores:
            store.close()
        self.open()
        self.begin()

    @rule()
    def crash(self):
        self.restart()


_SETTINGS = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

TestMemory = MemoryMachine.TestCase
TestMemory.settings = _SETTINGS
TestNormal = Machine.TestCase
TestNormal.settings = _SETTINGS
TestFull = FullMachine.TestCase
TestFull.settings = settings(_SETTINGS, max_examples=10)
TestShared = SharedMachine.TestCase
TestShared.settings = settings(_SETTINGS, max_examples=20)
