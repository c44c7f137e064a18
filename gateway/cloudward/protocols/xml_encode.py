"""Encoders of XML answers (query, ec2, rest-xml): pieces of text in a list, joined once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cloudward.protocols.unpack import unpack
from cloudward.protocols.values import TEXT_ENCODE, TIMESTAMP_TEXT, escape
from cloudward.protocols.walk import trait, wire_name

if TYPE_CHECKING:
    from cloudward.model import Member, Shape
    from cloudward.protocols.source import Compiler, Emitter, Source

PARAMETERS = "value, write"
"""What an `encode` function takes: the value and what takes pieces of text."""

ATTRIBUTE_PARAMETERS = "value"
"""What an `attributes` function takes."""

NAMES = {"escape": escape}
"""What the generated code calls."""

_CONTAINERS = frozenset({"structure", "list", "map"})
_NO_ESCAPE = frozenset(
    {"byte", "short", "integer", "long", "biginteger", "float", "double", "bigdecimal", "boolean", "blob"}
)


def emitter(timestamp_format: str) -> Emitter:
    """Return what writes encoders: of a structure's members, or of the elements of a list or map.

    Args:
        timestamp_format: the format of timestamps whose members do not ask for one.
    """

    def emit(compiler: Compiler, source: Source, shape: Shape, variant: str) -> None:
        if shape.type == "structure":
            body = {name: member for name, member in shape.members.items() if _in_body(member)}
            for name, variable in unpack(source, body).items():
                with source.block(f"if {variable} is not None:"):
                    _emit_member(compiler, source, shape.members[name], variable, timestamp_format)
        elif shape.type == "list" and shape.member is not None:
            element = variant or wire_name(shape.member, "member")
            with source.block("for item in value:"), source.block("if item is not None:"):
                emit_element(compiler, source, shape.member, element, "item", timestamp_format)
        elif shape.key is not None and shape.value is not None:
            entry = variant or "entry"
            with source.block("for key, item in value.items():"), source.block("if item is not None:"):
                source.line(f"write('<{entry}>')")
                emit_element(compiler, source, shape.key, wire_name(shape.key, "key"), "key", timestamp_format)
                emit_element(compiler, source, shape.value, wire_name(shape.value, "value"), "item", timestamp_format)
                source.line(f"write('</{entry}>')")

    return emit


def emit_attributes(compiler: Compiler, source: Source, shape: Shape, variant: str) -> None:
    """Write what returns a structure's XML attributes as text with a leading blank, or nothing.

    Args:
        compiler: the compiler.
        source: where to write.
        shape: the structure.
        variant: not used.
    """
    attributes = {name: member for name, member in shape.members.items() if trait(member, "xmlAttribute")}
    source.line("text = ''")
    for name, variable in unpack(source, attributes).items():
        with source.block(f"if {variable} is not None:"):
            source.line(f"text += f' {wire_name(attributes[name])}=\"{{escape(str({variable}))}}\"'")
    source.line("return text")


def emit_element(
    compiler: Compiler, source: Source, member: Member, tag: str, variable: str, timestamp_format: str
) -> None:
    """Write one element with its content.

    Args:
        compiler: the compiler.
        source: where to write.
        member: the member that the element stands for.
        tag: its name.
        variable: the expression of its value, which is not None.
        timestamp_format: as in `emitter`.
    """
    shape = member.shape
    namespace = namespace_attribute(trait(member, "xmlNamespace"))
    if shape.type not in _CONTAINERS:
        text = _text(compiler, member, variable, timestamp_format)
        source.line(f"write(f'<{tag}{namespace}>{text}</{tag}>')")
        return
    attributes = ""
    if any(trait(inner, "xmlAttribute") for inner in shape.members.values()):
        attributes = f"{{{compiler.reference('attributes', shape)}({variable})}}"
    source.line(f"write({'f' if attributes else ''}'<{tag}{namespace}{attributes}>')")
    source.line(f"{compiler.reference('encode', shape)}({variable}, write)")
    source.line(f"write('</{tag}>')")


def namespace_attribute(namespace: Any) -> str:
    """Return the attribute that declares a namespace, with a leading blank.

    Args:
        namespace: the `xmlNamespace` trait or a service's namespace; nothing gives nothing.
    """
    if not namespace:
        return ""
    if isinstance(namespace, str):
        return f' xmlns="{escape(namespace)}"'
    prefix = namespace.get("prefix")
    return f' xmlns{":" + prefix if prefix else ""}="{escape(namespace["uri"])}"'


def text_encoder(member: Member, timestamp_format: str) -> Callable[[Any], str]:
    """Return what writes a simple member as text.

    Args:
        member: the member.
        timestamp_format: the format of timestamps where it asks for none.
    """
    if member.shape.type == "timestamp":
        return TIMESTAMP_TEXT[member.timestamp_format or timestamp_format]
    return TEXT_ENCODE[member.shape.type]


def _emit_member(compiler: Compiler, source: Source, member: Member, variable: str, timestamp_format: str) -> None:
    shape = member.shape
    tag = wire_name(member)
    if shape.type in {"list", "map"} and member.flattened:
        if shape.type == "list" and shape.member is not None:
            tag = wire_name(shape.member, "") or tag
        source.line(f"{compiler.reference('encode', shape, tag)}({variable}, write)")
        return
    emit_element(compiler, source, member, tag, variable, timestamp_format)


def _text(compiler: Compiler, member: Member, variable: str, timestamp_format: str) -> str:
    kind = member.shape.type
    if kind in {"integer", "long", "byte", "short", "biginteger"}:
        return f"{{{variable}}}"
    if kind == "string":
        return f"{{escape({variable})}}"
    function = text_encoder(member, timestamp_format)
    name = compiler.constant(function, f"{kind}_to_text", (kind, member.timestamp_format or timestamp_format))
    text = f"{name}({variable})"
    return f"{{{text}}}" if kind in _NO_ESCAPE or kind == "timestamp" else f"{{escape({text})}}"


def _in_body(member: Member) -> bool:
    return member.location is None and not trait(member, "xmlAttribute") and not member.shape.eventstream
