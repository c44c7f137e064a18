"""The models' constraints: compiled tests that say yes or no, and a plain walk that words what is wrong.

A request that is right, which most are, costs the compiled test only.  The wording is AWS's, as services with model
validation answer it: every violation in one message, members with a lower-case first letter, list elements as
`tags.1.member.key`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cloudward.errors import ValidationError
from cloudward.naming import parameter_name
from cloudward.protocols.patterns import matcher
from cloudward.protocols.timestamps import encode_iso8601
from cloudward.protocols.values import float_to_text
from cloudward.protocols.walk import is_sparse, reaches

if TYPE_CHECKING:
    from cloudward.model import Member, Shape
    from cloudward.protocols.source import Compiler, Source

PARAMETERS = "value"
"""What a `valid` function takes."""

TOP = "top"
"""The variant of `valid` for an operation's input, whose members go by their parameter names."""

_LENGTHS = frozenset({"string", "character", "list", "map", "blob"})
_NUMBERS = frozenset({"byte", "short", "integer", "long", "biginteger", "float", "double", "bigdecimal"})
_CONTAINERS = frozenset({"structure", "list", "map"})
_PATTERN_MESSAGE = "cloudward:patternMessage"
_MASK_VALUE = "cloudward:maskValue"
_VALUE_SHOWN = 4096
_LISTED = 100


def is_constrained(shape: Shape) -> bool:
    """Tell whether a shape, or any that it contains, has something to test.

    Args:
        shape: the shape.
    """
    return reaches(shape, _has_own)


def _has_own(shape: Shape) -> bool:
    if shape.type == "structure":
        return bool(shape.required)
    return any(limit is not None for limit in _limits(shape)) or bool(shape.enum or shape.pattern)


def _limits(shape: Shape) -> tuple[float | None, float | None]:
    """Return a shape's least and greatest length or value, those that say something."""
    if shape.type in _LENGTHS:
        return (shape.min or None), shape.max
    if shape.type in _NUMBERS:
        return shape.min, shape.max
    return None, None


# --- the compiled test ---


def emit_valid(compiler: Compiler, source: Source, shape: Shape, variant: str) -> None:
    """Write the test of a structure, list or map.

    Args:
        compiler: the compiler.
        source: where to write.
        shape: the shape.
        variant: `TOP` for an operation's input, else empty.
    """
    if shape.type == "structure":
        if shape.members:
            source.line("get = value.get")
        for name, member in shape.members.items():
            key = parameter_name(name) if variant == TOP else name
            _emit_member(compiler, source, member, key, required=name in shape.required)
    else:
        _emit_size(source, shape)
        if shape.type == "list" and shape.member is not None:
            _emit_elements(compiler, source, shape.member, "value", sparse=is_sparse(shape))
        elif shape.key is not None and shape.value is not None:
            _emit_elements(compiler, source, shape.key, "value", sparse=True)  # keys are never null
            _emit_elements(compiler, source, shape.value, "value.values()", sparse=is_sparse(shape))
    source.line("return True")


def _emit_member(compiler: Compiler, source: Source, member: Member, key: str, *, required: bool) -> None:
    tests = _failures(compiler, member.shape, "item")
    if not tests and not required:
        return
    source.line(f"item = get({key!r})")
    failing = _failing(tests, required=required)
    with source.block(f"if {failing}:"):
        source.line("return False")


def _emit_size(source: Source, shape: Shape) -> None:
    test = _range_failure(shape, "len(value)")
    if test:
        with source.block(f"if {test}:"):
            source.line("return False")


def _emit_elements(compiler: Compiler, source: Source, member: Member, elements: str, *, sparse: bool) -> None:
    tests = _failures(compiler, member.shape, "item")
    if not tests:
        if not sparse:
            with source.block(f"if None in {elements}:"):
                source.line("return False")
        return
    failing = _failing(tests, required=not sparse)
    with source.block(f"for item in {elements}:"), source.block(f"if {failing}:"):
        source.line("return False")


def _failing(tests: list[str], *, required: bool) -> str:
    return " or ".join(["item is None", *tests]) if required else f"item is not None and ({' or '.join(tests)})"


def _failures(compiler: Compiler, shape: Shape, name: str) -> list[str]:
    """Return the expressions that are true where a value breaks a constraint."""
    if shape.type in _CONTAINERS:
        if shape.document or shape.eventstream or not is_constrained(shape):
            return []
        return [f"not {compiler.reference('valid', shape)}({name})"]
    failing: list[str] = []
    subject = f"len({name})" if shape.type in _LENGTHS else name
    test = _range_failure(shape, subject)
    if test:
        failing.append(test)
    if shape.enum:
        failing.append(f"{name} not in {compiler.constant(frozenset(shape.enum), 'enum', shape.enum)}")
    if shape.pattern and shape.type == "string":
        failing.append(f"not {compiler.constant(matcher(shape.pattern), 'matches', shape.pattern)}({name})")
    return failing


def _range_failure(shape: Shape, subject: str) -> str:
    least, most = _limits(shape)
    if least is not None and most is not None:
        return f"not {least!r} <= {subject} <= {most!r}"
    if least is not None:
        return f"not {subject} >= {least!r}"
    if most is not None:
        return f"not {subject} <= {most!r}"
    return ""


# --- the wording ---


def violation(shape: Shape, values: Mapping[str, Any]) -> ValidationError:
    """Return the error for an input that breaks constraints, with all of them in its message.

    Args:
        shape: the operation's input.
        values: the decoded input by parameter names.
    """
    by_member = {name: values.get(parameter_name(name)) for name in shape.members}
    count = 0
    listed: list[str] = []
    whole_message = "The input fails to satisfy the constraints of the service."
    for text, whole in _walk(shape, by_member, ""):
        if whole:
            whole_message = text
        else:
            count += 1
            if count <= _LISTED:
                listed.append(text)
    if not count:
        return ValidationError(whole_message)
    return ValidationError(f"{count} validation error{'s' if count > 1 else ''} detected: {'; '.join(listed)}")


def _walk(shape: Shape, value: Any, path: str) -> Iterator[tuple[str, bool]]:
    """Yield each violation's text, with whether it is a message by itself."""
    if shape.type == "structure":
        if shape.document or shape.eventstream:
            return
        for name, member in shape.members.items():
            at = f"{path}.{_written(name)}" if path else _written(name)
            item = value.get(name)
            if item is not None:
                yield from _walk(member.shape, item, at)
            elif name in shape.required:
                yield f"Value null at '{at}' failed to satisfy constraint: Member must not be null", False
        return
    yield from _own(shape, value, path)
    if shape.type == "list" and shape.member is not None:
        yield from _walk_elements(
            shape, shape.member, value, path, "Member", [(f"{path}.{i}.member", v) for i, v in enumerate(value, 1)]
        )
    elif shape.type == "map" and shape.key is not None and shape.value is not None:
        yield from _walk_elements(shape, shape.key, value, path, "Map keys", [(path, key) for key in value])
        members = [(f"{path}.{key}.member", item) for key, item in value.items()]
        yield from _walk_elements(shape, shape.value, value, path, "Map value", members)


def _walk_elements(
    shape: Shape, member: Member, whole: Any, path: str, subject: str, elements: list[tuple[str, Any]]
) -> Iterator[tuple[str, bool]]:
    target = member.shape
    sparse = is_sparse(shape)
    if not sparse and any(item is None for _, item in elements):
        yield f"{_shown(shape, whole, path)}: {subject} must satisfy constraint: [Member must not be null]", False
    if target.type in _CONTAINERS:
        for at, item in elements:
            if item is not None:
                yield from _walk(target, item, at)
        return
    # Simple elements are reported once for the whole collection, with all that the elements have to satisfy.
    for at, item in elements:
        if item is None:
            continue
        failed = list(_own(target, item, at))
        if failed:
            if failed[0][1]:
                yield failed[0]
            else:
                wanted = ", ".join(text for text, _ in _rules(target))
                yield f"{_shown(shape, whole, path)}: {subject} must satisfy constraint: [{wanted}]", False
            return


def _own(shape: Shape, value: Any, path: str) -> Iterator[tuple[str, bool]]:
    too_long = False
    for text, kind in _rules(shape):
        if kind == "pattern" and too_long:
            continue  # a pattern is not tried on text of any length
        if _breaks(shape, value, kind):
            too_long = too_long or kind == "max"
            template = shape.traits.get(_PATTERN_MESSAGE)
            if kind == "pattern" and template:
                yield str(template).replace("{member}", path), True
            else:
                yield f"{_shown(shape, value, path)}: {text}", False


def _rules(shape: Shape) -> list[tuple[str, str]]:
    """Return what a shape's own constraints demand, in AWS's words and order, with the kind of each."""
    least, most = _limits(shape)
    what = "length" if shape.type in _LENGTHS else "value"
    rules = []
    if most is not None:
        rules.append((f"Member must have {what} less than or equal to {_number(most)}", "max"))
    if least is not None:
        rules.append((f"Member must have {what} greater than or equal to {_number(least)}", "min"))
    if shape.enum:
        # Where AWS masks a value it does not list the others either.
        listed = "" if _is_masked(shape) else f": [{', '.join(shape.enum)}]"
        rules.append((f"Member must satisfy enum value set{listed}", "enum"))
    if shape.pattern and shape.type == "string":
        rules.append((f"Member must satisfy regular expression pattern: {shape.pattern}", "pattern"))
    return rules


def _is_masked(shape: Shape) -> bool:
    return bool(shape.traits.get("sensitive") or shape.traits.get(_MASK_VALUE))


def _breaks(shape: Shape, value: Any, kind: str) -> bool:
    if kind == "enum":
        return value not in shape.enum
    if kind == "pattern":
        return not matcher(shape.pattern or "")(value)
    measure = len(value) if shape.type in _LENGTHS else value
    least, most = _limits(shape)
    if kind == "max":
        return most is not None and not measure <= most
    return least is not None and not measure >= least


def _shown(shape: Shape, value: Any, path: str) -> str:
    if _is_masked(shape):
        return f"Value at '{path}' failed to satisfy constraint"
    text = _text(shape, value)
    if len(text) > _VALUE_SHOWN:
        text = text[:_VALUE_SHOWN] + "..."
    return f"Value '{text}' at '{path}' failed to satisfy constraint"


def _text(shape: Shape, value: Any) -> str:
    """Return a value as Java prints it."""
    if value is None:
        return "null"
    if shape.traits.get("sensitive"):
        return "*** Sensitive Data Redacted ***"
    match shape.type:
        case "boolean":
            return "true" if value else "false"
        case "float" | "double":
            return float_to_text(value)
        case "blob":
            return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
        case "timestamp":
            return encode_iso8601(value)
        case "list" if shape.member is not None:
            return f"[{', '.join(_text(shape.member.shape, item) for item in value[:_LISTED])}]"
        case "map" if shape.value is not None:
            shown = list(value.items())[:_LISTED]
            return f"{{{', '.join(f'{key}={_text(shape.value.shape, item)}' for key, item in shown)}}}"
        case "structure" if not shape.document:
            shown = [(name, member, value.get(name)) for name, member in shape.members.items()]
            listed = ", ".join(f"{_written(n)}={_text(m.shape, v)}" for n, m, v in shown if v is not None)
            return f"{shape.name}({listed})"
        case _:
            return str(value)


def _written(name: str) -> str:
    return name[:1].lower() + name[1:]


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else str(value)
