"""What the caller reads of a denial: AWS's words.

Sources: IAM User Guide, "Troubleshoot access denied error messages"; AWS Security Blog, "Enhanced access denied error
messages with policy ARNs"; messages of AWS quoted in public issue reports.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cloudward_policy import Decision, Outcome, PolicyKind, PrincipalKind, StatementRef

if TYPE_CHECKING:
    from cloudward.api import Caller
    from cloudward_iam.authorization.evaluated import EvaluatedAction

_WITH_EXPLICIT_DENY: Mapping[PolicyKind, str] = {
    PolicyKind.IDENTITY: "an identity-based policy",
    PolicyKind.BOUNDARY: "a permissions boundary",
    PolicyKind.SESSION: "a session policy",
    PolicyKind.SCP: "a service control policy",
    PolicyKind.RCP: "a resource control policy",
    PolicyKind.RESOURCE: "a resource-based policy",
    PolicyKind.KEY: "a resource-based policy",
    PolicyKind.TRUST: "the role trust policy",
    PolicyKind.VPC_ENDPOINT: "a VPC endpoint policy",
}
_NOT_ALLOWED_BY: Mapping[PolicyKind, str] = {
    **{kind: kind.value for kind in PolicyKind},
    PolicyKind.KEY: PolicyKind.RESOURCE.value,
}
_FEDERATED = (PrincipalKind.WEB_IDENTITY, PrincipalKind.SAML)
_WITHOUT_RESOURCE = (PolicyKind.TRUST,)
"""Kinds whose denials AWS's messages tell without the resource."""

ENCODED_PREFIX = "You are not authorized to perform this operation. "
ENCODED_SUFFIX = " Encoded authorization failure message: "


def denial_message(caller: Caller, denied: EvaluatedAction, *, quoted: bool = False) -> str:
    """Return the message of a denial.

    Args:
        caller: who called.
        denied: the action that was denied.
        quoted: whether the resource stands in quotes, as S3 has it.
    """
    request, decision = denied.request, denied.decision
    if request.principal.kind in _FEDERATED:
        return f"Not authorized to perform {request.action}"
    kind = decision.kind or PolicyKind.IDENTITY
    if kind is PolicyKind.TRUST and not denied.policies.resource:
        # AWS does not tell a role that does not exist from one that does not trust the caller.
        return f"User: {caller.arn} is not authorized to perform: {request.action} on resource: {denied.shown}"
    message = f"User: {caller.arn} is not authorized to perform: {request.action}"
    if denied.shown and kind not in _WITHOUT_RESOURCE:
        message += f' on resource: "{denied.shown}"' if quoted else f" on resource: {denied.shown}"
    if decision.outcome is Outcome.EXPLICIT_DENY:
        arn = decision.determining[0].policy.arn if decision.determining else None
        return f"{message} with an explicit deny in {_WITH_EXPLICIT_DENY[kind]}" + (f": {arn}" if arn else "")
    return f"{message} because no {_NOT_ALLOWED_BY[kind]} allows the {request.action} action"


def unmapped_message(caller: Caller, service: str, operation: str) -> str:
    """Return the message for an operation whose IAM action is not known.

    Args:
        caller: who called.
        service: the service's name.
        operation: the operation's name.
    """
    return (
        f"User: {caller.arn} is not authorized to perform {service}.{operation}: cloudward does not know which IAM "
        f"action it needs. A plugin can tell with the hook cloudward_authorization_facts; the setting "
        f"unmapped_actions=warn allows such calls."
    )


def authorization_document(caller: Caller, denied: EvaluatedAction, decision: Decision) -> dict[str, Any]:
    """Return the details of a denial in the form that DecodeAuthorizationMessage answers.

    Args:
        caller: who called.
        denied: the action that was denied.
        decision: the explaining evaluator's decision about it.
    """
    request = denied.request
    explicit = decision.outcome is Outcome.EXPLICIT_DENY
    principal = {"id": caller.user_id, "arn": caller.arn}
    if caller.user_name is not None:
        principal["name"] = caller.user_name
    return {
        "allowed": False,
        "explicitDeny": explicit,
        "matchedStatements": _items(_statement(ref, caller) for ref in decision.determining),
        "failures": _items({"policy": error.policy.name, "message": error.message} for error in decision.errors),
        "context": {
            "principal": principal,
            "action": request.action,
            "resource": request.resource,
            "conditions": _items(
                {"key": key, "values": _items({"value": one} for one in ([value] if isinstance(value, str) else value))}
                for key, value in sorted(request.context.items())
            ),
        },
    }


def _items(values: Any) -> dict[str, Any]:
    return {"items": list(values)}


def _statement(ref: StatementRef, caller: Caller) -> dict[str, Any]:
    source = ref.policy.policy.document.statements[ref.index]
    actions = source.action.values if source.action is not None else ()
    resources = source.resource.values if source.resource is not None else ()
    principals = (
        [entry.value.value for entry in source.principal.entries] if source.principal is not None else [caller.user_id]
    )
    return {
        "statementId": ref.sid or "",
        "effect": ref.effect.upper(),
        "principals": _items({"value": value} for value in principals),
        "principalGroups": _items(()),
        "actions": _items({"value": text.value} for text in actions),
        "resources": _items({"value": text.value} for text in resources),
        "conditions": _items(
            {"key": entry.key.value, "values": _items({"value": text.value} for text in entry.values)}
            for entry in source.conditions
        ),
    }
