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

_NONE, _DIRECT = Strength.NONE, Strength.DIRECT


class FastGather:
    """Asks the index of each policy and checks what is left to check."""

    __slots__ = ("_context", "_errors", "_has_boundary", "_key", "_missing", "_principal", "_resource")

    def __init__(self, request: Request, policies: PolicySet) -> None:
        self._key = (request.action.lower(), request.resource)
        self._context = request.context
        self._principal = request.principal
        self._resource = request.resource
        self._has_boundary = effective_boundary(request, policies) is not None
        self._errors: list[EvaluationError] = []
        self._missing: dict[str, str] = {}

    def ask(self, policies: Iterable[AttachedPolicy], kind: PolicyKind) -> Verdict:
        """Return what a group of policies says about the request."""
        key = self._key
        context = self._context
        has_principal = kind in KINDS_WITH_PRINCIPAL
        denies: list[StatementRef] = []
        allows: list[StatementRef] = []
        best, nothing = _NONE, NOTHING
        for attached in policies:
            policy = attached.policy
            selection = policy.recall(key)
            if selection is None:
                selection = policy.select(key)
            if selection is nothing:
                continue
            if selection.has_problems:
                self._note_errors(attached)
            for name in selection.asked:
                if name[0] not in context:
                    self._missing.setdefault(*name)
            for statement in selection.denies:
                if self._match(statement, has_principal):
                    denies.append(statement.ref(attached, kind))  # noqa: PERF401  # most often there is none
            for statement in selection.allows:
                found = self._match(statement, has_principal)
                if found:
                    allows.append(statement.ref(attached, kind))
                    if found > best:
                        best = found
        return Verdict(denies, allows, best)

    def _match(self, statement: CompiledStatement, has_principal: bool) -> Strength:
        """How directly a statement, whose action and fixed resource match, concerns the request; NONE if not."""
        found = _DIRECT
        if has_principal:
            found = statement.concerns(self._principal, has_boundary=self._has_boundary)
            if not found:
                return found
        context = self._context
        if statement.variable_resource and not statement.matches_resource(self._resource, context):
            return _NONE
        for condition in statement.conditions:
            if not condition.test(context):
                return _NONE
        return found

    def _note_errors(self, attached: AttachedPolicy) -> None:
        self._errors += evaluation_errors(attached)

    def errors(self) -> tuple[EvaluationError, ...]:
        """Return what could not be evaluated in the policies asked so far."""
        return tuple(self._errors)

    def missing(self) -> tuple[str, ...]:
        """Return the condition keys that the policies asked for and the context did not have."""
        return tuple(self._missing.values())


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
