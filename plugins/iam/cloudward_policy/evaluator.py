"""The fast evaluator: finds the statements by action and remembers what it found."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward_policy.compiler import NOTHING, CompiledStatement
from cloudward_policy.logic import KINDS_WITH_PRINCIPAL, Verdict, decide, effective_boundary
from cloudward_policy.principals import Strength
from cloudward_policy.types import (
    AttachedPolicy,
    Decision,
    EvaluationError,
    PolicyKind,
    PolicySet,
    Request,
    StatementRef,
)


class FastGather:
    """Asks the index of each policy and checks what is left to check."""

    __slots__ = ("_context", "_errors", "_has_boundary", "_key", "_missing", "_principal", "_resource")

    def __init__(self, request: Request, policies: PolicySet) -> None:
        self._key = (request.action.lower(), request.resource)
        self._context = request.context
        self._principal = request.principal
        self._resource = request.resource
        self._has_boundary = effective_boundary(request, policies) is not None
        self._errors: list[EvaluationError] | None = None
        self._missing: dict[str, str] | None = None

    def ask(self, policies: Iterable[AttachedPolicy], kind: PolicyKind) -> Verdict:
        """Return what a group of policies says about the request."""
        key = self._key
        denies: list[StatementRef] = []
        allows: list[StatementRef] = []
        best = Strength.NONE
        for attached in policies:
            policy = attached.policy
            if policy.problems:
                self._note_errors(attached)
            selection = policy.selections.get(key)
            if selection is None:
                selection = policy.select(*key)
            if selection is NOTHING:
                continue
            if selection.asked:
                self._note_missing(selection.asked)
            for statement in selection.denies:
                if self._match(statement, kind):
                    denies.append(statement.ref(attached, kind))  # noqa: PERF401  # most often there is none
            for statement in selection.allows:
                found = self._match(statement, kind)
                if found:
                    allows.append(statement.ref(attached, kind))
                    best = max(best, found)
        return Verdict(denies, allows, best)

    def _match(self, statement: CompiledStatement, kind: PolicyKind) -> Strength:
        """How directly a statement, whose action and fixed resource match, concerns the request; NONE if not."""
        found = Strength.DIRECT
        if kind in KINDS_WITH_PRINCIPAL:
            found = statement.concerns(self._principal, has_boundary=self._has_boundary)
            if not found:
                return found
        context = self._context
        if statement.variable_resource and not statement.matches_resource(self._resource, context):
            return Strength.NONE
        for condition in statement.conditions:
            if not condition.test(context):
                return Strength.NONE
        return found

    def _note_errors(self, attached: AttachedPolicy) -> None:
        if self._errors is None:
            self._errors = []
        self._errors += evaluation_errors(attached)

    def _note_missing(self, asked: Iterable[tuple[str, str]]) -> None:
        for key, name in asked:
            if key not in self._context:
                if self._missing is None:
                    self._missing = {}
                self._missing.setdefault(key, name)

    def errors(self) -> tuple[EvaluationError, ...]:
        """Return what could not be evaluated in the policies asked so far."""
        return tuple(self._errors) if self._errors else ()

    def missing(self) -> tuple[str, ...]:
        """Return the condition keys that the policies asked for and the context did not have."""
        return tuple(self._missing.values()) if self._missing else ()


def evaluation_errors(attached: AttachedPolicy) -> Iterable[EvaluationError]:
    """Return the problems of an attached policy as errors of the evaluation."""
    return (EvaluationError(attached, problem.message, problem.position) for problem in attached.policy.problems)


def evaluate(request: Request, policies: PolicySet) -> Decision:
    """Decide a request.

    Args:
        request: who wants to do what to which resource, in which context.
        policies: every policy that bears on it.

    Returns:
        The decision, with `mismatches` and `conditions` left empty; `explain` fills them.  Policies that cannot be
        evaluated never allow, are listed in its `errors`, and raise nothing.
    """
    return decide(request, policies, FastGather(request, policies))
