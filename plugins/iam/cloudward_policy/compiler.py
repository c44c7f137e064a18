"""From syntax tree to something that can be evaluated quickly.

Whatever in a document cannot be evaluated is a problem.  A statement that allows never does so when it, or its
document, has a problem; one that denies is read so that the unreadable part counts as matching.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cloudward_policy.arns import ARN_FIELDS, compile_resource_tokens, mask_variables
from cloudward_policy.conditions import CompiledCondition, Context, compile_condition
from cloudward_policy.document import ListElement, PolicyDocument, Problem, Statement, Text
from cloudward_policy.globs import Matcher, compile_glob
from cloudward_policy.principals import Strength, strength
from cloudward_policy.types import AttachedPolicy, PolicyKind, Position, Principal, StatementRef
from cloudward_policy.variables import Template, VariableError, compile_template, render

MEMO_SIZE = 2048
"""How many (action, resource) pairs a compiled policy remembers the matching statements of."""

REF_MEMO_SIZE = 64

_WITHOUT_PRINCIPAL = frozenset({PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION, PolicyKind.SCP})
_COMPLETES_ARNS = frozenset({PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SCP, PolicyKind.RCP})


@dataclass(frozen=True, slots=True)
class ResourcePattern:
    """One value of a Resource element.

    Attributes:
        text: the element's value and place.
        template: its parts.
        fixed: the matcher when it has no variables.
        fallback: what it says when it cannot be read.
    """

    text: Text
    template: Template
    fixed: Matcher | None
    fallback: bool

    def matches(self, resource: str, context: Context) -> bool:
        """Whether the pattern, with its variables put in, matches a resource."""
        if self.fixed is not None:
            return self.fixed(resource)
        tokens = self.template.resolve(context)
        if tokens is None:
            return False
        matcher = compile_resource_tokens(tokens)
        return self.fallback if matcher is None else matcher(resource)

    def shown(self, context: Context) -> str:
        """The pattern with its variables put in, or as written when one has no value."""
        tokens = self.template.resolve(context)
        return self.text.value if tokens is None else render(tokens)


class CompiledStatement:
    """One statement, ready to be matched.

    Attributes:
        source: the statement's syntax tree.
        deny: whether it denies.
        actions: a matcher for each value of its Action element, on lower-case actions; None when there is no element
            that could be read.
        resources: a pattern for each value of its Resource element; None when there is none.
        variable_resource: whether the resources depend on the request context.
        asked: condition keys that it reads, lower-case name and name as written; not those variables with a default.
        conditions: its conditions, all of which have to hold.
        usable: False when it can never match: its effect is unreadable, or it allows and has a problem.
        problems: what in it could not be read.
    """

    __slots__ = (
        "_broken",
        "_fixed_resources",
        "_refs",
        "actions",
        "asked",
        "conditions",
        "deny",
        "problems",
        "resources",
        "source",
        "usable",
        "variable_resource",
    )

    def __init__(self, source: Statement, kind: PolicyKind, *, variables: bool, sound: bool) -> None:
        self.source = source
        self.deny = source.effect is not None and source.effect.value == "Deny"
        problems = [*source.problems, *_kind_problems(source, kind)]
        self.actions = None if source.action is None else tuple(map(_action_matcher, source.action.values))
        self.resources: tuple[ResourcePattern, ...] | None = None
        if source.resource is not None:
            self.resources = tuple(
                self._resource(text, source.resource, kind, variables, problems) for text in source.resource.values
            )
        self.conditions: tuple[CompiledCondition, ...] = tuple(
            compile_condition(entry, deny=self.deny, variables=variables) for entry in source.conditions
        )
        for condition in self.conditions:
            problems.extend(condition.problems)
        templates = [pattern.template for pattern in self.resources or ()]
        self.variable_resource = any(pattern.fixed is None for pattern in self.resources or ())
        names = [variable.name for each in templates for variable in each.variables if variable.default is None]
        names += (name for condition in self.conditions for name in condition.asked)
        asked: dict[str, str] = {}
        for name in names:
            asked.setdefault(name.lower(), name)
        self.asked: tuple[tuple[str, str], ...] = tuple(asked.items())
        self.problems: tuple[Problem, ...] = tuple(problems)
        self._broken = frozenset(problem.element.removeprefix("Not") for problem in source.problems)
        # The common case in a form that is quick to try: a sound, plain Resource element without variables.
        self._fixed_resources: tuple[Matcher, ...] | None = None
        if source.resource is not None and not source.resource.negated and not self._broken:
            fixed = tuple(pattern.fixed for pattern in self.resources or () if pattern.fixed is not None)
            self._fixed_resources = None if self.variable_resource else fixed
        effect_known = source.effect is not None and source.effect.value in ("Allow", "Deny")
        self.usable = effect_known and (self.deny or (sound and not problems))
        self._refs: dict[int, StatementRef] = {}

    def _resource(
        self, text: Text, element: ListElement, kind: PolicyKind, variables: bool, problems: list[Problem]
    ) -> ResourcePattern:
        fallback = self.deny != element.negated
        value = text.value
        masked = mask_variables(value) if variables else value
        missing = ARN_FIELDS - 1 - masked.count(":")
        completed = value + ":*" * missing if missing > 0 and kind in _COMPLETES_ARNS and value != "*" else value
        message = ""
        template = Template(value, (value,), ())
        matcher: Matcher | None = None
        try:
            template = compile_template(completed, variables=variables, wildcards=True)
        except VariableError as error:
            message = str(error)
        else:
            if template.variables and "${" in ":".join(masked.split(":")[: ARN_FIELDS - 1]):
                message = f"{value!r} has a policy variable before the fifth colon"
                template = Template(value, (value,), ())
            elif not template.variables:
                tokens = template.resolve({}) or ()
                matcher = compile_resource_tokens(tokens)
                if matcher is None:
                    message = f'{value!r} is neither an ARN nor "*"'
            elif not value.startswith("arn:"):
                message = f'{value!r} is neither an ARN nor "*"'
        if message:
            problems.append(Problem(element.name, message, text.start, "value"))
            matcher = (lambda _resource: True) if fallback else (lambda _resource: False)
        return ResourcePattern(text, template, matcher, fallback)

    def matches_action(self, action: str) -> bool:
        """Whether the Action or NotAction element matches a lower-case action."""
        element = self.source.action
        if self.actions is None or element is None or "Action" in self._broken:
            return self.deny
        return any(matcher(action) for matcher in self.actions) is not element.negated

    def matches_resource(self, resource: str, context: Context) -> bool:
        """Whether the Resource or NotResource element matches; a missing one does where the kind needs none."""
        element = self.source.resource
        if self.resources is None or element is None:
            return True
        if "Resource" in self._broken:
            return self.deny
        return any(pattern.matches(resource, context) for pattern in self.resources) is not element.negated

    def fits_resource(self, resource: str) -> bool:
        """The same as `matches_resource` where no pattern has a variable, without a request context."""
        fixed = self._fixed_resources
        if fixed is None:
            return self.matches_resource(resource, {})
        for matcher in fixed:  # noqa: SIM110  # a generator costs more than the loop
            if matcher(resource):
                return True
        return False

    def concerns(self, principal: Principal, *, has_boundary: bool) -> Strength:
        """How directly the Principal or NotPrincipal element means the caller.

        Args:
            principal: the caller.
            has_boundary: whether the caller has a permissions boundary.
        """
        element = self.source.principal
        if element is None or "Principal" in self._broken:
            return Strength.DIRECT if self.deny else Strength.NONE
        return strength(element, principal, deny=self.deny, has_boundary=has_boundary)

    def ref(self, attached: AttachedPolicy, kind: PolicyKind) -> StatementRef:
        """Return the reference to this statement in an attached policy."""
        # The reference keeps its policy alive, so the id is not given to another one meanwhile.
        ref = self._refs.get(id(attached))
        if ref is None or ref.kind is not kind:
            source = self.source
            sid = source.sid.value if source.sid is not None else None
            effect = source.effect.value if source.effect is not None else ""
            ref = StatementRef(kind, attached, source.index, sid, effect, source.start, source.end)
            if len(self._refs) >= REF_MEMO_SIZE:
                self._refs.clear()
            self._refs[id(attached)] = ref
        return ref


def _action_matcher(text: Text) -> Matcher:
    return compile_glob(text.value.lower())


def _kind_problems(source: Statement, kind: PolicyKind) -> list[Problem]:
    """Elements that the kind demands or forbids."""
    problems: list[Problem] = []

    def problem(element: str, message: str, position: Position = source.start) -> None:
        problems.append(Problem(element, message, position, "kind"))

    unread = {found.element for found in source.problems}
    if "" in unread:
        return problems
    if source.action is None and not unread & {"Action", "NotAction"}:
        problem("Action", "The statement has no Action")
    if kind in _WITHOUT_PRINCIPAL:
        if source.principal is not None:
            problem("Principal", f"A {kind.value} does not take a Principal", source.principal.start)
        if source.resource is None:
            problem("Resource", "The statement has no Resource")
    elif source.principal is None:
        problem("Principal", "The statement has no Principal")
    elif source.principal.negated and (source.effect is None or source.effect.value != "Deny"):
        problem("NotPrincipal", "NotPrincipal can only deny", source.principal.start)
    if kind is PolicyKind.TRUST and source.resource is not None:
        problem("Resource", "A role trust policy does not take a Resource", source.resource.start)
    return problems


class Selection(NamedTuple):
    """The statements of a policy whose action, and resource where it is fixed, match a request.

    Attributes:
        denies: those that deny.
        allows: those that allow.
        asked: condition keys that they read, lower-case name and name as written.
        has_problems: whether the policy, in whatever place, has something that could not be evaluated.
    """

    denies: tuple[CompiledStatement, ...]
    allows: tuple[CompiledStatement, ...]
    asked: tuple[tuple[str, str], ...]
    has_problems: bool = False


NOTHING = Selection((), (), ())
ONLY_PROBLEMS = Selection((), (), (), has_problems=True)


def asked_by(statements: Sequence[CompiledStatement]) -> tuple[tuple[str, str], ...]:
    """Return the condition keys that statements read: lower-case name and name as first written."""
    if len(statements) == 1:
        return statements[0].asked
    asked: dict[str, str] = {}
    for statement in statements:
        for key, name in statement.asked:
            asked.setdefault(key, name)
    return tuple(asked.items())


class CompiledPolicy:
    """A policy document compiled for one kind of use.

    It owns its memory of past selections, which is bounded; it may be shared between threads.

    Attributes:
        document: the syntax tree.
        kind: what the document is used as.
        statements: the compiled statements.
        problems: what in the document could not be evaluated; such a policy still denies.
        recall: looks a (lower-case action, resource) up in the memory of selections.
    """

    __slots__ = (
        "_by_action",
        "_by_service",
        "_candidates",
        "_others",
        "_selections",
        "document",
        "kind",
        "problems",
        "recall",
        "statements",
    )

    def __init__(self, document: PolicyDocument, kind: PolicyKind) -> None:
        self.document = document
        self.kind = kind
        unreadable_version = document.version is not None and any(
            problem.element == "Version" for problem in document.problems
        )
        variables = document.has_variables or unreadable_version
        sound = not document.problems
        self.statements = tuple(
            CompiledStatement(statement, kind, variables=variables, sound=sound) for statement in document.statements
        )
        self.problems = document.problems + tuple(
            problem for statement in self.statements for problem in statement.problems
        )
        self._selections: dict[tuple[str, str], Selection] = {}
        self.recall = self._selections.get
        self._by_action: dict[str, list[CompiledStatement]] = {}
        self._by_service: dict[str, list[CompiledStatement]] = {}
        self._others: list[CompiledStatement] = []
        self._candidates: dict[str, tuple[CompiledStatement, ...]] = {}
        self._index()

    def _index(self) -> None:
        """Sort the statements by action, by service, and the rest.

        A statement that names its actions in full is found without trying patterns; one whose patterns name their
        service is tried for that service only.
        """
        for statement in self.statements:
            if not statement.usable:
                continue
            element = statement.source.action
            if element is None or element.negated or statement.problems:
                self._others.append(statement)
                continue
            names = {text.value.lower() for text in element.values}
            if not any("*" in name or "?" in name for name in names):
                for name in names:
                    self._by_action.setdefault(name, []).append(statement)
                continue
            services = {name.partition(":")[0] for name in names}
            if any("*" in service or "?" in service for service in services):
                self._others.append(statement)
            else:
                for service in services:
                    self._by_service.setdefault(service, []).append(statement)

    @property
    def remembered(self) -> int:
        """How many selections are remembered at present."""
        return len(self._selections)

    def select(self, key: tuple[str, str]) -> Selection:
        """Return the statements that a request may concern, and remember them.

        Args:
            key: the lower-case action and the resource's ARN.
        """
        selection = self._selections.get(key)
        if selection is None:
            selection = self._select(*key)
            if len(self._selections) >= MEMO_SIZE:
                self._selections.clear()
            self._selections[key] = selection
        return selection

    def _select(self, action: str, resource: str) -> Selection:
        candidates = self._candidates.get(action)
        if candidates is None:
            candidates = self._find_candidates(action)
            if len(self._candidates) >= MEMO_SIZE:
                self._candidates.clear()
            self._candidates[action] = candidates
        found = [
            statement for statement in candidates if statement.variable_resource or statement.fits_resource(resource)
        ]
        if not found:
            return ONLY_PROBLEMS if self.problems else NOTHING
        return Selection(
            tuple(statement for statement in found if statement.deny),
            tuple(statement for statement in found if not statement.deny),
            asked_by(found),
            bool(self.problems),
        )

    def _find_candidates(self, action: str) -> tuple[CompiledStatement, ...]:
        """The statements whose action matches, in their order."""
        found = [*self._by_action.get(action, ())]
        tried = (*self._by_service.get(action.partition(":")[0], ()), *self._others)
        found += (statement for statement in tried if statement.matches_action(action))
        found.sort(key=lambda statement: statement.source.index)
        return tuple(found)


def compile(document: PolicyDocument, kind: PolicyKind) -> CompiledPolicy:  # noqa: A001  # the word of the trade
    """Compile a document for one kind of use.

    Args:
        document: the parsed document; it need not be valid.
        kind: what it is used as, which decides whether it has principals and whether incomplete ARNs are completed.

    Returns:
        The compiled policy.  What could not be compiled is in its `problems`; nothing is raised.
    """
    return CompiledPolicy(document, kind)
