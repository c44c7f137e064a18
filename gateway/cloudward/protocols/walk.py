"""What the emitters ask about shapes and members, with the traits of a reference laid over its target's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cloudward.model import Member, Shape


def trait(member: Member, name: str) -> Any:
    """Return a trait of a member, or else of its target; None where neither has it.

    Args:
        member: the member.
        name: the trait's name in botocore's models.
    """
    value = member.traits.get(name)
    return member.shape.traits.get(name) if value is None else value


def wire_name(member: Member, default: str | None = None) -> str:
    """Return a member's name on the wire.

    Args:
        member: the member.
        default: what it is without a `locationName`; the member's own name unless given.
    """
    name: str | None = trait(member, "locationName")
    return name or (member.name if default is None else default)


def is_sparse(shape: Shape) -> bool:
    """Tell whether a list or map may hold nulls.

    Args:
        shape: the list or map.
    """
    return bool(shape.traits.get("sparse"))


def is_json_value(member: Member) -> bool:
    """Tell whether a header's text is base64 of JSON.

    Args:
        member: the member.
    """
    return bool(trait(member, "jsonvalue")) and member.location == "header"


def event_stream_member(shape: Shape | None) -> Member | None:
    """Return the member of a structure that is an event stream.

    Args:
        shape: an operation's input or output.
    """
    if shape is None:
        return None
    return next((member for member in shape.members.values() if member.shape.eventstream), None)


def children(shape: Shape) -> Iterator[Member]:
    """Yield everything that a shape refers to.

    Args:
        shape: the shape.
    """
    yield from shape.members.values()
    for member in (shape.member, shape.key, shape.value):
        if member is not None:
            yield member


def reaches(shape: Shape, wanted: Callable[[Shape], bool]) -> bool:
    """Tell whether a shape, or any that it contains, is as wanted.

    Args:
        shape: the shape to begin with.
        wanted: the test.
    """
    seen = {shape.name}
    todo = [shape]
    while todo:
        current = todo.pop()
        if current.document or current.eventstream:
            continue
        if wanted(current):
            return True
        for member in children(current):
            if member.target not in seen:
                seen.add(member.target)
                todo.append(member.shape)
    return False
