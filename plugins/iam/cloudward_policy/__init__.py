"""The IAM policy language: parse, validate, compile, evaluate and explain policies, with the standard library only."""

from __future__ import annotations

from cloudward_policy.compiler import CompiledPolicy, compile  # noqa: A004  # the word of the trade
from cloudward_policy.document import PolicyDocument, Problem, Statement, size_without_whitespace
from cloudward_policy.evaluator import evaluate
from cloudward_policy.explainer import explain
from cloudward_policy.findings import Finding, MalformedPolicy, Severity, invalid_principal
from cloudward_policy.json_reader import PolicySyntaxError
from cloudward_policy.parser import parse
from cloudward_policy.suggestions import context_keys, escape_resource, suggest
from cloudward_policy.types import (
    AttachedPolicy,
    ConditionResult,
    ContextValue,
    Decision,
    EvaluationError,
    Mismatch,
    Outcome,
    PolicyKind,
    PolicySet,
    Position,
    Principal,
    PrincipalKind,
    Request,
    StatementRef,
)
from cloudward_policy.validation import DocumentKind, check_document, validate

__all__ = [
    "AttachedPolicy",
    "CompiledPolicy",
    "ConditionResult",
    "ContextValue",
    "Decision",
    "DocumentKind",
    "EvaluationError",
    "Finding",
    "MalformedPolicy",
    "Mismatch",
    "Outcome",
    "PolicyDocument",
    "PolicyKind",
    "PolicySet",
    "PolicySyntaxError",
    "Position",
    "Principal",
    "PrincipalKind",
    "Problem",
    "Request",
    "Severity",
    "Statement",
    "StatementRef",
    "check_document",
    "compile",
    "context_keys",
    "escape_resource",
    "evaluate",
    "explain",
    "invalid_principal",
    "parse",
    "size_without_whitespace",
    "suggest",
    "validate",
]
