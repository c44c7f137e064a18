"""Decoders and encoders between values and trees of JSON or CBOR: dicts, lists and simple values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from cloudward.errors import MalformedRequest
from cloudward.naming import parameter_name
from cloudward.protocols import values
from cloudward.protocols.constraints import TOP, is_constrained
from cloudward.protocols.timestamps import encode_iso8601, encode_rfc822
from cloudward.protocols.unpack import unpack
from cloudward.protocols.walk import is_sparse, wire_name

if TYPE_CHECKING:
    from cloudward.model import Member, Shape
    from cloudward.protocols.source import Compiler, Emitter, Source

DECODE_PARAMETERS = "node"
"""What a `decode` function takes: the tree."""

ENCODE_PARAMETERS = "value"
"""What an `encode` function takes: the value."""

BODY = "body"
"""The variant for the members of an operation's input or output that travel in the body."""

MAX_DEPTH = 128
"""How deep a request's lists and structures may nest; no service of AWS takes more."""

_MANY = 6  # members from which a structure gets a short way for few of them
_CONTAINERS = frozenset({"structure", "list", "map"})
_INTEGERS = ("byte", "short", "integer", "biginteger")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a format carries simple values.

    Attributes:
        checks: by type, the expression (of `{0}`) that is true for a value to be taken as it is.
        readers: by type, what reads a value that is not, or refuses it.
        writers: by type, what writes a value; types without one are written as they are.
        timestamps: what writes timestamps, by format.
        timestamp_format: the format of timestamps that do not ask for one.
        text_keys: whether the format has no other keys than text.
    """

    checks: Mapping[str, str]
    readers: Mapping[str, Callable[[Any], Any]]
    writers: Mapping[str, Callable[[Any], Any]]
    timestamps: Mapping[str, Callable[[Any], Any]]
    timestamp_format: str
    text_keys: bool


_CHECKS = {
    "string": "{0}.__class__ is str",
    "character": "{0}.__class__ is str",
    "boolean": "{0}.__class__ is bool",
    "integer": "{0}.__class__ is int and -2147483648 <= {0} <= 2147483647",
    "long": "{0}.__class__ is int and -9223372036854775808 <= {0} <= 9223372036854775807",
    "float": "{0}.__class__ is float",
    "double": "{0}.__class__ is float",
}

_READERS: Mapping[str, Callable[[Any], Any]] = {
    "string": values.to_string,
    "character": values.to_string,
    "boolean": values.to_boolean,
    "long": values.to_long,
    "float": values.to_float,
    "double": values.to_float,
    "bigdecimal": values.to_float,
    **dict.fromkeys(_INTEGERS, values.to_integer),
}

JSON = Dialect(
    checks=_CHECKS,
    readers={**_READERS, "blob": values.to_blob, "timestamp": values.to_timestamp},
    writers={"float": values.float_to_json, "double": values.float_to_json, "blob": values.blob_to_text},
    timestamps={
        "unixTimestamp": values.timestamp_to_json,
        "iso8601": encode_iso8601,
        "rfc822": encode_rfc822,
    },
    timestamp_format="unixTimestamp",
    text_keys=True,
)
"""JSON: blobs in base64, times in seconds, numbers that are none by name."""


def refuse_structure(node: object) -> NoReturn:
    """Refuse what is no structure where one belongs.

    Args:
        node: what was found.
    """
    if isinstance(node, (dict, list)):
        values.mismatch(node, "")
    raise MalformedRequest("Expected a structure or map, found a simple value.")


def refuse_list(node: object) -> NoReturn:
    """Refuse what is no list where one belongs.

    Args:
        node: what was found.
    """
    if isinstance(node, (dict, list)):
        values.mismatch(node, "")
    raise MalformedRequest("Expected list or null")


def refuse_union() -> NoReturn:
    """Refuse a union in which not exactly one member is set."""
    raise MalformedRequest("Exactly one member of a union must be set")


def refuse_null() -> NoReturn:
    """Refuse a null in a list or map that may not hold one."""
    raise MalformedRequest("NULL_VALUE found in a list or map that must not have any")


def as_list(value: Iterable[Any]) -> list[Any] | tuple[Any, ...]:
    """Return an iterable as a sequence that encoders take.

    Args:
        value: the iterable.
    """
    return value if isinstance(value, (list, tuple)) else list(value)


NAMES: Mapping[str, object] = {
    "refuse_structure": refuse_structure,
    "refuse_list": refuse_list,
    "refuse_union": refuse_union,
    "refuse_null": refuse_null,
    "as_list": as_list,
}
"""What the generated code calls."""


def check_depth(root: object, openings: int) -> None:
    """Refuse a tree that nests too deeply.

    Args:
        root: the tree.
        openings: how many containers it can have at most; few need no look.

    Raises:
        MalformedRequest: it does.
    """
    if openings <= MAX_DEPTH:
        return
    level = [root]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
            if child.__class__ is dict or child.__class__ is list
        ]
        if not level:
            return
    raise MalformedRequest("The request is nested too deeply")


# --- decoding ---


def decode_emitter(dialect: Dialect) -> Emitter:
    """Return what writes decoders.

    Args:
        dialect: the format's ways.
    """

    def emit(compiler: Compiler, source: Source, shape: Shape, variant: str) -> None:
        if shape.type == "structure":
            _decode_structure(compiler, source, shape, variant, dialect)
            return
        # Where validation walks the values anyway, it finds nulls and words the error better.
        refuses_nulls = not is_sparse(shape) and not is_constrained(shape)
        refusal = "refuse_list" if shape.type == "list" else "refuse_structure"
        with source.block(f"if node.__class__ is not {'list' if shape.type == 'list' else 'dict'}:"):
            source.line(f"{refusal}(node)")
        if shape.type == "list" and shape.member is not None:
            expression = decode_expression(compiler, shape.member, "item", dialect)
            if refuses_nulls:
                with source.block("if None in node:"):
                    source.line("refuse_null()")
                source.line(f"return [{expression} for item in node]")
            else:
                source.line(f"return [None if item is None else {expression} for item in node]")
        elif shape.key is not None and shape.value is not None:
            key = "key" if dialect.text_keys else decode_expression(compiler, shape.key, "key", dialect)
            expression = decode_expression(compiler, shape.value, "item", dialect)
            if refuses_nulls:
                with source.block("if None in node.values():"):
                    source.line("refuse_null()")
            else:
                expression = f"None if item is None else {expression}"
            source.line(f"return {{({key}): {expression} for key, item in node.items()}}")

    return emit


def _decode_structure(compiler: Compiler, source: Source, shape: Shape, variant: str, dialect: Dialect) -> None:
    with source.block("if node.__class__ is not dict:"):
        source.line("refuse_structure(node)")
    if shape.union and variant not in {TOP, BODY}:
        _decode_union(compiler, source, shape, dialect)
        return
    source.line("out = {}")
    if variant == "" and len(shape.members) >= _MANY:
        _decode_few(compiler, source, shape, dialect)
    source.line("get = node.get")
    for name, member in shape.members.items():
        if variant == BODY and member.location is not None:
            continue
        key = parameter_name(name) if variant in {TOP, BODY} else name
        source.line(f"item = get({wire_name(member)!r})")
        with source.block("if item is not None:"):
            source.line(f"out[{key!r}] = {decode_expression(compiler, member, 'item', dialect)}")
    source.line("return out")


def _decode_few(compiler: Compiler, source: Source, shape: Shape, dialect: Dialect) -> None:
    """Write a short way for a structure of which little is there: look at that instead of for all that might be."""
    with source.block("if len(node) <= 2:"):
        with source.block("for key, item in node.items():"):
            with source.block("if item is None:"):
                source.line("continue")
            branch = "if"
            for name, member in shape.members.items():
                with source.block(f"{branch} key == {wire_name(member)!r}:"):
                    source.line(f"out[{name!r}] = {decode_expression(compiler, member, 'item', dialect)}")
                branch = "elif"
        source.line("return out")


def _decode_union(compiler: Compiler, source: Source, shape: Shape, dialect: Dialect) -> None:
    """Write the decoder of a union, which looks at what is there instead of for all that might be."""
    source.line("found = None")
    with source.block("for key, item in node.items():"):
        with source.block("if item is None or key == '__type':"):
            source.line("continue")
        with source.block("if found is not None:"):
            source.line("refuse_union()")
        branch = "if"
        for name, member in shape.members.items():
            with source.block(f"{branch} key == {wire_name(member)!r}:"):
                source.line(f"found = {{{name!r}: {decode_expression(compiler, member, 'item', dialect)}}}")
            branch = "elif"
    with source.block("if found is None:"):
        source.line("refuse_union()")
    source.line("return found")


def decode_expression(compiler: Compiler, member: Member, name: str, dialect: Dialect) -> str:
    """Return the expression that decodes a member's value.

    Args:
        compiler: the compiler.
        member: the member.
        name: the expression of the value, which is not None.
        dialect: the format's ways.
    """
    shape = member.shape
    if shape.document:
        return name
    if shape.type in _CONTAINERS:
        return f"{compiler.reference('decode', shape)}({name})"
    reader = compiler.constant(dialect.readers[shape.type], f"read_{shape.type}")
    check = dialect.checks.get(shape.type)
    return f"{name} if {check.format(name)} else {reader}({name})" if check else f"{reader}({name})"


# --- encoding ---


def encode_emitter(dialect: Dialect) -> Emitter:
    """Return what writes encoders.

    Args:
        dialect: the format's ways.
    """

    def emit(compiler: Compiler, source: Source, shape: Shape, variant: str) -> None:
        if shape.type == "structure":
            members = {
                name: member
                for name, member in shape.members.items()
                if not (variant == BODY and member.location is not None)
                and not member.shape.eventstream
                and not member.traits.get("eventheader")
            }
            source.line("out = {}")
            for name, variable in unpack(source, members).items():
                with source.block(f"if {variable} is not None:"):
                    expression = encode_expression(compiler, members[name], variable, dialect)
                    source.line(f"out[{wire_name(members[name])!r}] = {expression}")
            source.line("return out")
        elif shape.type == "list" and shape.member is not None:
            expression = encode_expression(compiler, shape.member, "item", dialect)
            if expression == "item":
                source.line("return as_list(value)")
            else:
                source.line(f"return [None if item is None else {expression} for item in value]")
        elif shape.value is not None:
            expression = encode_expression(compiler, shape.value, "item", dialect)
            if expression == "item":
                source.line("return dict(value)")
            else:
                source.line(f"return {{key: None if item is None else {expression} for key, item in value.items()}}")

    return emit


def encode_expression(compiler: Compiler, member: Member, name: str, dialect: Dialect) -> str:
    """Return the expression that encodes a member's value.

    Args:
        compiler: the compiler.
        member: the member.
        name: the expression of the value, which is not None.
        dialect: the format's ways.
    """
    shape = member.shape
    if shape.document:
        return name
    if shape.type in _CONTAINERS:
        return f"{compiler.reference('encode', shape)}({name})"
    if shape.type == "timestamp":
        writer = dialect.timestamps[member.timestamp_format or dialect.timestamp_format]
        return f"{compiler.constant(writer, 'write_timestamp')}({name})"
    simple = dialect.writers.get(shape.type)
    return name if simple is None else f"{compiler.constant(simple, f'write_{shape.type}')}({name})"
