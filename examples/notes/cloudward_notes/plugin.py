"""The whole plugin: its spec, state, errors and handlers."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from cloudward.api import Context, Per, Provider, Record, ServiceError, State, hookimpl, message, operation, table


class Note(Record):
    """A note; its fields are the members of the Note shape."""

    note_id: str
    text: str
    written_at: datetime
    written_by: str


class NotesState(State, per=Per.REGION, service="notes"):
    """Notes of one account in one region."""

    notes = table(Note, key="note_id")


class NoteNotFound(ServiceError, shape="NoteNotFoundException"):
    """There is no such note."""

    note = message("There is no note {}.")


class NoteExists(ServiceError, shape="NoteExistsException"):
    """There is one already, and Replace was not asked for."""

    note = message("There is a note {} already.")


@operation("PutNote")
def put_note(ctx: Context[NotesState], *, note_id: str, text: str, replace: bool = False) -> Note:
    """Write a note."""
    if note_id in ctx.state.notes and not replace:
        raise NoteExists.note(note_id)
    return ctx.state.notes.put(Note(note_id=note_id, text=text, written_at=ctx.now, written_by=ctx.caller.arn))


@operation("GetNote")
def get_note(ctx: Context[NotesState], *, note_id: str) -> Note:
    """Read a note."""
    note = ctx.state.notes.get(note_id)
    if note is None:
        raise NoteNotFound.note(note_id)
    return note


@operation("ListNotes")
def list_notes(ctx: Context[NotesState], *, max_results: int = 100, next_token: str | None = None) -> dict[str, Any]:
    """List notes by id."""
    page = ctx.state.notes.page(after=next_token, limit=max_results)
    return {"Notes": page.items, "NextToken": page.next}


@operation("DeleteNote")
def delete_note(ctx: Context[NotesState], *, note_id: str) -> None:
    """Delete a note."""
    get_note(ctx, note_id=note_id)
    ctx.state.notes.remove(note_id)


@hookimpl
def cloudward_spec_overlays() -> Iterable[Path]:
    """Bring the service's model."""
    yield Path(__file__).parent / "specs"


@hookimpl
def cloudward_providers() -> Iterable[Provider]:
    """Return the provider."""
    yield Provider("notes", NotesState).include(put_note, get_note, list_notes, delete_note)
