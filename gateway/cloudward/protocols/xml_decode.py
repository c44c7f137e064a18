"""XML request bodies (rest-xml): parsed by expat with DTDs refused, then decoded by shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn
from xml.parsers import expat

from cloudward.errors import MalformedRequest
from cloudward.naming import parameter_name
from cloudward.protocols.constraints import TOP
from cloudward.protocols.trees import BODY, MAX_DEPTH
from cloudward.protocols.values import TEXT_DECODE
from cloudward.protocols.walk import trait, wire_name

if TYPE_CHECKING:
    from cloudward.model import Member, Shape
    from cloudward.protocols.source import Compiler, Source

PARAMETERS = "node"
"""What a `decode` function takes: the element; for flattened lists and maps the elements of their name."""

FLATTENED = "flattened"
"""The variant for lists and maps without an element around theirs."""


class Element:
    """An XML element.

    Args:
        name: its name without a prefix.
        attributes: its attributes by names without prefixes.
    """

    __slots__ = ("attributes", "children", "name", "pieces")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Element] = []
        self.pieces: list[str] = []

    @property
    def text(self) -> str:
        """The text in it."""
        return "".join(self.pieces)


def parse_xml(body: bytes) -> Element:
    """Return the root element of a document.

    Args:
        body: the document, UTF-8 or as it declares itself.

    Raises:
        MalformedRequest: it is not well-formed, nests too deeply, or has a document type (which could define entities).
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    root = Element("", {})
    open_elements = [root]

    def start(name: str, attributes: dict[str, str]) -> None:
        element = Element(
            name.rpartition(":")[2],
            {key.rpartition(":")[2]: value for key, value in attributes.items() if not key.startswith("xmlns")},
        )
        open_elements[-1].children.append(element)
        open_elements.append(element)
        if len(open_elements) > MAX_DEPTH:
            raise MalformedRequest("The request is nested too deeply")

    def end(name: str) -> None:
        open_elements.pop()

    def text(piece: str) -> None:
        open_elements[-1].pieces.append(piece)

    def doctype(*_: object) -> NoReturn:
        raise MalformedRequest("A document type is not allowed")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise MalformedRequest("The XML you provided was not well-formed") from None
    return root.children[0]


def by_name(element: Element) -> dict[str, list[Element]]:
    """Return an element's children by their names.

    Args:
        element: the element.
    """
    found: dict[str, list[Element]] = {}
    for child in element.children:
        found.setdefault(child.name, []).append(child)
    return found


def only(elements: Sequence[Element]) -> Element:
    """Return the one element of its name.

    Args:
        elements: all of its name.

    Raises:
        MalformedRequest: there are more.
    """
    if len(elements) > 1:
        raise MalformedRequest(f"Element {elements[0].name[:64]} was found more than once")
    return elements[0]


def leaf_text(element: Element) -> str:
    """Return the text of an element that must be a simple value.

    Args:
        element: the element.

    Raises:
        MalformedRequest: it has elements in it.
    """
    if element.children:
        raise MalformedRequest(f"Element {element.name[:64]} was expected to be a simple value")
    return element.text


NAMES = {"by_name": by_name, "only": only, "leaf_text": leaf_text}
"""What the generated code calls."""


def emit_decode(compiler: Compiler, source: Source, shape: Shape, variant: str) -> None:
    """Write the decoder of a structure, list or map.

    Args:
        compiler: the compiler.
        source: where to write.
        shape: the shape.
        variant: `FLATTENED`, `TOP`, `BODY` or empty.
    """
    elements = "node" if variant == FLATTENED else "node.children"
    if shape.type == "structure":
        _emit_structure(compiler, source, shape, variant)
    elif shape.type == "list" and shape.member is not None:
        source.line(f"return [{_expression(compiler, shape.member, 'item')} for item in {elements}]")
    elif shape.key is not None and shape.value is not None:
        source.line("out = {}")
        with source.block(f"for item in {elements}:"):
            source.line("found = by_name(item)")
            source.line(f"key = found.get({wire_name(shape.key, 'key')!r})")
            source.line(f"item = found.get({wire_name(shape.value, 'value')!r})")
            with source.block("if key is not None and item is not None:"):
                source.line("key = only(key)")
                source.line("item = only(item)")
                key = _expression(compiler, shape.key, "key")
                source.line(f"out[{key}] = {_expression(compiler, shape.value, 'item')}")
        source.line("return out")


def _emit_structure(compiler: Compiler, source: Source, shape: Shape, variant: str) -> None:
    source.line("out = {}")
    source.line("found = by_name(node)")
    listed = {_flattened_name(member) for member in shape.members.values() if _is_flattened(member)}
    for name, member in shape.members.items():
        if variant == BODY and member.location is not None:
            continue
        if not _is_flattened(member) and wire_name(member) in listed:
            continue  # S3 once took one value where it now takes a list under the same name
        key = parameter_name(name) if variant in {TOP, BODY} else name
        wire = wire_name(member)
        target = member.shape
        if trait(member, "xmlAttribute"):
            source.line(f"item = node.attributes.get({wire.rpartition(':')[2]!r})")
            with source.block("if item is not None:"):
                source.line(f"out[{key!r}] = item")
            continue
        flattened = _is_flattened(member)
        if flattened:
            wire = _flattened_name(member)
        source.line(f"item = found.get({wire!r})")
        with source.block("if item is not None:"):
            if flattened:
                source.line(f"out[{key!r}] = {compiler.reference('decode', target, FLATTENED)}(item)")
            else:
                source.line("item = only(item)")
                source.line(f"out[{key!r}] = {_expression(compiler, member, 'item')}")
    source.line("return out")


def _is_flattened(member: Member) -> bool:
    return member.flattened and member.shape.type in {"list", "map"}


def _flattened_name(member: Member) -> str:
    # A flattened list goes by the name of its elements where that is given.
    element = member.shape.member
    return (wire_name(element, "") if element is not None else "") or wire_name(member)


def _expression(compiler: Compiler, member: Member, name: str) -> str:
    shape = member.shape
    if shape.type in {"structure", "list", "map"}:
        return f"{compiler.reference('decode', shape)}({name})"
    function = TEXT_DECODE[shape.type]
    if function is None:
        return f"leaf_text({name})"
    return f"{compiler.constant(function, f'text_to_{shape.type}', shape.type)}(leaf_text({name}))"
