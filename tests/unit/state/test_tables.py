import pytest

from cloudward.scope import Per, Scope
from cloudward.state import DuplicateKey, Record, State, StateError, Store, index, table
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


@pytest.fixture
def store():
    store = Store()
    for state in (CloudState, RegionState, PartitionState):
        store.register(state)
    return store


def add_users(store, *names, scope=A, **more):
    store.run(lambda tx: [tx.state(CloudState, scope).users.add(user(name, **more)) for name in names])


def read(store, function, scope=A):
    return store.run(lambda tx: function(tx.state(CloudState, scope)))


def test_a_record_is_found_by_its_key_in_any_case(store):
    add_users(store, "Alice")
    assert read(store, lambda state: state.users["ALICE"]).user_name == "Alice"
    assert read(store, lambda state: "alice" in state.users)
    assert read(store, lambda state: state.users.get("bob")) is None
    with pytest.raises(KeyError):
        read(store, lambda state: state.users["bob"])


def test_a_taken_key_is_refused_in_any_case(store):
    add_users(store, "Alice")
    with pytest.raises(DuplicateKey) as caught:
        add_users(store, "aLICE")
    assert caught.value.table == "users"
    assert caught.value.field == "user_name"


def test_accounts_partitions_and_regions_are_separate(store):
    add_users(store, "alice")
    for scope in (B, CHINA):
        assert read(store, lambda state: list(state.users), scope) == []
    east, west = A._replace(region="us-east-1"), A._replace(region="us-west-2")
    store.run(lambda tx: tx.state(RegionState, east).queues.add(Queue(name="q")))
    assert store.run(lambda tx: "q" in tx.state(RegionState, east).queues)
    assert store.run(lambda tx: "q" not in tx.state(RegionState, west).queues)
    assert read(store, lambda state: "alice" in state.users, east)  # an account's state in any of its regions
    store.run(lambda tx: tx.state(PartitionState, A).buckets.add(Queue(name="b")))
    assert store.run(lambda tx: "b" in tx.state(PartitionState, B).buckets)
    assert store.run(lambda tx: "b" not in tx.state(PartitionState, CHINA).buckets)


def test_another_accounts_records_are_reached_through_declared_lookups_only(store):
    add_users(store, "alice", user_id="AIDA1")
    store.run(lambda tx: tx.state(CloudState, A).access_keys.add(AccessKey(access_key_id="K1", user_name="alice")))

    def look(tx):
        across = tx.across(CloudState.access_keys, "aws")
        assert across.find("K1").scope == A
        assert across.find("K1").record.user_name == "alice"
        assert across.find("K2") is None
        assert tx.across(CloudState.access_keys, "aws-cn").find("K1") is None
        found = tx.across(CloudState.users, "aws").find_by("user_id", "AIDA1")
        assert (found.scope, found.record.user_name) == (A, "alice")
        assert tx.state(CloudState, B).users.find("user_id", "AIDA1") is None
        with pytest.raises(TypeError, match="not declared unique"):
            tx.across(CloudState.users, "aws").find("alice")
        with pytest.raises(TypeError, match="not declared unique"):
            tx.across(CloudState.users, "aws").find_by("path", "/")

    store.run(look)


def test_unique_values_are_unique_across_the_accounts_of_a_partition(store):
    add_users(store, "alice", user_id="AIDA1")
    with pytest.raises(DuplicateKey) as caught:
        add_users(store, "bob", user_id="AIDA1", scope=B)
    assert caught.value.field == "user_id"
    add_users(store, "bob", user_id="AIDA1", scope=CHINA)
    store.run(lambda tx: tx.state(CloudState, A).access_keys.add(AccessKey(access_key_id="K", user_name="a")))
    with pytest.raises(DuplicateKey):
        store.run(lambda tx: tx.state(CloudState, B).access_keys.add(AccessKey(access_key_id="K", user_name="a")))


def test_a_unique_value_is_free_again_after_removal_and_change(store):
    add_users(store, "alice", user_id="AIDA1")
    read(store, lambda state: state.users.put(user("alice", user_id="AIDA2")))
    add_users(store, "bob", user_id="AIDA1", scope=B)
    read(store, lambda state: state.users.remove("alice"))
    add_users(store, "carol", user_id="AIDA2", scope=B)
    assert read(store, lambda state: state.users.find("user_id", "AIDA1"), B).user_name == "bob"


def test_a_rename_keeps_indexes_right_and_refuses_a_taken_name(store):
    add_users(store, "alice", path="/a/", user_id="AIDA1")
    add_users(store, "bob", path="/b/")
    with pytest.raises(DuplicateKey):
        read(store, lambda state: state.users.replace("alice", user("BOB", user_id="AIDA1")))
    with pytest.raises(KeyError):
        read(store, lambda state: state.users.replace("carol", user("dave")))
    read(store, lambda state: state.users.replace("ALICE", user("Carol", path="/c/", user_id="AIDA1")))
    assert [u.user_name for u in read(store, lambda state: list(state.users))] == ["bob", "Carol"]
    assert read(store, lambda state: state.users.select("path", "/a/")) == []
    assert [u.user_name for u in read(store, lambda state: state.users.select("path", "/c/"))] == ["Carol"]
    assert read(store, lambda state: state.users.find("user_id", "AIDA1")).user_name == "Carol"
    read(store, lambda state: state.users.replace("carol", user("CAROL", user_id="AIDA1")))  # only its case
    assert read(store, lambda state: state.users["carol"]).user_name == "CAROL"


def test_a_failed_change_leaves_the_transaction_as_it_was(store):
    add_users(store, "alice", user_id="AIDA1")
    add_users(store, "bob", user_id="AIDA2")
    with store.begin() as tx:
        users = tx.state(CloudState, A).users
        with pytest.raises(DuplicateKey):
            users.replace("alice", user("carol", user_id="AIDA2"))
        assert "alice" in users
        assert "carol" not in users
        tx.commit()


def test_pages_follow_the_folded_order_from_any_key(store):
    names = ["delta", "Alpha", "charlie", "Bravo", "echo"]
    add_users(store, *names)
    first = read(store, lambda state: state.users.page(limit=2))
    assert [u.user_name for u in first.items] == ["Alpha", "Bravo"]
    assert first.next == "Bravo"
    second = read(store, lambda state: state.users.page(after=first.next, limit=3))
    assert [u.user_name for u in second.items] == ["charlie", "delta", "echo"]
    assert second.next is None
    assert read(store, lambda state: state.users.page(after="b")).items[0].user_name == "Bravo"
    even = read(store, lambda state: state.users.page(limit=1, where=lambda u: "e" in u.user_name))
    assert ([u.user_name for u in even.items], even.next) == (["charlie"], "charlie")
    assert read(store, lambda state: state.users.page(prefix="D")).items[0].user_name == "delta"
    with pytest.raises(ValueError, match="0"):
        read(store, lambda state: state.users.page(limit=0))


def test_composite_keys_range_over_their_first_part(store):
    def fill(tx):
        inline = tx.state(CloudState, A).inline
        for owner in ("Al", "Alb", "Bo"):
            for name in ("P2", "p1"):
                inline.add(InlinePolicy(user_name=owner, policy_name=name))

    store.run(fill)
    assert [p.policy_name for p in read(store, lambda state: list(state.inline.range(("al",))))] == ["p1", "P2"]
    page = read(store, lambda state: state.inline.page(prefix=("AL",), limit=1))
    assert page.next == ("Al", "p1")
    rest = read(store, lambda state: state.inline.page(prefix=("al",), after=page.next, limit=1))
    assert [p.policy_name for p in rest.items] == ["P2"]
    assert rest.next is None
    assert read(store, lambda state: ("AL", "P1") in state.inline)


def test_indexes_list_in_the_order_of_keys(store):
    add_users(store, "c", "a", "b", path="/x/")
    add_users(store, "d", path="/x", tags=("t1", "t2", "t1"))
    page = read(store, lambda state: state.users.select_page("path", "/x/", limit=2))
    assert [u.user_name for u in page.items] == ["a", "b"]
    rest = read(store, lambda state: state.users.select_page("path", "/x/", after=page.next, limit=2))
    assert ([u.user_name for u in rest.items], rest.next) == (["c"], None)
    assert [u.user_name for u in read(store, lambda s: s.users.select("path", "/x/", limit=1))] == ["a"]
    assert read(store, lambda state: state.users.count("path", "/x/")) == 3
    assert read(store, lambda state: state.users.count("path", "/y/")) == 0
    assert [u.user_name for u in read(store, lambda state: state.users.select("tags", "t1"))] == ["d"]
    with pytest.raises(TypeError, match="no index"):
        read(store, lambda state: state.users.select("colour", "red"))
    with pytest.raises(TypeError, match="not unique"):
        read(store, lambda state: state.users.find("path", "/"))
    with pytest.raises(TypeError, match="is unique"):
        read(store, lambda state: state.users.count("user_id", "/"))


def test_a_folded_index_finds_in_any_case(store):
    read(store, lambda state: state.access_keys.add(AccessKey(access_key_id="K", user_name="Alice")))
    assert read(store, lambda state: state.access_keys.count("user_name", "ALICE")) == 1


def test_a_single_record(store):
    assert read(store, lambda state: state.password_policy.get()) is None
    read(store, lambda state: state.password_policy.set(PasswordPolicy(minimum_length=8)))
    read(store, lambda state: state.password_policy.set(PasswordPolicy(minimum_length=9)))
    assert read(store, lambda state: state.password_policy.get()).minimum_length == 9
    assert read(store, lambda state: state.password_policy.get(), B) is None
    assert read(store, lambda state: state.password_policy.clear()).minimum_length == 9
    assert read(store, lambda state: state.password_policy.clear()) is None


def test_reset_takes_what_it_was_told_to(store):
    add_users(store, "alice")
    add_users(store, "bob", scope=B)
    store.run(lambda tx: tx.state(RegionState, Scope(*A[:2], "us-east-1")).queues.add(Queue(name="q")))
    assert store.scopes() == [A, Scope(*A[:2], "us-east-1"), B]
    store.reset(service="queues")
    assert store.scopes() == [A, B]
    store.reset(account=A.account)
    assert store.scopes() == [B]
    add_users(store, "alice")  # its unique id is free again
    store.reset()
    assert store.scopes("cloud") == []


def test_declarations_are_checked():
    class Thing(Record):
        name: str

    with pytest.raises(TypeError, match="no field nam"):
        table(Thing, key="nam")
    with pytest.raises(TypeError, match="no field colour"):
        table(Thing, key="name", indexes=(index("colour"),))
    with pytest.raises(TypeError, match="no migration from version 1"):
        table(Thing, key="name", version=2)
    with pytest.raises(TypeError, match="same name"):
        table(Thing, key="name", indexes=(index("name"), index("name")))
    with pytest.raises(TypeError, match="refers to"):
        type("BadState", (State,), {"t": table(Thing, key="name", references=("users", "name"))})

    class OneState(State, per=Per.ACCOUNT, service="x"):
        things = table(Thing, key="name")

    class TwoState(State, per=Per.REGION, service="x"):
        things = table(Thing, key="name")

    store = Store()
    store.register(OneState)
    store.register(OneState)
    with pytest.raises(StateError, match="two state classes"):
        store.register(TwoState)


def test_records_are_immutable_and_keyword_only():
    alice = user("alice")
    with pytest.raises(AttributeError):
        alice.path = "/x/"
    assert alice.replace(path="/x/").path == "/x/"
    assert alice.path == "/"
    with pytest.raises(TypeError):
        type(alice)("alice", "AIDA")
