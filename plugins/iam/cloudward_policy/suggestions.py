"""What would have to change for a denied request to be allowed, and what a policy asks about requests."""

from __future__ import annotations

import json

from cloudward_policy.arns import ARN_FIELDS
from cloudward_policy.conditions import VARIABLE_FAMILIES
from cloudward_policy.document import PolicyDocument, Text
from cloudward_policy.logic import KINDS_WITH_PRINCIPAL
from cloudward_policy.operators import read_operator
from cloudward_policy.types import Decision, Outcome, PolicyKind, Principal, PrincipalKind, Request, StatementRef
from cloudward_policy.variables import Variable, VariableError, compile_template

_PRINCIPAL_TYPES = {
    PrincipalKind.SERVICE: "Service",
    PrincipalKind.WEB_IDENTITY: "Federated",
    PrincipalKind.SAML: "Federated",
}


def _principal(principal: Principal) -> str | dict[str, str]:
    if principal.kind is PrincipalKind.ANONYMOUS:
        return "*"
    return {_PRINCIPAL_TYPES.get(principal.kind, "AWS"): principal.role_arn or principal.arn}


def escape_resource(resource: str) -> str:
    """Write a resource so that it stands for itself: wildcards and variables in it as `${*}`, `${?}` and `${$}`."""
    if resource == "*" or resource.count(":") < ARN_FIELDS - 1:
        return resource
    escaped = resource.replace("${", "${$}\0").replace("*", "${*}").replace("?", "${?}")
    return escaped.replace("\0", "{")


def _describe(ref: StatementRef) -> str:
    name = f"statement {ref.sid!r}" if ref.sid else f"statement {ref.index + 1}"
    where = f" (attached to {ref.policy.source})" if ref.policy.source else ""
    return (
        f"Lift the explicit deny in {name} of the {ref.kind.value} {ref.policy.arn or ref.policy.name}{where}, "
        f"line {ref.start.line}, column {ref.start.column}."
    )


def suggest(request: Request, decision: Decision) -> str | None:
    """Say what would allow a denied request.

    Args:
        request: the request.
        decision: its decision.

    Returns:
        For an implicit deny, the smallest policy statement (JSON) that a policy of the decision's kind would need; for
        an explicit one, which denies to lift, one a line; None when the request is allowed.
    """
    if decision.outcome is Outcome.ALLOWED:
        return None
    if decision.outcome is Outcome.EXPLICIT_DENY:
        return "\n".join(map(_describe, decision.determining))
    kind = decision.kind or PolicyKind.IDENTITY
    statement: dict[str, object] = {"Effect": "Allow"}
    if kind in (PolicyKind.RCP, PolicyKind.VPC_ENDPOINT):
        statement["Principal"] = "*"
    elif kind in KINDS_WITH_PRINCIPAL:
        statement["Principal"] = _principal(request.principal)
    statement["Action"] = request.action
    if kind is PolicyKind.KEY:
        # In a key policy the key is the only resource there is.
        statement["Resource"] = "*"
    elif kind is not PolicyKind.TRUST:
        statement["Resource"] = escape_resource(request.resource)
    return json.dumps(statement, indent=2)


def _variables(text: Text) -> list[Variable]:
    try:
        return list(compile_template(text.value, variables=True, wildcards=False).variables)
    except VariableError:
        return []


def context_keys(document: PolicyDocument) -> list[str]:
    """Return the condition keys that a policy refers to, in conditions and in policy variables.

    This is what GetContextKeysForCustomPolicy answers.

    Args:
        document: the policy.

    Returns:
        The keys as first written, each once whatever its case, in order of appearance.
    """
    keys: dict[str, str] = {}
    for statement in document.statements:
        texts = list(statement.resource.values) if statement.resource is not None else []
        for entry in statement.conditions:
            keys.setdefault(entry.key.value.lower(), entry.key.value)
            use = read_operator(entry.operator.value)
            if use is not None and use.operator.family in VARIABLE_FAMILIES:
                texts += entry.values
        if document.has_variables:
            for text in texts:
                for variable in _variables(text):
                    keys.setdefault(variable.key, variable.name)
    return list(keys.values())
