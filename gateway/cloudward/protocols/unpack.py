"""Reading a structure's members, from a dict or a record, in generated code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cloudward.naming import parameter_name

if TYPE_CHECKING:
    from cloudward.model import Member
    from cloudward.protocols.source import Source


def unpack(source: Source, members: Mapping[str, Member], value: str = "value") -> dict[str, str]:
    """Write the reading of a structure's members, from a dict or a record, into variables.

    Args:
        source: where to write.
        members: the members by name.
        value: the expression of the structure.

    Returns:
        The variables by member names.
    """
    variables = {name: source.variable() for name in members}
    if not variables:
        return variables
    with source.block(f"if isinstance({value}, dict):"):
        source.line(f"get = {value}.get")
        for name, variable in variables.items():
            source.line(f"{variable} = get({name!r})")
    with source.block("else:"):
        for name, variable in variables.items():
            source.line(f"{variable} = getattr({value}, {parameter_name(name)!r}, None)")
    return variables
