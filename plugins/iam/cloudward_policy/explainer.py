"""The explaining evaluator: looks at every statement and says why it did not match.

It uses no index and remembers nothing, so that it also judges the fast evaluator in tests.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cloudward_policy.compiler import CompiledStatement
from cloudward_policy.document import PrincipalElement
from cloudward_policy.evaluator import evaluation_errors
from cloudward_policy.logic import KINDS_WITH_PRINCIPAL, Verdict, decide, effective_boundary
from cloudward_policy.principals import Strength
from cloudward_policy.types import (
    AttachedPolicy,
    ConditionResult,
    ContextValue,
    Decision,
    EvaluationError,
    Mismatch,
    PolicyKind,
    PolicySet,
    Position,
    Request,
    StatementRef,
)


def _shown_principals(element: PrincipalElement | None) -> tuple[str, ...]:
    if element is None:
        return ()
    return tuple("*" if entry.type == "*" else f"{entry.type}: {entry.value.value}" for entry in element.entries)


class ExplainingGather:
    """Looks at every statement of every policy, in order."""

    def __init__(self, request: Request, policies: PolicySet) -> None:
        self._request = request
        self._action = request.action.lower()
        self._has_boundary = effective_boundary(request, policies) is not None
        self._errors: list[EvaluationError] = []
        self._missing: dict[str, str] = {}
        self.mismatches: list[Mismatch] = []
        self.conditions: dict[StatementRef, tuple[ConditionResult, ...]] = {}

    def ask(self, policies: Iterable[AttachedPolicy], kind: PolicyKind) -> Verdict:
        """Return what a group of policies says about the request."""
        denies: list[StatementRef] = []
        allows: list[StatementRef] = []
        best = Strength.NONE
        for attached in policies:
            self._errors += evaluation_errors(attached)
            for statement in attached.policy.statements:
                self._note_missing(statement)
                found = self._look(statement, attached, kind)
                if not found:
                    continue
                (denies if statement.deny else allows).append(statement.ref(attached, kind))
                if not statement.deny:
                    best = max(best, found)
        return Verdict(denies, allows, best)

    def _note_missing(self, statement: CompiledStatement) -> None:
        context = self._request.context
        concerned = (
            statement.usable
            and statement.matches_action(self._action)
            and (statement.variable_resource or statement.matches_resource(self._request.resource, {}))
        )
        if concerned:
            for key, name in statement.asked:
                if key not in context:
                    self._missing.setdefault(key, name)

    def _look(self, statement: CompiledStatement, attached: AttachedPolicy, kind: PolicyKind) -> Strength:
        request, source = self._request, statement.source
        ref = statement.ref(attached, kind)

        def mismatch(
            element: str,
            expected: tuple[str, ...],
            actual: ContextValue | None,
            position: Position,
            conditions: tuple[ConditionResult, ...] = (),
        ) -> Strength:
            self.mismatches.append(Mismatch(ref, element, expected, actual, position, conditions))
            return Strength.NONE

        if not statement.usable:
            problems = statement.problems or attached.policy.problems
            messages = tuple(problem.message for problem in problems)
            return mismatch(problems[0].element or "Statement", messages, None, problems[0].position)
        found = Strength.DIRECT
        if kind in KINDS_WITH_PRINCIPAL:
            found = statement.concerns(request.principal, has_boundary=self._has_boundary)
            if not found:
                element = source.principal
                name, position = ("Principal", source.start) if element is None else (element.name, element.start)
                return mismatch(name, _shown_principals(element), request.principal.arn, position)
        if source.action is not None and not statement.matches_action(self._action):
            expected = tuple(text.value for text in source.action.values)
            return mismatch(source.action.name, expected, request.action, source.action.start)
        if source.resource is not None and not statement.matches_resource(request.resource, request.context):
            expected = tuple(pattern.shown(request.context) for pattern in statement.resources or ())
            return mismatch(source.resource.name, expected, request.resource, source.resource.start)
        results = tuple(condition.result(request.context) for condition in statement.conditions)
        for condition, result in zip(statement.conditions, results, strict=True):
            if not result.matched:
                position = condition.entry.key.start
                return mismatch("Condition", result.expected, result.actual, position, results)
        self.conditions[ref] = results
        return found

    def errors(self) -> tuple[EvaluationError, ...]:
        """Return what could not be evaluated in the policies asked so far."""
        return tuple(self._errors)

    def missing(self) -> tuple[str, ...]:
        """Return the condition keys that the policies asked for and the context did not have."""
        return tuple(self._missing.values())


def explain(request: Request, policies: PolicySet) -> Decision:
    """Decide a request and say how.

    Args:
        request: who wants to do what to which resource, in which context.
        policies: every policy that bears on it.

    Returns:
        The decision of `evaluate`, with the first element that did not match for every statement that played no part
        (unreadable statements included), and the condition results of those that decided.
    """
    gather = ExplainingGather(request, policies)
    decision = decide(request, policies, gather)
    conditions = tuple(result for ref in decision.determining for result in gather.conditions[ref])
    return replace(decision, mismatches=tuple(gather.mismatches), conditions=conditions)
