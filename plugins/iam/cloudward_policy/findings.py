"""What can be found in a policy document, and AWS's messages for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cloudward_policy.types import Position

SYNTAX_ERROR = "Syntax errors in policy."
INVALID_JSON = "This policy contains invalid Json"
LEGACY_PARSING = "The policy failed legacy parsing"
VERSION_TOO_OLD = "Policy document must be version 2012-10-17 or greater."
SIDS_NOT_UNIQUE = "Statement IDs (SID) in a single policy must be unique."
SID_NOT_ALPHANUMERIC = (
    "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
)
NO_PRINCIPAL_ALLOWED = "Policy document should not specify a principal."
NO_ACTIONS = "Policy statement must contain actions."
NO_RESOURCES = "Policy statement must contain resources."
NO_VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
TOO_MANY_COLONS = "Actions/Condition can contain only one colon."
NOT_ASSUME_ROLE = "AssumeRole policy may only specify STS AssumeRole actions."
FEDERATED_NAME = "Federated principals must be valid domain names or SAML metadata ARNs"
IAM_PATH = (
    'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, '
    "mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/."
)
NOT_OF_TYPE = "The provided policy document does not meet the requirements of the specified policy type."
NOT_AN_OBJECT = "Policies must be valid JSON and the first byte must be '{'"


class Severity(StrEnum):
    """Whether AWS refuses the document or only a careful reader would object."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to object to in a document.

    Attributes:
        code: a short stable name.
        message: AWS's message for errors.
        position: where; None for the document as a whole.
        detail: in a person's words, when AWS's message says too little.
        severity: errors make the document malformed.
    """

    code: str
    message: str
    position: Position | None = None
    detail: str = ""
    severity: Severity = Severity.ERROR


class MalformedPolicy(ValueError):
    """A document that AWS refuses with MalformedPolicyDocument.

    Attributes:
        message: AWS's message.
        finding: the finding it comes from.
    """

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.message = finding.message
        self.finding = finding


def invalid_principal(kind: str, value: str) -> str:
    """Return IAM's message for a principal that is malformed or does not exist.

    Args:
        kind: the type of principal as policies write it, `AWS`, `Service`, `Federated`, `CanonicalUser`.
        value: the principal as written.
    """
    return f'Invalid principal in policy: "{kind.upper()}":"{value}"'
