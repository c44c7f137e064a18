import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest

from cloudward.clock import Clock
from cloudward.scope import Per
from cloudward.state import InvalidDocument, Record, SqliteBackend, State, Store, reference, table
from cloudward.state.diff import diff, in_words
from cloudward.state.document import decode_document
from cloudward.state.snapshots import NoSuchSnapshot, Snapshots, export, import_
from tests.unit.state.cloud import (
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

EAST = A._replace(region="us-east-1")


@pytest.fixture(params=["memory", "normal", "full"])
def store(request, tmp_path):
    backend = None
    if request.param != "memory":
        backend = SqliteBackend(tmp_path / "state.db", durability=request.param)
    clock = Clock()
    clock.freeze(datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC))
    store = Store(clock=clock, backend=backend)
    for state in (CloudState, RegionState, PartitionState):
        store.register(state)
    yield store
    store.close()


def fill(tx):
    state = tx.state(CloudState, A)
    state.users.add(user("Alice", path="/é/", tags=("x",), created=datetime(2026, 1, 1, tzinfo=UTC)))
    state.users.add(user("bob"))
    state.access_keys.add(AccessKey(access_key_id="K1", user_name="ALICE"))
    state.inline.add(InlinePolicy(user_name="Alice", policy_name="P", document='{"Statement":[{"Effect":"Allow"}]}'))
    state.password_policy.set(PasswordPolicy(minimum_length=10))
    tx.state(CloudState, B).users.add(user("carol"))
    tx.state(RegionState, EAST).queues.add(Queue(name="q"))
    tx.state(PartitionState, A).buckets.add(Queue(name="b"))


def whole(store):
    return b"".join(export(store))


def test_a_snapshot_brings_everything_back(store, tmp_path):
    snapshots = Snapshots(tmp_path / "snapshots", store)
    store.run(fill)
    before = whole(store)
    saved = snapshots.save("first")
    assert (saved.name, saved.size) == ("first", len(before))
    store.reset()
    store.run(lambda tx: tx.state(CloudState, B).users.add(user("mallory", user_id="AIDAALICE")))
    assert snapshots.load("first") == 8
    assert whole(store) == before
    with store.begin() as tx:
        assert tx.across(CloudState.users, "aws").find_by("user_id", "AIDAALICE").scope == A
    assert [one.name for one in snapshots.list()] == ["first"]
    assert (tmp_path / "snapshots" / "first.json").stat().st_mode & 0o077 == 0
    snapshots.delete("first")
    assert list(snapshots.list()) == []


def test_missing_snapshots_and_bad_names_are_refused(store, tmp_path):
    snapshots = Snapshots(tmp_path / "inside" / "snapshots", store)
    for action in (snapshots.load, snapshots.delete):
        with pytest.raises(NoSuchSnapshot, match="no snapshot 'x'"):
            action("x")
    (tmp_path / "victim.json").write_text("{}")
    for name in ("../victim", "../../victim", "/etc/passwd", "a/b", "", ".", "..", ".hidden", "a\0b", "x" * 200, "é"):
        for action in (snapshots.save, snapshots.load, snapshots.delete):
            with pytest.raises(InvalidDocument, match="cannot name a snapshot"):
                action(name)
    assert [file.name for file in tmp_path.iterdir() if file.is_file() and "state" not in file.name] == ["victim.json"]


def test_an_export_follows_its_schema_and_is_the_same_every_time(store):
    store.run(fill)
    text = whole(store)
    assert text == whole(store)
    document = json.loads(text)
    import cloudward_specs

    schemas = Path(cloudward_specs.__file__).parent / "schemas"
    schema = json.loads((schemas / "state_export.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema, format_checker=jsonschema.FormatChecker())
    assert document["created"] == "2026-05-06T07:08:09Z"
    assert document["versions"]["cloud"]["users"] == 1
    assert [(entry.get("account"), entry["service"]) for entry in document["state"]] == [
        (None, "names"),
        (A.account, "cloud"),
        (A.account, "queues"),
        (B.account, "cloud"),
    ]


def test_an_empty_state_can_be_exported_and_imported(store):
    text = whole(store)
    store.run(fill)
    assert import_(store, text) == 0
    assert store.scopes() == []


def change(document, path, value):
    *steps, last = path
    for step in steps:
        document = document[step]
    if value is ...:
        del document[last]
    else:
        document[last] = value


USERS = ["state", 1, "tables", "users"]


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (["format"], "pod", "not a cloudward state export"),
        (["version"], 2, "version 2 of the export format"),
        (["extra"], 1, "unknown field `extra`"),
        (["state", 1, "service"], "sqs", "unknown service 'sqs'; loaded are cloud, names, queues"),
        (["state", 1, "tables", "cats"], [], "cloud has no table 'cats'"),
        (["state", 1, "account"], "12", "'12' is not a valid account"),
        (["state", 1, "account"], "../../etc/pass", "'../../etc/pass' is not a valid account"),
        (["state", 1, "account"], ..., "'' is not a valid account"),
        (["state", 1, "region"], "us-east-1", "not kept per region"),
        (["state", 2, "region"], "../..", "not a valid region"),
        (["state", 0, "account"], "111111111111", "not kept per account"),
        (["state", 1, "partition"], "AWS", "not a valid partition"),
        (["state", 3, "account"], A.account, "cloud.users of this scope comes twice"),
        (["versions", "cloud", "users"], ..., "does not tell the version of cloud.users"),
        (["versions", "cloud", "users"], 7, "newer plugin"),
        (["versions", "cloud", "users"], 0, "does not tell the version"),
        (USERS, {}, "not a list of records"),
        ([*USERS, 0, "user_name"], 7, r"state\[1\].tables.users\[0\]: Expected `str`, got `int`"),
        ([*USERS, 0, "user_name"], ..., "missing required field `user_name`"),
        ([*USERS, 0, "colour"], "red", r"users\[0\]: unknown field colour"),
        ([*USERS, 1, "user_name"], "ALICE", "the key 'ALICE' comes twice"),
        ([*USERS, 1, "user_id"], "AIDAALICE", "have the same user_id 'AIDAALICE'"),
        (["state", 3, "tables", "users", 0, "user_id"], "AIDAALICE", "have the same user_id 'AIDAALICE'"),
        (["state", 1, "tables", "access_keys", 0, "user_name"], "zed", "refers with user_name 'zed' to users"),
        (["state", 1, "tables", "password_policy"], [], "Expected `object`, got `array`"),
    ],
)
def test_a_document_that_is_not_right_changes_nothing(store, path, value, reason):
    store.run(fill)
    before = whole(store)
    document = json.loads(before)
    change(document, path, value)
    with pytest.raises(InvalidDocument, match=reason) as caught:
        import_(store, json.dumps(document).encode(), "backup.json")
    assert "backup.json" in str(caught.value)
    assert whole(store) == before


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"\xff\xfe", b"null", b'{"format": "cloudward-state"}', b"[" * 5000]
)
def test_what_is_no_document_changes_nothing(store, text):
    store.run(fill)
    before = whole(store)
    with pytest.raises(InvalidDocument, match="not a cloudward state export"):
        import_(store, text)
    assert whole(store) == before


def test_a_truncated_document_is_refused(store):
    store.run(fill)
    text = whole(store)
    for end in range(0, len(text) - 2, 37):
        with pytest.raises(InvalidDocument):
            decode_document(text[:end], store.tables)


def test_an_import_from_an_older_version_is_migrated():
    class Old(Record):
        name: str

    class New(Record):
        name: str
        size: int

    class OldState(State, per=Per.ACCOUNT, service="evolving"):
        things = table(Old, key="name")

    class NewState(State, per=Per.ACCOUNT, service="evolving"):
        things = table(
            New, key="name", version=2, migrations={1: lambda fields: {**fields, "size": len(fields["name"])}}
        )

    store = Store()
    store.register(OldState)
    store.run(lambda tx: tx.state(OldState, A).things.add(Old(name="four")))
    text = whole(store)
    store = Store()
    store.register(NewState)
    assert import_(store, text) == 1
    with store.begin() as tx:
        assert tx.state(NewState, A).things["four"].size == 4


def test_references_by_unique_value_and_records_that_refer_to_nothing():
    class Key(Record):
        name: str
        owner: str

    from cloudward.state import index

    class OwnerState(State, per=Per.ACCOUNT, service="owners"):
        people = table(Queue, key="name", indexes=(index("name", unique_in=Per.ACCOUNT),))
        keys = table(
            Key,
            key="name",
            references=(reference("owner", "people.name", unless=lambda key: key.owner == "root"),),
            check=lambda key: "is too long" if len(key.name) > 3 else None,
        )

    def text(owner, name="k"):
        store = Store()
        store.register(OwnerState)
        store.run(lambda tx: tx.state(OwnerState, A).people.add(Queue(name="ann")))
        store.run(lambda tx: tx.state(OwnerState, A).keys.add(Key(name=name, owner=owner)))
        return store, whole(store)

    for owner in ("ann", "root"):
        store, good = text(owner)
        assert import_(store, good) == 2
    store, bad = text("eve")
    with pytest.raises(InvalidDocument, match=r"owners\.keys 'k' refers with owner 'eve' to people"):
        import_(store, bad)
    store, bad = text("ann", "keyring")
    with pytest.raises(InvalidDocument, match=r"keys\[0\]: is too long"):
        import_(store, bad)


def test_differences_in_words(store):
    store.run(fill)
    before = store.contents()

    def edit(tx):
        state = tx.state(CloudState, A)
        state.users.replace("alice", user("Alicia", path="/é/", tags=("y",), user_id="AIDAALICE"))
        state.users.remove("bob")
        state.inline.put(InlinePolicy(user_name="Alice", policy_name="P", document='{"Statement":[{"Effect":"Deny"}]}'))
        state.access_keys.add(AccessKey(access_key_id="K2", user_name="alicia"))
        state.password_policy.set(PasswordPolicy(minimum_length=12))
        tx.state(RegionState, EAST).queues.add(Queue(name="r"))

    store.run(edit)
    assert list(in_words(diff(before, store.contents()))) == [
        "aws 111111111111 cloud",
        "  + access key K2 of user Alicia added",
        "  ~ inline Alice/P",  # its user has another name now, so this is all that is known
        "      document changed:",
        "        --- before",
        "        +++ after",
        "        @@ -2,5 +2,5 @@",
        '           "Statement": [',
        "             {",
        '        -      "Effect": "Allow"',
        '        +      "Effect": "Deny"',
        "             }",
        "           ]",
        "  ~ password policy",
        "      minimum length changed from 10 to 12",
        "  ~ user Alice renamed to Alicia",
        "      tags: x removed",
        "      tags: y added",
        "      created 2026-01-01T00:00:00Z taken away",
        "  - user bob removed",
        "aws 111111111111 us-east-1 queues",
        "  + queue r added",
    ]
    assert diff(before, before) == []


def test_differences_do_not_tell_secrets():
    class Credential(Record):
        name: str
        secret_value: str
        blob: bytes = b""

    class SecretState(State, per=Per.ACCOUNT, service="secrets"):
        credentials = table(Credential, key="name")

    def contents(**fields):
        store = Store()
        store.register(SecretState)
        store.run(lambda tx: tx.state(SecretState, A).credentials.add(Credential(name="c", **fields)))
        return store.contents()

    text = "\n".join(in_words(diff(contents(secret_value="aaa111"), contents(secret_value="bbb222", blob=b"ccc333"))))
    assert "secret value changed" in text
    assert "blob changed" in text
    assert "111" not in text.replace(A.account, "")
    assert "222" not in text
    assert "Y2Nj" not in text


def test_progress_is_told(store, tmp_path):
    store.run(lambda tx: [tx.state(CloudState, A).users.add(user(f"u{i}")) for i in range(5000)])
    told = []
    snapshots = Snapshots(tmp_path / "snapshots", store)
    snapshots.save("big", lambda done, total: told.append((done, total)))
    assert told[-1] == (5000, 5000)
    assert len(told) > 2
    told.clear()
    snapshots.load("big", lambda done, total: told.append((done, total)))
    assert told
    assert all(done <= total == 5000 for done, total in told)
