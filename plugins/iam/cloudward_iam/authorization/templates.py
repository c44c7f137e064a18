"""Templates that make parts of ARNs of a request's members.

    ${Member.Path[].Name}          the values at a path; `[]` goes into a list, `{}` takes a map's keys
    %%regex%TEXT%/PATTERN/g%%      the first group of the pattern in each value of TEXT
    %%many%A%B%%                   the values of both
    %%iftruthy%A%B%C%%             B where A has a value, C otherwise
    %%iftemplatematch%A%%          A, where it is an ARN of the resource type
    %%urlencode%A%%                A, percent-encoded

The form is that of iann0036/iam-dataset, where most of the templates come from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

from cloudward.api import parameter_name

if TYPE_CHECKING:
    from cloudward.api import AuthorizationRequest

Template: TypeAlias = Callable[["Inputs"], list[str]]
"""Returns every text that a template stands for in a request; none where the request lacks a member."""

_MOST_VALUES = 256
_LONGEST = 2048
_PARTS = re.compile(r"\$\{([^{}]*(?:\{\})?[^{}]*)\}|%%(regex|many|iftruthy|iftemplatematch|urlencode)%")


class Inputs:
    """What templates are filled from.

    Args:
        request: the call.

    Attributes:
        scope: the values of `${Partition}`, `${Region}` and `${Account}`.
        parameters: the request's input.
    """

    __slots__ = ("parameters", "scope")

    def __init__(self, request: AuthorizationRequest) -> None:
        scope = request.scope
        self.scope = {"Partition": scope.partition, "Region": scope.region, "Account": scope.account}
        self.parameters = request.parameters


def compile_template(text: str, fits: Callable[[str], bool] = bool) -> Template:
    """Compile a template.

    Args:
        text: the template.
        fits: tells whether a text is an ARN of the resource type that the template is for.
    """
    parts: list[Template] = []
    position = 0
    while (found := _PARTS.search(text, position)) is not None:
        if found.start() > position:
            parts.append(_literal(text[position : found.start()]))
        position = found.end()
        if found[2] is None:
            parts.append(_member(found[1]))
        else:
            arguments, position = _arguments(text, position, found[2])
            parts.append(_FUNCTIONS[found[2]](arguments, fits))
    if position < len(text):
        parts.append(_literal(text[position:]))
    return parts[0] if len(parts) == 1 else _joined(parts)


def _arguments(text: str, position: int, function: str) -> tuple[list[str], int]:
    """Return a function's arguments and where it ends; each argument ends at `%`, the last one at `%%`."""
    count = {"iftruthy": 3, "regex": 2, "iftemplatematch": 1, "urlencode": 1}.get(function)
    arguments: list[str] = []
    while count is None or len(arguments) < count - 1:
        end = text.find("%", position)
        if count is None and (end < 0 or text.startswith("%%", end)):
            break
        arguments.append(text[position:end])
        position = end + 1
    end = text.find("%%", position)
    end = len(text) if end < 0 else end
    arguments.append(text[position:end])
    return arguments, end + 2


def _literal(text: str) -> Template:
    values = [text]
    return lambda inputs: values


def _joined(parts: list[Template]) -> Template:
    def fill(inputs: Inputs) -> list[str]:
        found = [part(inputs) for part in parts]
        made: list[str] = []
        for texts in product(*found):
            made.append("".join(texts))
            if len(made) >= _MOST_VALUES:
                break
        return made

    return fill


def _member(path: str) -> Template:
    if path in ("Partition", "Region", "Account"):
        return lambda inputs: [inputs.scope[path]]
    steps = path.split(".")
    first = re.match(r"[^\[{]+", steps[0])
    name = parameter_name(first[0]) if first else ""
    rest = steps[0][len(first[0]) :] if first else ""

    def fill(inputs: Inputs) -> list[str]:
        values: list[Any] = _into(inputs.parameters.get(name), rest)
        for step in steps[1:]:
            bare = re.match(r"[^\[{]*", step)
            key = bare[0] if bare else step
            values = [
                inner
                for value in values
                if isinstance(value, Mapping)
                for inner in _into(value.get(key), step[len(key) :])
            ]
        return [text for value in values for text in _texts(value)][:_MOST_VALUES]

    return fill


def _into(value: Any, marks: str) -> list[Any]:
    if value is None:
        return []
    if marks.startswith("{}"):
        return list(value) if isinstance(value, Mapping) else []
    if marks.startswith("[]"):
        return list(value) if isinstance(value, list | tuple) else [value]
    return [value]


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        return (value,) if value else ()
    if isinstance(value, bool):
        return ("true",) if value else ()
    if isinstance(value, int):
        return (str(value),)
    if isinstance(value, list | tuple):
        return (text for item in value for text in _texts(item))
    return ()


def _regex(arguments: list[str], fits: Callable[[str], bool]) -> Template:
    inner = compile_template(arguments[0], fits)
    expression = re.compile(arguments[1].strip().removeprefix("/").rpartition("/")[0])

    def fill(inputs: Inputs) -> list[str]:
        made = []
        for text in inner(inputs):
            match = expression.search(text[:_LONGEST])
            if match is not None:
                found = match[1] if expression.groups else match[0]
                if found:
                    made.append(found)
        return made

    return fill


def _many(arguments: list[str], fits: Callable[[str], bool]) -> Template:
    parts = [compile_template(argument, fits) for argument in arguments if argument]
    return lambda inputs: [text for part in parts for text in part(inputs)]


def _if_truthy(arguments: list[str], fits: Callable[[str], bool]) -> Template:
    condition, then, otherwise = (compile_template(argument, fits) for argument in arguments)
    return lambda inputs: [text for text in (then if condition(inputs) else otherwise)(inputs) if text]


def _if_match(arguments: list[str], fits: Callable[[str], bool]) -> Template:
    inner = compile_template(arguments[0], fits)
    return lambda inputs: [text for text in inner(inputs) if fits(text)]


def _url_encode(arguments: list[str], fits: Callable[[str], bool]) -> Template:
    inner = compile_template(arguments[0], fits)
    return lambda inputs: [quote(text, safe="") for text in inner(inputs)]


_FUNCTIONS: Mapping[str, Callable[[list[str], Callable[[str], bool]], Template]] = {
    "iftemplatematch": _if_match,
    "iftruthy": _if_truthy,
    "many": _many,
    "regex": _regex,
    "urlencode": _url_encode,
}


def raw_values(text: str) -> Template:
    """Return a template for the members that a template takes its text from, as the request has them.

    Args:
        text: the template.
    """
    members = [_member(found[1]) for found in _PARTS.finditer(text) if found[1]]
    return lambda inputs: [value for member in members for value in member(inputs)]
