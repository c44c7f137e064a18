"""Decoders of the query and ec2 protocols: from the tree of a form to values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudward.naming import parameter_name
from cloudward.protocols.constraints import TOP
from cloudward.protocols.form import branch, in_order, leaf
from cloudward.protocols.values import TEXT_DECODE
from cloudward.protocols.walk import trait, wire_name

if TYPE_CHECKING:
    from cloudward.model import Member, Shape
    from cloudward.protocols.source import Compiler, Emitter, Source

PARAMETERS = "node"
"""What a `decode` function takes: the tree, or for lists and maps the node above their elements."""

NAMES = {"branch": branch, "in_order": in_order, "leaf": leaf}
"""What the generated code calls."""


def emitter(*, ec2: bool) -> Emitter:
    """Return what writes decoders.

    Args:
        ec2: whether for the ec2 protocol, which names members otherwise and flattens every list.
    """
    member_name = _ec2_name if ec2 else _query_name

    def emit(compiler: Compiler, source: Source, shape: Shape, variant: str) -> None:
        if shape.type == "structure":
            _emit_structure(compiler, source, shape, variant, ec2=ec2)
        elif shape.type == "list" and shape.member is not None:
            expression = _expression(compiler, shape.member, "item")
            source.line(f"return [{expression} for item in in_order(node)]")
        elif shape.key is not None and shape.value is not None:
            key_name = member_name(shape.key, "key")
            value_name = member_name(shape.value, "value")
            source.line("out = {}")
            with source.block("for item in in_order(node):"):
                source.line("item = branch(item)")
                source.line(f"key = item.get({key_name!r})")
                source.line(f"item = item.get({value_name!r})")
                with source.block("if key is not None and item is not None:"):
                    key = _expression(compiler, shape.key, "key")
                    source.line(f"out[{key}] = {_expression(compiler, shape.value, 'item')}")
            source.line("return out")

    return emit


def _emit_structure(compiler: Compiler, source: Source, shape: Shape, variant: str, *, ec2: bool) -> None:
    source.line("out = {}")
    if variant != TOP:
        with source.block("if node.__class__ is not dict:"):
            source.line("node = branch(node)")
    if shape.members:
        source.line("get = node.get")
    for name, member in shape.members.items():
        key = parameter_name(name) if variant == TOP else name
        target = member.shape
        wire = _ec2_name(member, name) if ec2 else _query_name(member, name)
        flattened = member.flattened
        if target.type == "list" and target.member is not None and flattened and not ec2:
            # A flattened list goes by the name of its elements where that is given.
            wire = wire_name(target.member, "") or wire
        source.line(f"item = get({wire!r})")
        with source.block("if item is not None:"):
            if target.type in {"list", "map"} and not flattened and not (ec2 and target.type == "list"):
                _emit_wrapped(source, target)
            source.line(f"out[{key!r}] = {_expression(compiler, member, 'item')}")
    source.line("return out")


def _emit_wrapped(source: Source, shape: Shape) -> None:
    """Write the step from a list's or map's own name down to its elements."""
    inner = "entry"
    if shape.type == "list" and shape.member is not None:
        inner = wire_name(shape.member, "member")
    with source.block("if item.__class__ is dict:"):
        if inner in {"member", "entry"}:
            source.line(f"item = item.get({inner!r}, '')")
        else:
            # AWS takes "member" too, which the oldest clients send.
            source.line(f"item = item.get({inner!r}) or item.get('member', '')")


def _expression(compiler: Compiler, member: Member, name: str) -> str:
    shape = member.shape
    if shape.type in {"structure", "list", "map"}:
        return f"{compiler.reference('decode', shape)}({name})"
    text = f"{name} if {name}.__class__ is str else leaf({name})"
    function = TEXT_DECODE[shape.type]
    if function is None:
        return text
    return f"{compiler.constant(function, f'text_to_{shape.type}', shape.type)}({text})"


def _query_name(member: Member, default: str) -> str:
    return wire_name(member, default)


def _ec2_name(member: Member, default: str) -> str:
    query_name: str | None = trait(member, "queryName")
    if query_name:
        return query_name
    name = wire_name(member, "")
    return name[:1].upper() + name[1:] if name else default
