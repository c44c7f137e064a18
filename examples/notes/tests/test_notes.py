"""The plugin through boto3, and the contract that every provider keeps."""

import cloudward_notes.plugin
import pytest

from cloudward.testing import check_plugin, running_gateway


@pytest.fixture
def notes():
    with running_gateway() as gateway:
        yield gateway.client("notes")


def test_contract():
    assert len(check_plugin(cloudward_notes.plugin).operations) == 4


def test_notes(notes):
    written = notes.put_note(NoteId="a", Text="first")
    assert written["WrittenBy"] == "arn:aws:iam::000000000000:root"
    with pytest.raises(notes.exceptions.NoteExistsException):
        notes.put_note(NoteId="a", Text="second")
    notes.put_note(NoteId="a", Text="second", Replace=True)
    assert notes.get_note(NoteId="a")["Text"] == "second"
    for number in range(5):
        notes.put_note(NoteId=f"n{number}", Text="")
    first = notes.list_notes(MaxResults=4)
    rest = notes.list_notes(NextToken=first["NextToken"])
    assert [note["NoteId"] for note in first["Notes"] + rest["Notes"]] == ["a", "n0", "n1", "n2", "n3", "n4"]
    notes.delete_note(NoteId="a")
    with pytest.raises(notes.exceptions.NoteNotFoundException):
        notes.get_note(NoteId="a")


def test_constraints_come_from_the_model(notes):
    with pytest.raises(notes.exceptions.ClientError) as caught:
        notes.put_note(NoteId="Not Allowed", Text="")
    assert caught.value.response["Error"]["Code"] == "ValidationException"
