import threading

import pytest

from cloudward.state import Conflict, DuplicateKey, StateError, Store
from tests.unit.state.cloud import A, AccessKey, B, CloudState, user


@pytest.fixture
def store():
    store = Store()
    store.register(CloudState)
    store.run(lambda tx: [tx.state(CloudState, A).users.add(user(name)) for name in ("alice", "bob", "carol")])
    return store


def names(tx, scope=A):
    return [u.user_name for u in tx.state(CloudState, scope).users]


def test_a_transaction_sees_its_own_writes_everywhere(store):
    with store.begin() as tx:
        users = tx.state(CloudState, A).users
        users.add(user("Bea", path="/x/", user_id="AIDA9"))
        users.remove("carol")
        users.put(users["alice"].replace(path="/x/"))
        assert names(tx) == ["alice", "Bea", "bob"]
        assert len(users) == 3
        assert "carol" not in users
        assert [u.user_name for u in users.select("path", "/x/")] == ["alice", "Bea"]
        assert users.count("path", "/x/") == 2
        assert users.count("path", "/") == 1
        assert users.find("user_id", "AIDA9").user_name == "Bea"
        assert users.find("user_id", "AIDACAROL") is None
        assert [u.user_name for u in users.page(after="alice", limit=1).items] == ["Bea"]
        assert tx.across(CloudState.users, "aws").find_by("user_id", "AIDA9").scope == A
        users.add(user("dave", user_id="AIDACAROL"))
        with pytest.raises(DuplicateKey):
            users.add(user("erin", user_id="AIDA9"))


def test_nothing_is_kept_of_a_transaction_that_fails(store):
    def fail(tx):
        state = tx.state(CloudState, A)
        state.users.add(user("dave"))
        state.users.remove("alice")
        state.access_keys.add(AccessKey(access_key_id="K", user_name="dave"))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.run(fail)
    with store.begin() as tx:
        assert names(tx) == ["alice", "bob", "carol"]
        assert tx.across(CloudState.access_keys, "aws").find("K") is None


def test_two_states_of_one_transaction_are_one(store):
    with store.begin() as tx:
        tx.state(CloudState, A).users.remove("bob")
        assert names(tx) == ["alice", "carol"]


def test_a_transaction_goes_on_seeing_what_it_began_with(store):
    with store.begin() as reader:
        early = reader.state(CloudState, A).users
        assert "alice" in early
        with store.begin() as tx:
            users = tx.state(CloudState, A).users
            users.remove("alice")
            users.add(user("ann", path="/x/", user_id="AIDAALICE"))
            users.add(user("dan"))
            users.put(users["bob"].replace(path="/x/"))
            tx.state(CloudState, B).users.add(user("zoe"))
            tx.commit()
        assert names(reader) == ["alice", "bob", "carol"]
        assert len(early) == 3
        assert early["bob"].path == "/"
        assert early.select("path", "/x/") == []
        assert early.count("path", "/") == 3
        assert early.find("user_id", "AIDAALICE").user_name == "alice"
        assert names(reader, B) == []
    with store.begin() as reader:
        assert names(reader) == ["ann", "bob", "carol", "dan"]


def test_a_reset_is_a_conflict_for_who_read_before_it(store):
    tx = store.begin()
    assert "alice" in tx.state(CloudState, A).users
    tx.state(CloudState, B).users.add(user("zoe"))
    store.reset(account=A.account)
    with pytest.raises(Conflict):
        tx.commit()


def test_what_is_made_again_after_a_reset_does_not_show_in_transactions_under_way(store):
    with store.begin() as reader:
        users = reader.state(CloudState, A).users
        store.reset()
        store.run(lambda tx: tx.state(CloudState, A).users.add(user("alice", path="/new/")))
        assert users["alice"].path == "/"
        assert len(users) == 3


def test_a_reset_does_not_reach_into_transactions_under_way(store):
    with store.begin() as reader:
        store.reset()
        store.run(lambda tx: tx.state(CloudState, A).users.add(user("new", user_id="AIDAALICE")))
        assert names(reader) == ["alice", "bob", "carol"]
        assert reader.state(CloudState, A).users.find("user_id", "AIDAALICE").user_name == "alice"
        reader.state(CloudState, A).users.put(user("alice", path="/x/"))
        with pytest.raises(Conflict):
            reader.commit()
    with store.begin() as reader:
        assert names(reader) == ["new"]


def test_what_was_read_and_changed_by_another_is_a_conflict(store):
    tx = store.begin()
    path = tx.state(CloudState, A).users["alice"].path
    store.run(lambda other: other.state(CloudState, A).users.put(user("alice", path="/other/")))
    tx.state(CloudState, A).users.put(user("bob", path=path))
    with pytest.raises(Conflict):
        tx.commit()
    with store.begin() as tx:
        assert tx.state(CloudState, A).users["alice"].path == "/other/"
        assert tx.state(CloudState, A).users["bob"].path == "/"


def test_a_count_that_another_changed_is_a_conflict(store):
    def give_key(tx, key):
        keys = tx.state(CloudState, A).access_keys
        if keys.count("user_name", "alice") < 1:
            keys.add(AccessKey(access_key_id=key, user_name="alice"))

    tx = store.begin()
    give_key(tx, "K1")
    store.run(lambda other: give_key(other, "K2"))
    with pytest.raises(Conflict):
        tx.commit()


def test_a_unique_value_taken_meanwhile_in_another_account_is_a_conflict(store):
    tx = store.begin()
    tx.state(CloudState, A).users.add(user("dave", user_id="SAME"))
    store.run(lambda other: other.state(CloudState, B).users.add(user("erin", user_id="SAME")))
    with pytest.raises(Conflict):
        tx.commit()


def test_unrelated_changes_are_no_conflict(store):
    tx = store.begin()
    tx.state(CloudState, A).users.put(tx.state(CloudState, A).users["alice"].replace(path="/1/"))
    store.run(lambda other: other.state(CloudState, A).users.put(user("bob", path="/2/")))
    store.run(lambda other: other.state(CloudState, B).users.add(user("erin")))
    tx.commit()
    with store.begin() as tx:
        assert [u.path for u in tx.state(CloudState, A).users] == ["/1/", "/2/", "/"]


def test_a_reader_never_conflicts(store):
    tx = store.begin()
    assert names(tx) == ["alice", "bob", "carol"]
    store.reset()
    assert tx.commit() is None


def test_an_ended_transaction_takes_no_writes(store):
    tx = store.begin()
    users = tx.state(CloudState, A).users
    tx.commit()
    with pytest.raises(StateError, match="ended"):
        users.add(user("dave"))
    with pytest.raises(StateError, match="ended"):
        tx.commit()
    tx.rollback()


def test_records_may_be_removed_while_iterating(store):
    store.run(lambda tx: [tx.state(CloudState, A).users.add(user(f"u{i:04}")) for i in range(1500)])

    def empty(tx):
        users = tx.state(CloudState, A).users
        for record in users:
            users.remove(record.user_name)
        return len(users)

    assert store.run(empty) == 0
    assert store.scopes() == []


def test_clear_then_write_in_one_transaction(store):
    def refill(tx):
        users = tx.state(CloudState, A).users
        users.put(user("zed"))
        users.clear()
        assert list(users) == []
        assert len(users) == 0
        users.add(user("alice", user_id="NEW"))
        users.add(user("bert", user_id="AIDAALICE"))
        assert users.find("user_id", "AIDAALICE").user_name == "bert"
        return names(tx)

    assert store.run(refill) == ["alice", "bert"]
    with store.begin() as tx:
        assert names(tx) == ["alice", "bert"]
        assert tx.state(CloudState, A).users.find("user_id", "AIDABOB") is None
        assert tx.state(CloudState, A).users.find("user_id", "AIDAALICE").user_name == "bert"


def test_threads_lose_no_update_and_see_no_half(store):
    store.run(lambda tx: [tx.state(CloudState, s).users.put(user("n", user_id=s.account, path="0")) for s in (A, B)])
    problems = []

    def increment():
        for _ in range(200):

            def step(tx):
                for scope in (A, B):
                    users = tx.state(CloudState, scope).users
                    record = users["n"]
                    users.put(record.replace(path=str(int(record.path) + 1)))

            store.run(step)

    def look():
        for _ in range(400):
            with store.begin() as tx:
                one = tx.state(CloudState, A).users["n"].path
                two = next(iter(tx.state(CloudState, B).users)).path
                if one != two:
                    problems.append((one, two))

    threads = [threading.Thread(target=target) for target in (increment, increment, look, increment, look)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with store.begin() as tx:
        assert tx.state(CloudState, A).users["n"].path == "600"


def test_an_exclusive_transaction_keeps_others_from_committing(store):
    done = threading.Event()

    def write():
        store.run(lambda tx: tx.state(CloudState, A).users.add(user("late")))
        done.set()

    with store.begin(exclusive=True) as tx:
        thread = threading.Thread(target=write)
        thread.start()
        assert not done.wait(0.05)
        tx.state(CloudState, A).users.add(user("early"))
        tx.commit()
    assert done.wait(5)
    thread.join()
    with store.begin() as tx:
        assert {"early", "late"} <= set(names(tx))
