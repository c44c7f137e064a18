"""What AWS refuses in a policy document, with its messages.

Sources: IAM User Guide, "Grammar of the IAM JSON policy language" and the pages of the elements; messages as IAM, STS,
Organizations, KMS and S3 answer them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cloudward_policy.arns import ACCOUNT_ID, ARN_FIELDS, PARTITIONS, complete_arn, mask_variables, split_arn
from cloudward_policy.document import (
    VERSION_2012,
    ConditionEntry,
    ListElement,
    PolicyDocument,
    PrincipalEntry,
    Problem,
    Statement,
    Text,
)
from cloudward_policy.findings import (
    FEDERATED_NAME,
    IAM_PATH,
    INVALID_JSON,
    LEGACY_PARSING,
    NO_ACTIONS,
    NO_PRINCIPAL_ALLOWED,
    NO_RESOURCES,
    NO_VENDOR,
    NOT_AN_OBJECT,
    NOT_ASSUME_ROLE,
    NOT_OF_TYPE,
    SID_NOT_ALPHANUMERIC,
    SIDS_NOT_UNIQUE,
    SYNTAX_ERROR,
    TOO_MANY_COLONS,
    VERSION_TOO_OLD,
    Finding,
    MalformedPolicy,
    Severity,
    invalid_principal,
)
from cloudward_policy.json_reader import PolicySyntaxError
from cloudward_policy.operators import Family, read_operator
from cloudward_policy.parser import parse
from cloudward_policy.types import PolicyKind
from cloudward_policy.values import read_boolean, read_date, read_network, read_number

DocumentKind = PolicyKind
"""The kinds of document are the kinds of policy."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """What distinguishes the kinds.

    `field_messages`: the parser behind trust and resource policies names the field; the one behind identity-based
    policies says "Syntax errors in policy." for everything that does not fit the grammar.
    """

    principal: bool
    resource: bool | None
    field_messages: bool = False
    invalid_json: str = SYNTAX_ERROR
    alphanumeric_sid: bool = True
    complete_arns: bool = True
    one_message: str | None = None


_IDENTITY = _Rules(principal=False, resource=True)
_RESOURCE = _Rules(
    principal=True, resource=True, field_messages=True, invalid_json=NOT_AN_OBJECT, alphanumeric_sid=False
)
_RULES: dict[PolicyKind, _Rules] = {
    PolicyKind.IDENTITY: _IDENTITY,
    PolicyKind.BOUNDARY: _IDENTITY,
    PolicyKind.SESSION: _Rules(principal=False, resource=True, invalid_json=INVALID_JSON, complete_arns=False),
    PolicyKind.TRUST: _Rules(principal=True, resource=False, field_messages=True, invalid_json=INVALID_JSON),
    PolicyKind.RESOURCE: _RESOURCE,
    PolicyKind.KEY: _RESOURCE,
    PolicyKind.VPC_ENDPOINT: _RESOURCE,
    PolicyKind.SCP: _Rules(principal=False, resource=True, one_message=NOT_OF_TYPE),
    PolicyKind.RCP: _Rules(principal=True, resource=True, one_message=NOT_OF_TYPE),
}

_SID = re.compile(r"[0-9A-Za-z]*")
_VENDOR = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*|\*")
_REGION = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-[0-9]+")
# The last two are missing from the message, but AWS's own managed policies have them.
_IAM_PATHS = (
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
    "role-template/",
    "root",
)
_UNIQUE_ID = re.compile(r"A[A-Z0-9]{15,127}")
_SERVICE = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::[0-9]+)?(?:/\S*)?")
_IAM_PRINCIPAL = re.compile(r"root|(?:user|role|federated-user|assumed-role|oidc-provider|saml-provider)/[^*?]+")
_VALUE_READERS: dict[Family, Callable[[str], object]] = {
    Family.DATE: read_date,
    Family.NUMERIC: read_number,
    Family.IP: read_network,
}


def _syntax(document: PolicyDocument, rules: _Rules) -> Iterator[Finding]:
    for problem in document.all_problems():
        message = SYNTAX_ERROR
        if rules.field_messages:
            message = _field_message(problem)
        yield Finding("syntax", message, problem.position, problem.message)
    for statement in document.statements:
        used = {entry.operator for entry in statement.conditions}
        for text in statement.condition_operators:
            # AWS lets an unknown operator pass when no key stands under it.
            if text in used and read_operator(text.value) is None:
                detail = f"Condition operator {text.value} is not known"
                message = f"Invalid Condition type : {text.value}" if rules.field_messages else SYNTAX_ERROR
                yield Finding("condition-operator", message, text.start, detail)


def _field_message(problem: Problem) -> str:
    if problem.code in ("unknown-field", "missing-field") and problem.message.startswith(("Unknown", "Missing")):
        return problem.message
    if problem.element == "Effect" and problem.code == "value":
        return "Invalid effect: " + problem.message.rpartition("not ")[2].strip("'\"")
    if problem.element in ("Principal", "NotPrincipal"):
        return "Invalid principal in policy"
    return SYNTAX_ERROR


def _version(document: PolicyDocument, managed: bool) -> Iterator[Finding]:
    if managed and (document.version is None or document.version.value != VERSION_2012):
        yield Finding("version", VERSION_TOO_OLD, document.version.start if document.version else None)


def _fields(document: PolicyDocument, rules: _Rules) -> Iterator[Finding]:
    """Which of Principal, Action and Resource a kind demands or forbids."""
    for statement in document.statements:
        principal, resource = statement.principal, statement.resource
        if not rules.principal and principal is not None:
            yield Finding("principal", NO_PRINCIPAL_ALLOWED, principal.start)
        if not rules.field_messages:
            continue
        if rules.resource is False and principal is not None and principal.negated:
            yield Finding("principal", "Has prohibited field NotPrincipal", principal.start)
        if rules.principal and principal is None:
            yield Finding("principal", "Missing required field Principal", statement.start)
        if statement.action is None:
            yield Finding("action", "Missing required field Action", statement.start)
        if rules.resource and resource is None:
            yield Finding("resource", "Missing required field Resource", statement.start)
        if rules.resource is False and resource is not None:
            yield Finding("resource", f"Has prohibited field {resource.name}", resource.start)


def _sids(document: PolicyDocument, rules: _Rules) -> Iterator[Finding]:
    seen: set[str] = set()
    for statement in document.statements:
        if statement.sid is None or not statement.sid.value:
            continue
        if rules.alphanumeric_sid and not _SID.fullmatch(statement.sid.value):
            yield Finding("sid", SID_NOT_ALPHANUMERIC, statement.sid.start)
        if statement.sid.value in seen:
            yield Finding("sid", SIDS_NOT_UNIQUE, statement.sid.start)
        seen.add(statement.sid.value)


def _presence(document: PolicyDocument, rules: _Rules) -> Iterator[Finding]:
    for statement in document.statements:
        if statement.action is None or not statement.action.values:
            yield Finding("action", NO_ACTIONS, statement.start)
    for statement in document.statements:
        if rules.resource and (statement.resource is None or not statement.resource.values):
            yield Finding("resource", NO_RESOURCES, statement.start)


def _action(action: Text) -> Finding | None:
    text = action.value
    vendor, colon, name = text.partition(":")
    if text == "*":
        return None
    if not colon:
        return Finding("action", NO_VENDOR, action.start)
    if ":" in name:
        return Finding("action", TOO_MANY_COLONS, action.start)
    if not _VENDOR.fullmatch(vendor):
        return Finding("action", f"Vendor {vendor} is not valid", action.start)
    return None


def _trust_action(action: Text) -> Finding | None:
    vendor, _, name = action.value.partition(":")
    allowed = name.lower().startswith(("assumerole", "tagsession", "setsourceidentity", "setcontext"))
    wild = name in ("*", "Assume*", "assume*") or name.startswith("AssumeRole")
    if vendor.lower() == "sts" and (allowed or wild):
        return None
    return Finding("action", NOT_ASSUME_ROLE, action.start)


def _legacy(element: ListElement) -> Iterator[Finding]:
    """Incomplete ARNs whose last field cannot be what its place says: the old parser gives up on them."""
    for text in element.values:
        parts = mask_variables(text.value).split(":")
        if parts[0] != "arn" or not 4 <= len(parts) < ARN_FIELDS or parts[1] not in PARTITIONS:
            continue
        region, account = parts[3], parts[4] if len(parts) > 4 else ""
        fits_region = not region or "*" in region or "${" in region or _REGION.fullmatch(region)
        fits_account = not account or "*" in account or "${" in account or ACCOUNT_ID.fullmatch(account)
        if not (fits_region and fits_account):
            yield Finding("resource", LEGACY_PARSING, text.start, f"{text.value} lacks fields of an ARN")


def _resource(text: Text, rules: _Rules) -> Finding | None:
    value = text.value
    if value == "*":
        return None
    masked = mask_variables(value)
    if not value.startswith("arn:") or (not rules.complete_arns and masked.count(":") < ARN_FIELDS - 1):
        return Finding("resource", f'Resource {value} must be in ARN format or "*".', text.start)
    completed = complete_arn(masked)
    arn = split_arn(completed)
    if arn is None:
        return Finding("resource", f'Resource {value} must be in ARN format or "*".', text.start)
    if arn.partition not in PARTITIONS and "${" not in arn.partition:
        message = f'Partition "{arn.partition}" is not valid for resource "{completed}".'
        return Finding("resource", message, text.start)
    concrete_region = arn.region not in ("", "*")
    if arn.service == "iam" and concrete_region:
        return Finding("resource", f"IAM resource {value} cannot contain region information.", text.start)
    if arn.service == "s3" and concrete_region and not arn.account:
        return Finding("resource", f"Resource {value} can not contain region information.", text.start)
    if arn.service == "iam" and arn.resource != "*" and not arn.resource.startswith((*_IAM_PATHS, "${")):
        return Finding("resource", IAM_PATH, text.start)
    return None


def _principal(entry: PrincipalEntry, kind: PolicyKind) -> Finding | None:
    value = entry.value.value
    invalid = Finding("principal", invalid_principal(entry.type, value), entry.value.start)
    match entry.type:
        case "AWS":
            arn = split_arn(value)
            fits = value == "*" or bool(ACCOUNT_ID.fullmatch(value) or _UNIQUE_ID.fullmatch(value))
            if arn is not None and arn.service in ("iam", "sts"):
                named = bool(ACCOUNT_ID.fullmatch(arn.account) and _IAM_PRINCIPAL.fullmatch(arn.resource))
                # CloudFront's origin access identities live in an account called cloudfront.
                known = named or (arn.service == "iam" and arn.account == "cloudfront")
                fits = arn.partition in PARTITIONS - {"*"} and not arn.region and known
            return None if fits else invalid
        case "Service":
            return None if _SERVICE.fullmatch(value) or (value == "*" and kind is not PolicyKind.TRUST) else invalid
        case "Federated":
            arn = split_arn(value)
            if arn is not None:
                fits = arn.service == "iam" and arn.resource.startswith(("saml-provider/", "oidc-provider/"))
            else:
                fits = bool(_DOMAIN.fullmatch(value))
            return None if fits or value == "*" else Finding("principal", FEDERATED_NAME, entry.value.start)
        case "CanonicalUser" if kind is PolicyKind.TRUST:
            return invalid
        case _:
            return None


def _conditions(statement: Statement) -> Iterator[Finding]:
    for entry in statement.conditions:
        use = read_operator(entry.operator.value)
        if use is not None:
            yield from _condition_values(entry, use.operator.family)


def _condition_values(entry: ConditionEntry, family: Family) -> Iterator[Finding]:
    reader = _VALUE_READERS.get(family)
    for text in entry.values:
        if "${" in text.value:
            continue
        if reader is not None and reader(text.value) is None:
            detail = f"{text.value!r} is no value for {entry.operator.value}"
            severity = Severity.ERROR if family is Family.DATE else Severity.WARNING
            yield Finding("condition-value", LEGACY_PARSING, text.start, detail, severity)
        if family in (Family.BOOL, Family.NULL) and read_boolean(text.value) is None:
            detail = f"{text.value!r} is neither true nor false and never matches"
            yield Finding("condition-value", detail, text.start, detail, Severity.WARNING)


def _contents(document: PolicyDocument, kind: PolicyKind, rules: _Rules) -> Iterator[Finding]:
    """The values inside the elements, one statement after the other."""
    check_action = _trust_action if kind is PolicyKind.TRUST else _action
    for statement in document.statements:
        if statement.action is not None:
            yield from filter(None, map(check_action, statement.action.values))
    if rules.resource:
        for statement in document.statements:
            if statement.resource is not None:
                yield from filter(None, (_resource(text, rules) for text in statement.resource.values))
    for statement in document.statements:
        if rules.principal and statement.principal is not None:
            yield from filter(None, (_principal(entry, kind) for entry in statement.principal.entries))


def _organizations(document: PolicyDocument, kind: PolicyKind) -> Iterator[Finding]:
    """What SCPs and RCPs refuse besides.  Source: Organizations User Guide, "SCP syntax" and "RCP syntax"."""
    for statement in document.statements:
        principal, where = statement.principal, statement.start
        if statement.problems:
            continue
        if kind is PolicyKind.RCP:
            effect = statement.effect.value if statement.effect else ""
            everyone = principal is not None and [entry.type for entry in principal.entries] == ["*"]
            if effect != "Deny":
                yield Finding("rcp", NOT_OF_TYPE, where, "A resource control policy can only deny")
            if not everyone or (principal is not None and principal.negated):
                yield Finding("rcp", NOT_OF_TYPE, where, 'A resource control policy needs "Principal": "*"')
            if statement.action is not None and statement.action.negated:
                yield Finding("rcp", NOT_OF_TYPE, where, "A resource control policy does not take NotAction")
            if statement.action is not None and any(text.value == "*" for text in statement.action.values):
                yield Finding("rcp", NOT_OF_TYPE, where, 'A resource control policy does not take "Action": "*"')


def validate(document: PolicyDocument | str, kind: DocumentKind, *, managed: bool | None = None) -> tuple[Finding, ...]:
    """Check a document against the rules for its kind.

    Args:
        document: the document, parsed or as text.
        kind: what the document is to be.
        managed: whether it is a managed policy, which must have version 2012-10-17; inline policies need not.  When
            None, permissions boundaries, SCPs and RCPs count as managed and the rest does not.

    Returns:
        Every finding, the one that AWS would report first; errors before warnings.
    """
    rules = _RULES[kind]
    if isinstance(document, str):
        try:
            document = parse(document)
        except PolicySyntaxError as error:
            message = rules.one_message or rules.invalid_json
            return (Finding("json", message, error.position, error.message),)
    if managed is None:
        managed = kind is PolicyKind.BOUNDARY
    legacy = [
        finding
        for statement in document.statements
        if rules.resource and rules.complete_arns and statement.resource is not None
        for finding in _legacy(statement.resource)
    ]
    values = [finding for statement in document.statements for finding in _conditions(statement)]
    findings = [
        *_syntax(document, rules),
        *_version(document, managed),
        *_fields(document, rules),
        *legacy,
        *values,
        *_sids(document, rules),
        *_presence(document, rules),
        *_contents(document, kind, rules),
        *(_organizations(document, kind) if rules.one_message else ()),
    ]
    if rules.one_message:
        findings = [
            finding
            if finding.severity is Severity.WARNING
            else Finding(finding.code, rules.one_message, finding.position, finding.detail or finding.message)
            for finding in findings
        ]
    findings.sort(key=lambda finding: finding.severity is Severity.WARNING)
    return tuple(findings)


def check_document(text: str, kind: DocumentKind, *, managed: bool | None = None) -> PolicyDocument:
    """Parse a document and refuse it as AWS would.

    Args:
        text: the document's JSON text.
        kind: what the document is to be.
        managed: as for `validate`.

    Returns:
        The parsed document.

    Raises:
        MalformedPolicy: AWS refuses the document; the message is the one it answers with MalformedPolicyDocument.
    """
    try:
        document: PolicyDocument | str = parse(text)
    except PolicySyntaxError:
        document = text
    findings = validate(document, kind, managed=managed)
    if findings and findings[0].severity is Severity.ERROR:
        raise MalformedPolicy(findings[0])
    if isinstance(document, str):
        raise TypeError("a text that does not parse must have a finding")
    return document
