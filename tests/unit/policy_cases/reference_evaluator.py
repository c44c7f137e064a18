"""A slow, plain evaluator of AWS policies, written from AWS's documentation alone, as a judge of the real engine.

It shares nothing with the engine but the `Request` and `Principal` values: it reads policies as plain JSON, tries
every statement in turn and matches wildcards one character at a time.  The sections it follows are named where they are
applied; "UG" is the IAM User Guide, "OG" the AWS Organizations User Guide.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from cloudward_policy.types import PrincipalKind, Request

Policy = Any  # a JSON object, or the text of one that may be malformed

IDENTITY = "identity-based policy"
BOUNDARY = "permissions boundary"
SESSION = "session policy"
SCP = "service control policy"
RCP = "resource control policy"
RESOURCE = "resource-based policy"
TRUST = "role trust policy"
KEY = "KMS key policy"
VPC_ENDPOINT = "VPC endpoint policy"


@dataclass(frozen=True)
class Policies:
    """The policies of a case as plain JSON, by kind; the shape is that of the case files."""

    identity: Sequence[Policy] = ()
    boundary: Policy | None = None
    session: Sequence[Policy] | None = None
    scps: Sequence[Sequence[Policy]] = ()
    rcps: Sequence[Sequence[Policy]] = ()
    resource: Sequence[Policy] = ()
    resource_kind: str = "RESOURCE"
    vpc_endpoint: Sequence[Policy] | None = None


@dataclass(frozen=True)
class Verdict:
    """The outcome, and for a denial every kind of policy that could rightly be named for it (AWS names one)."""

    outcome: str
    kinds: frozenset[str] = field(default_factory=frozenset)


# ---------------------------------------------------------------- wildcards and variables

# A pattern is a list of (character, is_wildcard); None is a pattern with a variable that has no value.
Pattern = list[tuple[str, bool]]


def glob(pattern: Pattern, text: str) -> bool:
    """Whether `*` (any characters) and `?` (one character) in the pattern cover the text."""
    reachable = {0}
    for character, wildcard in pattern:
        if wildcard and character == "*":
            reachable = set(range(min(reachable), len(text) + 1)) if reachable else set()
        elif wildcard:
            reachable = {at + 1 for at in reachable if at < len(text)}
        else:
            reachable = {at + 1 for at in reachable if at < len(text) and text[at] == character}
    return len(text) in reachable


def wild(text: str) -> Pattern:
    return [(character, character in "*?") for character in text]


def literal(text: str) -> Pattern:
    return [(character, False) for character in text]


def expand(text: str, variables: bool, context: Mapping[str, Any]) -> Pattern | None:
    """Replace policy variables (UG "IAM policy elements: Variables and tags"); None when one has no value."""
    if not variables:
        return wild(text)
    pattern: Pattern = []
    position = 0
    for found in re.finditer(r"\$\{([^}]*)\}", text):
        pattern += wild(text[position : found.start()])
        position = found.end()
        name, _, default = found.group(1).partition(",")
        if name in ("*", "?", "$"):
            pattern += literal(name)
            continue
        value = context.get(name.strip().lower())
        if isinstance(value, str):
            pattern += literal(value)
        elif default.strip():
            pattern += literal(default.strip().removeprefix("'").removesuffix("'"))
        else:
            return None
    return pattern + wild(text[position:])


def plain(pattern: Pattern) -> str:
    return "".join(character for character, _ in pattern)


def split_arn(pattern: Pattern) -> list[Pattern]:
    parts: list[Pattern] = [[]]
    for character, wildcard in pattern:
        if character == ":" and len(parts) < 6:
            parts.append([])
        else:
            parts[-1].append((character, wildcard))
    return parts


def many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# ---------------------------------------------------------------- conditions (UG "Condition operators")


def number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def moment(text: str) -> Decimal | None:
    """A W3C date or a number of seconds since 1970."""
    if (seconds := number(text)) is not None:
        return seconds
    if re.fullmatch(r"\d{4}-\d\d", text):
        text += "-01"
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return Decimal(str((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()))


def binary(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def in_network(policy: str, actual: str) -> bool:
    try:
        return ipaddress.ip_address(actual) in ipaddress.ip_network(policy, strict=False)
    except ValueError:
        return False


def arn_like(pattern: Pattern, actual: str) -> bool:
    wanted, given = split_arn(pattern), split_arn(literal(actual))
    return len(wanted) == len(given) == 6 and all(
        glob(part, plain(value)) for part, value in zip(wanted, given, strict=True)
    )


POSITIVE_OPERATORS = {
    "StringEquals", "StringEqualsIgnoreCase", "StringLike", "NumericEquals", "NumericLessThan", "NumericLessThanEquals",
    "NumericGreaterThan", "NumericGreaterThanEquals", "DateEquals", "DateLessThan", "DateLessThanEquals",
    "DateGreaterThan", "DateGreaterThanEquals", "Bool", "BinaryEquals", "IpAddress", "ArnEquals", "ArnLike",
}  # fmt: skip
NEGATED_OPERATORS = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


def compare(operator: str, policy_value: str, actual: str, variables: bool, context: Mapping[str, Any]) -> bool:
    """One positive operator on one value of the policy and one of the request."""
    if operator.startswith(("Numeric", "Date")):
        read = number if operator.startswith("Numeric") else moment
        wanted, given = read(policy_value), read(actual)
        if wanted is None or given is None:
            return False
        relation = operator.removeprefix("Numeric").removeprefix("Date")
        return {
            "Equals": given == wanted,
            "LessThan": given < wanted,
            "LessThanEquals": given <= wanted,
            "GreaterThan": given > wanted,
            "GreaterThanEquals": given >= wanted,
        }[relation]
    if operator == "IpAddress":
        return in_network(policy_value, actual)
    if operator == "BinaryEquals":
        return binary(policy_value) is not None and binary(policy_value) == binary(actual)
    pattern = expand(policy_value, variables, context)
    if pattern is None:
        return False
    if operator in ("StringEquals", "Bool"):
        return plain(pattern) == actual
    if operator == "StringEqualsIgnoreCase":
        return plain(pattern).lower() == actual.lower()
    if operator == "StringLike":
        return glob(pattern, actual)
    return arn_like(pattern, actual)


class Unknown(Exception):
    """A condition operator that AWS does not document."""


def condition_holds(written: str, key: str, values: list[Any], variables: bool, context: Mapping[str, Any]) -> bool:
    """One key of one operator: UG "Condition operators" and "Single-valued vs. multivalued context keys"."""
    quantifier, _, operator = written.rpartition(":")
    wanted = [value if isinstance(value, str) else json.dumps(value) for value in values]
    actual = context.get(key.lower())
    if operator == "Null" and not quantifier:
        return ("true" if actual is None or actual == () else "false") in wanted
    if_exists = operator.endswith("IfExists")
    operator = operator.removesuffix("IfExists")
    negated = operator in NEGATED_OPERATORS
    operator = NEGATED_OPERATORS.get(operator, operator)
    if operator not in POSITIVE_OPERATORS or quantifier not in ("", "ForAllValues", "ForAnyValue"):
        raise Unknown(written)
    if actual is None:
        if if_exists or quantifier == "ForAllValues":
            return True
        return negated and quantifier != "ForAnyValue"
    given = [actual] if isinstance(actual, str) else list(actual)
    if quantifier and given == [""]:  # "a null dataset, such as an empty string"
        given = []
    results = [any(compare(operator, value, one, variables, context) for value in wanted) != negated for one in given]
    return any(results) if quantifier == "ForAnyValue" else all(results)


# ---------------------------------------------------------------- statements


def principal_grades(principal: Any, request: Request) -> set[str]:
    """How the Principal element covers the caller: "direct", "role" or "account" (UG "Principal")."""
    caller = request.principal
    if principal == "*":
        return {"direct"}
    grades = set()
    unauthenticated = caller.kind in (PrincipalKind.SERVICE, PrincipalKind.WEB_IDENTITY, PrincipalKind.SAML)
    for sort, names in principal.items():
        for name in many(names):
            if sort == "AWS" and name == "*":
                grades.add("direct")
            elif sort == "AWS" and not unauthenticated:
                if name == caller.arn:
                    grades.add("direct")
                elif name in (caller.role_arn, caller.user_arn):
                    grades.add("role")
                elif caller.account and name in (caller.account, f"arn:aws:iam::{caller.account}:root"):
                    grades.add("account")
            elif (
                (sort == "Service" and caller.kind is PrincipalKind.SERVICE and name == caller.arn)
                or (sort == "Federated" and caller.kind in (PrincipalKind.WEB_IDENTITY, PrincipalKind.SAML)
                    and name == caller.arn)
            ):  # fmt: skip
                grades.add("direct")
            elif sort == "CanonicalUser" and caller.canonical_id and name == caller.canonical_id:
                grades.add("account")
    return grades


def resource_matches(value: str, resource: str, variables: bool, context: Mapping[str, Any]) -> bool:
    pattern = expand(value, variables, context)
    if pattern is None:
        return False  # UG "Policy variables with no value": matches no resource
    if plain(pattern) != "*":
        missing = 6 - len(split_arn(pattern))  # UG "Grammar": an incomplete ARN is completed with wildcards
        pattern += [pair for _ in range(missing) for pair in ((":", False), ("*", True))]
    return glob(pattern, resource)


def statement_applies(statement: Any, version: str, request: Request, has_boundary: bool) -> set[str]:
    """The principal grades with which a statement applies; empty when it does not."""
    context, variables = request.context, version == "2012-10-17"

    def listed(element: str) -> bool:
        if "Action" in element:
            values = many(statement[element])
            return any(glob(wild(value.lower()), request.action.lower()) for value in values)
        return any(resource_matches(value, request.resource, variables, context) for value in many(statement[element]))

    if "Principal" in statement:
        grades = principal_grades(statement["Principal"], request)
    elif "NotPrincipal" in statement:
        # UG "NotPrincipal": with a permissions boundary it always denies; a listed account exempts its root user only.
        exempt = principal_grades(statement["NotPrincipal"], request)
        if request.principal.kind is not PrincipalKind.ROOT:
            exempt -= {"account"}
        grades = {"direct"} if has_boundary or not exempt else set()
    else:
        grades = {"direct"}
    if not grades:
        return set()
    if not (listed("Action") if "Action" in statement else not listed("NotAction")):
        return set()
    if "Resource" in statement and not listed("Resource"):
        return set()
    if "NotResource" in statement and listed("NotResource"):
        return set()
    try:
        for operator, keys in statement.get("Condition", {}).items():
            for key, values in keys.items():
                if not condition_holds(operator, key, many(values), variables, context):
                    return set()
    except Unknown:
        return grades if statement["Effect"] == "Deny" else set()
    return grades


ELEMENTS = {
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
}  # fmt: skip


def statements_of(policy: Policy, with_principal: bool) -> list[tuple[Any, str]] | None:
    """The statements with the policy's version; None when the policy is malformed (UG "Policy grammar notes")."""
    if isinstance(policy, str):
        try:
            policy = json.loads(policy)
        except ValueError:
            return None
    if not isinstance(policy, dict) or "Statement" not in policy or set(policy) - {"Version", "Id", "Statement"}:
        return None
    version = policy.get("Version", "2008-10-17")
    statements = many(policy["Statement"])
    for one in statements:
        if (
            not isinstance(one, dict)
            or set(one) - ELEMENTS
            or one.get("Effect") not in ("Allow", "Deny")
            or ("Action" in one) == ("NotAction" in one)
            or ("Resource" in one and "NotResource" in one)
            or ("Principal" in one) + ("NotPrincipal" in one) != with_principal
            or (not with_principal and not ("Resource" in one or "NotResource" in one))
        ):
            return None
    return [(one, version) for one in statements] if version in ("2008-10-17", "2012-10-17") else None


def has_incomplete_arns(policy: Policy) -> bool:
    """UG "Grammar", notes about string values: a session policy with an incomplete ARN is malformed."""
    values = [
        value
        for statement, _ in statements_of(policy, with_principal=False) or ()
        for value in many(statement.get("Resource", [])) + many(statement.get("NotResource", []))
    ]
    return any(value != "*" and value.count(":") < 5 for value in values)


@dataclass(frozen=True)
class Finding:
    """What the policies of one kind say: the grades of their allows, and whether one denies."""

    grades: frozenset[str]
    denies: bool

    @property
    def allows(self) -> bool:
        return bool(self.grades)


def find(
    policies: Iterable[Policy], request: Request, *, with_principal: bool = False, has_boundary: bool = False
) -> Finding:
    grades: set[str] = set()
    denies = False
    for policy in policies:
        for statement, version in statements_of(policy, with_principal) or ():
            applies = statement_applies(statement, version, request, has_boundary)
            if statement["Effect"] == "Allow":
                grades |= applies
            elif applies:
                denies = True
    return Finding(frozenset(grades), denies)


# ---------------------------------------------------------------- the decision (UG "Policy evaluation logic")


def decide(request: Request, policies: Policies) -> Verdict:
    """Decide a request: UG "How AWS enforcement code logic evaluates requests", "Cross-account policy evaluation"."""
    if request.action.lower() in ("sts:getcalleridentity", "sts:getsessiontoken"):
        return Verdict("allowed")  # STS API Reference "GetCallerIdentity", UG "Permissions for GetSessionToken"
    caller = request.principal
    in_account = caller.kind in (
        PrincipalKind.ROOT, PrincipalKind.USER, PrincipalKind.ROLE_SESSION, PrincipalKind.FEDERATED_USER,
    )  # fmt: skip
    same_account = in_account and request.resource_account in (None, caller.account)
    resource_kinds = {"RESOURCE": {RESOURCE}, "TRUST": {TRUST}, "KEY": {KEY, RESOURCE}}[policies.resource_kind]
    has_boundary = policies.boundary is not None

    # OG "Tasks and entities not restricted by SCPs", "Resources and entities not restricted by RCPs"
    scps_apply = in_account and not request.management_account and not caller.service_linked
    rcps_apply = (
        not request.resource_management_account
        and not caller.service_linked
        and request.action.lower() != "kms:retiregrant"
    )
    identity = find(policies.identity, request)
    boundary = find([policies.boundary] if has_boundary else [], request)
    session = find([one for one in policies.session or [] if not has_incomplete_arns(one)], request)
    resource = find(policies.resource, request, with_principal=True, has_boundary=has_boundary)
    endpoint = find(policies.vpc_endpoint or [], request, with_principal=True, has_boundary=has_boundary)
    scps = [find(level, request) for level in policies.scps] if scps_apply else []
    rcps = [find(level, request, with_principal=True) for level in policies.rcps] if rcps_apply else []

    explicit = {
        *([IDENTITY] if in_account and identity.denies else []),
        *([BOUNDARY] if in_account and boundary.denies else []),
        *([SESSION] if in_account and session.denies else []),
        *(resource_kinds if resource.denies else []),
        *([VPC_ENDPOINT] if endpoint.denies else []),
        *([SCP] if any(level.denies for level in scps) else []),
        *([RCP] if any(level.denies for level in rcps) else []),
    }
    if explicit:
        return Verdict("explicitDeny", frozenset(explicit))

    lacking: set[str] = set()
    if not all(level.allows for level in rcps):
        lacking.add(RCP)
    if not all(level.allows for level in scps):
        lacking.add(SCP)
    if policies.vpc_endpoint is not None and not endpoint.allows:
        lacking.add(VPC_ENDPOINT)

    limits: set[str] = set()
    if has_boundary and not boundary.allows:
        limits.add(BOUNDARY)
    if caller.kind is PrincipalKind.FEDERATED_USER and policies.session is None:
        limits.add(SESSION)  # STS GetFederationToken: without session policies the session has no permissions
    if policies.session is not None and not session.allows:
        limits.add(SESSION)
    needed = limits | (set() if identity.allows else {IDENTITY})

    if not in_account:
        lacking |= set() if resource.allows else resource_kinds
    elif not same_account:
        lacking |= set() if caller.kind is PrincipalKind.ROOT else needed
        lacking |= set() if resource.allows else resource_kinds
    elif policies.resource_kind == "RESOURCE":
        if caller.kind is PrincipalKind.ROOT or "direct" in resource.grades:
            pass
        elif "role" in resource.grades:
            lacking |= limits
        else:
            lacking |= needed
    elif "direct" in resource.grades or (caller.kind is PrincipalKind.ROOT and resource.allows):
        pass
    elif "role" in resource.grades:
        lacking |= limits
    elif "account" in resource.grades:  # the account is trusted: its own policies decide
        lacking |= needed
    else:
        lacking |= resource_kinds
        lacking |= set() if caller.kind is PrincipalKind.ROOT else needed
    return Verdict("implicitDeny", frozenset(lacking)) if lacking else Verdict("allowed")
