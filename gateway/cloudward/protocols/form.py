"""Form bodies of the query and ec2 protocols, read into a tree by the dots of their names.

`Tags.member.1.Key=a` is `{"Tags": {"member": {"1": {"Key": "a"}}}}`: list positions are keys like any other, so an
absurd one costs no memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from cloudward.errors import MalformedRequest
from cloudward.protocols.wire import WireRequest

Tree = dict[str, Any]
"""Parameters by the parts of their names; leaves are text."""

_MAX_DEPTH = 64  # no model nests its parameters half as deep
_MAX_INDEX_DIGITS = 10
_POSITIONS = tuple(str(position) for position in range(1, 101))
_FORM = "application/x-www-form-urlencoded"


def parse_form(request: WireRequest) -> Tree:
    """Return a request's parameters, those of the query string and of the body together.

    Args:
        request: the request.

    Raises:
        MalformedRequest: the body is no form, or a parameter comes twice or contradicts another.
    """
    tree: Tree = {}
    if request.raw_query:
        _add(tree, request.raw_query)
    body = request.body
    if body:
        kind = request.headers.get("content-type", _FORM).partition(";")[0].strip().lower()
        if kind != _FORM and kind:
            raise MalformedRequest(f"Content type {kind[:64]} is not {_FORM}")
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            raise MalformedRequest("The request body is not valid UTF-8") from None
        _add(tree, text)
    return tree


def _add(tree: Tree, form: str) -> None:
    nodes: dict[str, Tree] = {}  # by the names that lead to them, since neighbours share them
    for pair in form.split("&"):
        name, _, value = pair.partition("=")
        if "%" in pair or "+" in pair:
            if "%" in name or "+" in name:
                name = _decoded(name)
            value = _decoded(value)
        if "." in name:
            above, _, last = name.rpartition(".")
            node = nodes.get(above)
            if node is None:
                node = nodes[above] = _node(tree, above)
            if last in node:
                _set(node, last, value)
            else:
                node[last] = value
        elif name:
            _set(tree, name, value)


def _node(tree: Tree, name: str) -> Tree:
    """Return the part of the tree that a name leads to, grown where it is not there yet."""
    parts = name.split(".", _MAX_DEPTH)
    if len(parts) > _MAX_DEPTH:
        raise MalformedRequest("Parameter name nested too deeply")
    for part in parts:
        node = tree.get(part)
        if node is None:
            node = tree[part] = {}
        elif node.__class__ is str:
            if node:
                _contradiction(name)
            node = tree[part] = {}
        tree = node
    return tree


def _set(tree: Tree, name: str, value: str) -> None:
    if name not in tree:
        tree[name] = value
    elif tree[name].__class__ is str:
        raise MalformedRequest(f"Duplicate parameter {name[:64]}")
    elif value:
        _contradiction(name)


def _contradiction(name: str) -> None:
    raise MalformedRequest(f"Parameter {name[:64]} is both a value and a structure")


def _decoded(text: str) -> str:
    try:
        return unquote(text.replace("+", " "), errors="strict")
    except UnicodeDecodeError:
        raise MalformedRequest("A parameter is not valid UTF-8") from None


def in_order(node: Any) -> Iterator[Any]:
    """Yield a list's elements by their positions, gaps closed.

    Args:
        node: the tree below the list's name.

    Raises:
        MalformedRequest: a position is no number.
    """
    if node.__class__ is str:
        if node:
            raise MalformedRequest("A list was expected where a value was found")
        return iter(())
    if tuple(node) == _POSITIONS[: len(node)]:
        return iter(node.values())
    try:
        return iter([node[key] for key in sorted(node, key=_position)])
    except ValueError:
        raise MalformedRequest("A list position is not a positive whole number") from None


def _position(key: str) -> int:
    if not key.isascii() or not key.isdigit() or len(key) > _MAX_INDEX_DIGITS:
        raise ValueError(key)
    return int(key)


def leaf(node: Any) -> str:
    """Return the text of a parameter that must be a simple value.

    Args:
        node: the parameter.

    Raises:
        MalformedRequest: it is a structure.
    """
    if node.__class__ is str:
        text: str = node
        return text
    raise MalformedRequest("Unexpected complex element termination")


def branch(node: Any) -> Tree:
    """Return the parameters below one that must be a structure.

    Args:
        node: the parameter; an empty text is an empty structure.

    Raises:
        MalformedRequest: it is a simple value.
    """
    if node.__class__ is dict:
        tree: Tree = node
        return tree
    if node:
        raise MalformedRequest("Start of structure expected where a value was found")
    return {}
