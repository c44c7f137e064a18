"""XML request bodies (rest-xml): parsed by expat with DTDs refused, then decoded by shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn
from xml.etree.ElementTree import Element, ParseError, XMLParser
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


def parse_xml(body: bytes) -> Element:
    """Return the root element of a document, without the namespaces that its prefixes stand for.

    Args:
        body: the document in UTF-8.

    Raises:
        MalformedRequest: it is not well-formed, nests too deeply, or has a document type (which could define entities).
    """
    if b"\0" in body:
        raise MalformedRequest("The XML you provided is not in UTF-8")  # UTF-16, in which a document type could hide
    try:
        if b"<!DOCTYPE" in body:
            root = _parse_strictly(body)
        else:
            parser = XMLParser(encoding="utf-8")  # noqa: S314 - without a document type there are no entities
            parser.feed(body)
            root = parser.close()
    except (ParseError, expat.ExpatError, ValueError, LookupError):
        raise MalformedRequest("The XML you provided was not well-formed") from None
    if body.count(b"<") > MAX_DEPTH:
        level = [root]
        for _ in range(MAX_DEPTH):
            level = [child for element in level for child in element]
            if not level:
                return root
        raise MalformedRequest("The request is nested too deeply")
    return root


def _parse_strictly(body: bytes) -> Element:
    """Parse a document that may have a document type, which is refused; slower, and seldom needed."""
    parser = expat.ParserCreate("utf-8")

    def doctype(*_: object) -> NoReturn:
        raise MalformedRequest("A document type is not allowed")

    parser.StartDoctypeDeclHandler = doctype
    parser.Parse(body, True)
    # It was only text that looked like one.
    builder = XMLParser(encoding="utf-8")  # noqa: S314 - see above
    builder.feed(body)
    return builder.close()


def local_name(tag: str) -> str:
    """Return a tag or attribute name without its namespace.

    Args:
        tag: the name as ElementTree has it.
    """
    return tag.rpartition("}")[2] if tag[:1] == "{" else tag


def by_name(element: Element) -> dict[str, list[Element]]:
    """Return an element's children by their names.

    Args:
        element: the element.
    """
    found: dict[str, list[Element]] = {}
    for child in element:
        name = child.tag
        if name[:1] == "{":
            name = name.rpartition("}")[2]
        if name in found:
            found[name].append(child)
        else:
            found[name] = [child]
    return found


def attribute(element: Element, name: str) -> str | None:
    """Return an attribute's value, whatever its namespace.

    Args:
        element: the element.
        name: the attribute's name without a prefix.
    """
    return next((value for key, value in element.attrib.items() if local_name(key) == name), None)


def only(elements: Sequence[Element]) -> Element:
    """Return the one element of its name.

    Args:
        elements: all of its name.

    Raises:
        MalformedRequest: there are more.
    """
    if len(elements) > 1:
        refuse_repeated(local_name(elements[0].tag))
    return elements[0]


def refuse_repeated(name: str) -> NoReturn:
    """Refuse an element that may come once only.

    Args:
        name: its name.
    """
    raise MalformedRequest(f"Element {name[:64]} was found more than once")


def leaf_text(element: Element) -> str:
    """Return the text of an element that must be a simple value.

    Args:
        element: the element.

    Raises:
        MalformedRequest: it has elements in it.
    """
    if len(element):
        raise MalformedRequest(f"Element {local_name(element.tag)[:64]} was expected to be a simple value")
    return element.text or ""


NAMES = {
    "attribute": attribute,
    "by_name": by_name,
    "only": only,
    "refuse_repeated": refuse_repeated,
    "leaf_text": leaf_text,
}
"""What the generated code calls."""


def emit_decode(compiler: Compiler, source: Source, shape: Shape, variant: str) -> None:
    """Write the decoder of a structure, list or map.

    Args:
        compiler: the compiler.
        source: where to write.
        shape: the shape.
        variant: `FLATTENED`, `TOP`, `BODY` or empty.
    """
    if shape.type == "structure":
        _emit_structure(compiler, source, shape, variant)
    elif shape.type == "list" and shape.member is not None:
        source.line(f"return [{_expression(compiler, shape.member, 'item')} for item in node]")
    elif shape.key is not None and shape.value is not None:
        source.line("out = {}")
        with source.block("for item in node:"):
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
    body: list[tuple[str, str, Member]] = []
    flattened: dict[str, tuple[str, Member]] = {}
    for name, member in shape.members.items():
        if variant == BODY and member.location is not None:
            continue
        key = parameter_name(name) if variant in {TOP, BODY} else name
        if trait(member, "xmlAttribute"):
            source.line(f"item = attribute(node, {wire_name(member).rpartition(':')[2]!r})")
            with source.block("if item is not None:"):
                source.line(f"out[{key!r}] = item")
        elif _is_flattened(member):
            flattened[_flattened_name(member)] = (key, member)
        else:
            body.append((wire_name(member), key, member))
    if flattened:
        source.line("lists = {}")
    branch = "if"
    with source.block("for item in node:"):
        source.line("name = item.tag")
        with source.block("if name[:1] == '{':"):
            source.line("name = name.rpartition('}')[2]")
        for wire in flattened:
            with source.block(f"{branch} name == {wire!r}:"):
                source.line("lists.setdefault(name, []).append(item)")
            branch = "elif"
        for wire, key, member in body:
            if wire in flattened:
                continue  # S3 once took one value where it now takes a list under the same name
            with source.block(f"{branch} name == {wire!r}:"):
                with source.block(f"if {key!r} in out:"):
                    source.line("refuse_repeated(name)")
                source.line(f"out[{key!r}] = {_expression(compiler, member, 'item')}")
            branch = "elif"
    for wire, (key, member) in flattened.items():
        with source.block(f"if {wire!r} in lists:"):
            source.line(f"out[{key!r}] = {compiler.reference('decode', member.shape, FLATTENED)}(lists[{wire!r}])")
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
        return f"leaf_text({name}) if len({name}) else {name}.text or ''"
    return f"{compiler.constant(function, f'text_to_{shape.type}', shape.type)}(leaf_text({name}))"
