"""Opens the state files that released versions wrote: one is kept for every released layout.

`python -m tests.unit.state.test_kept_files NEW.db` writes one with the layout of the day.  Never change a kept file.
"""

import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cloudward.scope import Per
from cloudward.state import Record, SqliteBackend, State, Store, index, single, table
from cloudward.state.sqlite.layout import LAYOUT
from tests.unit.state.cloud import A, B

FILES = Path(__file__).parent / "files"


class Person(Record):
    name: str
    number: str
    born: datetime
    photo: bytes = b""
    tags: tuple[str, ...] = ()


class Grant(Record):
    name: str
    what: str
    document: str


class Settings(Record):
    limit: int


class FirstState(State, per=Per.ACCOUNT, service="kept"):
    """The state class that the kept files were written with."""

    people = table(Person, key="name", fold_case=True, indexes=(index("number", unique_in=Per.PARTITION),))
    grants = table(Grant, key=("name", "what"), fold_case=True)
    settings = single(Settings)


PEOPLE = [
    Person(
        name="Ann", number="1", born=datetime(1990, 1, 2, 3, 4, 5, 678, tzinfo=UTC), photo=b"\x00\xff", tags=("a", "é")
    ),
    Person(name="bob", number="2", born=datetime(2000, 12, 31, tzinfo=UTC)),
]
GRANTS = [Grant(name="Ann", what="Read", document='{"a": [1, 2]}'), Grant(name="ann", what="write", document="{}")]


class Named(Record):
    person_name: str
    number: int
    born: datetime
    photo: bytes = b""
    tags: tuple[str, ...] = ()
    colour: str = "red"


class LaterState(State, per=Per.ACCOUNT, service="kept"):
    """A later one: a field renamed, one of another type, a new one."""

    people = table(
        Named,
        key="person_name",
        version=3,
        migrations={
            1: lambda fields: {**fields, "person_name": fields["name"], "number": int(fields["number"])},
            2: lambda fields: {name: value for name, value in fields.items() if name != "name"},
        },
    )
    grants = table(Grant, key=("name", "what"), fold_case=True)


def write(path):
    store = Store(backend=SqliteBackend(path))
    store.register(FirstState)

    def fill(tx):
        state = tx.state(FirstState, A)
        for person in PEOPLE:
            state.people.add(person)
        for grant in GRANTS:
            state.grants.add(grant)
        tx.state(FirstState, B).settings.set(Settings(limit=7))

    store.run(fill)
    store.close()


def opened(name, folder, state):
    path = folder / name
    shutil.copy(FILES / name, path)
    store = Store(backend=SqliteBackend(path))
    store.register(state)
    return store


def test_there_is_a_file_of_every_layout():
    assert {file.name for file in FILES.glob("*.db")} >= {f"layout-{number}.db" for number in range(1, LAYOUT + 1)}


@pytest.mark.parametrize("name", sorted(file.name for file in FILES.glob("*.db")))
def test_a_kept_file_opens_as_it_was_written(name, tmp_path):
    store = opened(name, tmp_path, FirstState)
    with store.begin() as tx:
        state = tx.state(FirstState, A)
        assert list(state.people) == PEOPLE
        assert list(state.grants) == GRANTS
        assert tx.state(FirstState, B).settings.get() == Settings(limit=7)
        assert tx.across(FirstState.people, "aws").find_by("number", "2").record.name == "bob"
    store.close()


@pytest.mark.parametrize("name", sorted(file.name for file in FILES.glob("*.db")))
def test_a_kept_file_opens_with_later_records(name, tmp_path):
    store = opened(name, tmp_path, LaterState)
    with store.begin() as tx:
        people = tx.state(LaterState, A).people
        assert [(one.person_name, one.number, one.born, one.colour) for one in people] == [
            (one.name, int(one.number), one.born, "red") for one in PEOPLE
        ]
        assert people["Ann"].photo == b"\x00\xff"
    store.close()


if __name__ == "__main__":
    write(Path(sys.argv[1]))
