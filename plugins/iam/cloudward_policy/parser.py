"""From text to syntax tree.  Only text that is not JSON is refused; everything else becomes a problem in the tree."""

from __future__ import annotations

from collections.abc import Iterator

from cloudward_policy.document import (
    VERSIONS,
    ConditionEntry,
    ListElement,
    PolicyDocument,
    PrincipalElement,
    PrincipalEntry,
    Problem,
    Statement,
    Text,
)
from cloudward_policy.json_reader import JsonNode, Lines, read_json

DOCUMENT_FIELDS = frozenset({"Version", "Id", "Statement"})
STATEMENT_FIELDS = frozenset(
    {
        "Sid",
        "Effect",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Principal",
        "NotPrincipal",
        "Condition",
    }
)
PRINCIPAL_TYPES = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})
EFFECTS = ("Allow", "Deny")


class _Builder:
    """Builds the tree of one document or one statement and collects its problems."""

    __slots__ = ("lines", "problems")

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.problems: list[Problem] = []

    def problem(self, element: str, message: str, node: JsonNode, code: str = "type") -> None:
        self.problems.append(Problem(element, message, self.lines.position(node.start), code))

    def text(self, node: JsonNode) -> Text:
        return Text(node.text, self.lines.position(node.start))

    def members(self, node: JsonNode, element: str) -> Iterator[tuple[JsonNode, JsonNode]]:
        """The members of an object; a repeated name is a problem and its later value is left out."""
        seen: set[str] = set()
        for name, value in node.members:
            if name.text in seen:
                where = name.text if name.text in STATEMENT_FIELDS | DOCUMENT_FIELDS else element
                self.problem(where, f"{name.text!r} is given more than once", name, "duplicate")
                continue
            seen.add(name.text)
            yield name, value

    def string(self, node: JsonNode, element: str) -> Text | None:
        if node.kind != "string":
            self.problem(element, f"{element} must be a string", node)
            return None
        return self.text(node)

    def strings(self, node: JsonNode, element: str, *, scalars: bool = False) -> tuple[Text, ...]:
        """A string or a list of strings; with `scalars`, numbers and booleans too."""
        values: list[Text] = []
        for item in node.items if node.kind == "array" else (node,):
            if item.kind == "string" or (scalars and item.kind in ("number", "boolean")):
                values.append(self.text(item))
            else:
                self.problem(element, f"{element} must hold strings only", item)
        return tuple(values)

    def list_element(self, node: JsonNode, name: str) -> ListElement:
        values = self.strings(node, name)
        return ListElement(name, values, self.lines.position(node.start), name.startswith("Not"))

    def principal(self, node: JsonNode, name: str) -> PrincipalElement:
        entries: list[PrincipalEntry] = []
        if node.kind == "string" and node.text == "*":
            entries.append(PrincipalEntry("*", self.text(node)))
        elif node.kind == "object":
            if not node.members:
                self.problem(name, f"{name} is empty", node, "value")
            for kind, value in self.members(node, name):
                if kind.text not in PRINCIPAL_TYPES:
                    self.problem(name, f"{kind.text!r} is not a type of principal", kind, "unknown-field")
                    continue
                entries.extend(PrincipalEntry(kind.text, text) for text in self.strings(value, name))
        else:
            self.problem(name, f'{name} must be "*" or an object', node)
        return PrincipalElement(name, tuple(entries), self.lines.position(node.start), name.startswith("Not"))

    def conditions(self, node: JsonNode) -> tuple[tuple[ConditionEntry, ...], tuple[Text, ...]]:
        if node.kind != "object":
            self.problem("Condition", "Condition must be an object", node)
            return (), ()
        entries: list[ConditionEntry] = []
        operators: list[Text] = []
        for operator, keys in self.members(node, "Condition"):
            operators.append(self.text(operator))
            if keys.kind != "object":
                self.problem("Condition", f"{operator.text} must hold an object of condition keys", keys)
                continue
            for key, values in self.members(keys, "Condition"):
                texts = self.strings(values, "Condition", scalars=True)
                entries.append(ConditionEntry(operators[-1], self.text(key), texts))
        return tuple(entries), tuple(operators)


def _statement(node: JsonNode, index: int, lines: Lines) -> Statement:
    build = _Builder(lines)
    start, end = lines.position(node.start), lines.position(node.end - 1)
    if node.kind != "object":
        build.problem("", "A statement must be an object", node)
        return Statement(index, start, end, problems=tuple(build.problems))
    sid = effect = condition_start = None
    lists: dict[str, ListElement] = {}
    principals: list[PrincipalElement] = []
    conditions: tuple[ConditionEntry, ...] = ()
    operators: tuple[Text, ...] = ()
    for name, value in build.members(node, ""):
        match name.text:
            case "Sid":
                sid = build.string(value, "Sid")
            case "Effect":
                effect = build.string(value, "Effect")
                if effect is not None and effect.value not in EFFECTS:
                    build.problem("Effect", f"Effect must be Allow or Deny, not {effect.value!r}", value, "value")
            case "Action" | "NotAction" | "Resource" | "NotResource":
                kind = name.text.removeprefix("Not")
                if kind in lists:
                    build.problem(kind, f"A statement has either {kind} or Not{kind}", name, "conflict")
                    continue
                lists[kind] = build.list_element(value, name.text)
            case "Principal" | "NotPrincipal":
                if principals:
                    build.problem("Principal", "A statement has either Principal or NotPrincipal", name, "conflict")
                    continue
                principals.append(build.principal(value, name.text))
            case "Condition":
                condition_start = lines.position(value.start)
                conditions, operators = build.conditions(value)
            case _:
                build.problem(name.text, f"Unknown field {name.text}", name, "unknown-field")
    if effect is None and not any(problem.element == "Effect" for problem in build.problems):
        build.problem("Effect", "Missing required field Effect", node, "missing-field")
    return Statement(
        index,
        start,
        end,
        sid=sid,
        effect=effect,
        action=lists.get("Action"),
        resource=lists.get("Resource"),
        principal=principals[0] if principals else None,
        conditions=conditions,
        condition_start=condition_start,
        condition_operators=operators,
        problems=tuple(build.problems),
    )


def parse(text: str) -> PolicyDocument:
    """Parse a policy document of any kind.

    Args:
        text: the document's JSON text.

    Returns:
        The syntax tree.  What the grammar does not allow is listed in its `problems`.

    Raises:
        PolicySyntaxError: the text is not JSON.
    """
    root, lines = read_json(text)
    build = _Builder(lines)
    version = identifier = None
    statements: tuple[Statement, ...] = ()
    has_statement = False
    if root.kind != "object":
        build.problem("", "A policy must be an object", root)
        return PolicyDocument(text, None, None, (), tuple(build.problems))
    for name, value in build.members(root, ""):
        match name.text:
            case "Version":
                version = build.string(value, "Version")
                if version is not None and version.value not in VERSIONS:
                    build.problem("Version", f"Version must be one of {', '.join(VERSIONS)}", value, "value")
            case "Id":
                identifier = build.string(value, "Id")
            case "Statement":
                has_statement = True
                if value.kind not in ("array", "object"):
                    build.problem("Statement", "Statement must be an object or a list of objects", value)
                    continue
                nodes = value.items if value.kind == "array" else [value]
                if not nodes:
                    build.problem("Statement", "A policy needs at least one statement", value, "value")
                statements = tuple(_statement(node, index, lines) for index, node in enumerate(nodes))
            case _:
                build.problem(name.text, f"Unknown field {name.text}", name, "unknown-field")
    if not has_statement:
        build.problem("Statement", "Missing required field Statement", root, "missing-field")
    return PolicyDocument(text, version, identifier, statements, tuple(build.problems))
