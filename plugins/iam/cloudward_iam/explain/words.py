"""How policies, statements and what did not match are said in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cloudward_policy import (
    AttachedPolicy,
    ConditionResult,
    ContextValue,
    Mismatch,
    PolicyKind,
    Principal,
    PrincipalKind,
    StatementRef,
)

MOST_VALUES = 6
"""How many values of a list a sentence names."""

SIMULATED_CALLER = "simulated"
"""The name of a simulated caller where nobody in particular is meant."""

_RESOURCE_KINDS: Mapping[PolicyKind, str] = {
    PolicyKind.RESOURCE: "resource-based policy",
    PolicyKind.TRUST: "trust policy",
    PolicyKind.KEY: "key policy",
    PolicyKind.VPC_ENDPOINT: "VPC endpoint policy",
}
_ENTITIES = ("user", "group", "role")


def listed(values: Sequence[str]) -> str:
    """Return values for a sentence, long lists cut short.

    Args:
        values: the values.
    """
    shown = ", ".join(values[:MOST_VALUES])
    rest = len(values) - MOST_VALUES
    return shown if rest <= 0 else f"{shown} and {rest} more"


def value(given: ContextValue | None) -> str:
    """Return a context value for a sentence.

    Args:
        given: the value; None for a key that is absent.
    """
    if given is None:
        return "nothing"
    return f'"{given}"' if isinstance(given, str) else "[" + ", ".join(f'"{one}"' for one in given) + "]"


def place(source: str) -> str:
    """Return what a policy is attached to for a sentence, `user bob` for `user/bob`.

    Args:
        source: the place as the engine names it.
    """
    kind, slash, name = source.partition("/")
    if source == f"user/{SIMULATED_CALLER}":
        return "the caller"
    return f"{kind} {name.rpartition('/')[2]}" if slash and kind in _ENTITIES else source


def policy_named(policy: AttachedPolicy, kind: PolicyKind) -> str:
    """Return a policy for a sentence: its name or ARN, and where it is attached.

    Args:
        policy: the policy.
        kind: what it is used as.
    """
    where = place(policy.source)
    arn = f" ({policy.arn})" if policy.arn is not None else ""
    if kind is PolicyKind.SESSION:
        return f"the session policy {policy.name}{arn}" if policy.arn is not None else "the inline session policy"
    if kind is PolicyKind.BOUNDARY:
        return f"the permissions boundary {policy.name}{arn}" + (f" of {where}" if where else "")
    if kind in (PolicyKind.SCP, PolicyKind.RCP):
        return f"the {kind.value} {policy.name}{arn}" + (f" attached to {where}" if where else "")
    if kind in _RESOURCE_KINDS:
        return f"the {_RESOURCE_KINDS[kind]}" + (f" of {where}" if where else f" {policy.name}")
    if policy.arn is not None:
        return f"the managed policy {policy.name}{arn}" + (f" attached to {where}" if where else "")
    return f"the inline policy {policy.name} of {where}" if where else f"the policy {policy.name}"


def statement_named(ref: StatementRef) -> str:
    """Return a statement for a sentence: its Sid or number, its place, and its policy.

    Args:
        ref: the statement.
    """
    name = f'statement "{ref.sid}"' if ref.sid else f"statement {ref.index + 1}"
    where = f"line {ref.start.line}, column {ref.start.column}"
    return f"{name} ({where}) of {policy_named(ref.policy, ref.kind)}"


def principal_named(principal: Principal) -> str:
    """Return who calls for a sentence.

    Args:
        principal: the caller.
    """
    name = principal.arn.rpartition("/")[2]
    match principal.kind:
        case PrincipalKind.ROOT:
            return f"the root user of account {principal.account}"
        case PrincipalKind.USER:
            return f"user {name} of account {principal.account}"
        case PrincipalKind.ROLE_SESSION:
            role = (principal.role_arn or principal.arn.rpartition("/")[0]).rpartition("/")[2]
            return f"session {name} of role {role} of account {principal.account}"
        case PrincipalKind.FEDERATED_USER:
            return f"federated user {name} of account {principal.account}"
        case PrincipalKind.WEB_IDENTITY:
            return f"a web identity of {principal.arn}"
        case PrincipalKind.SAML:
            return f"a SAML identity of {principal.arn}"
        case PrincipalKind.SERVICE:
            return f"the service {principal.arn}"
        case PrincipalKind.ANONYMOUS:
            return "an anonymous caller"


def condition_unmet(result: ConditionResult) -> str:
    """Return why a condition did not hold.

    Args:
        result: the condition.
    """
    wanted = listed([f'"{one}"' for one in result.expected])
    if result.actual is None:
        return f"its condition {result.operator} wants {result.key} to be {wanted}; the request has no such key"
    return f"its condition {result.operator} wants {result.key} to be {wanted}; the request has {value(result.actual)}"


def unmatched(mismatch: Mismatch) -> str:
    """Return why a statement played no part: the first element that did not match, with both sides.

    Args:
        mismatch: the statement and the element.
    """
    failed = next((result for result in mismatch.conditions if not result.matched), None)
    if failed is not None:
        return condition_unmet(failed)
    expected = listed(mismatch.expected) or "nothing"
    element = mismatch.element
    if mismatch.actual is None:
        return f"it cannot be evaluated: {expected}"
    actual = mismatch.actual if isinstance(mismatch.actual, str) else ", ".join(mismatch.actual)
    if element.startswith("Not"):
        return f"its {element} {expected} leaves out {actual}"
    verb = "does not include" if element == "Principal" else "does not match"
    return f"its {element} {expected} {verb} {actual}"
