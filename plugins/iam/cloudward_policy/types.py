"""What goes into an evaluation and what comes out of it.

Everything here is a frozen value: an evaluation reads a `Request` and a `PolicySet` and returns a `Decision`,
and does no I/O in between.  The order of evaluation follows the IAM User Guide, "Policy evaluation logic".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudward_policy.compiler import CompiledPolicy

ContextValue = str | tuple[str, ...]
"""A request context value: a string for a single-valued key, a tuple for a multivalued one."""


class PrincipalKind(StrEnum):
    """What sort of identity makes the request."""

    ROOT = "root"
    USER = "user"
    ROLE_SESSION = "assumed-role"
    FEDERATED_USER = "federated-user"
    WEB_IDENTITY = "web-identity"
    SAML = "saml"
    SERVICE = "service"
    ANONYMOUS = "anonymous"


class PolicyKind(StrEnum):
    """The kinds of policy, by the names that AWS's access-denied messages use."""

    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    SCP = "service control policy"
    RCP = "resource control policy"
    RESOURCE = "resource-based policy"
    TRUST = "role trust policy"
    KEY = "KMS key policy"
    VPC_ENDPOINT = "VPC endpoint policy"


@dataclass(frozen=True, slots=True)
class Principal:
    """The identity that makes a request.

    Attributes:
        kind: the sort of identity.
        arn: the principal's ARN (for a role session the `assumed-role` ARN of the session); for a service its
            service principal name, for a web or SAML identity the provider's ARN or name, `*` when anonymous.
        account: the 12-digit account, empty for services and anonymous callers.
        role_arn: for a role session, the ARN of the role itself.
        service_linked: whether the role is a service-linked role, which SCPs and RCPs do not restrict.
        canonical_id: the canonical user id of the account, where one is known.
        user_arn: for a federated user, the ARN of the IAM user who called GetFederationToken.
        unique_id: the unique id (AIDA…, AROA…) of the user or of the session's role, by which IAM keeps principals in
            trust policies.
    """

    kind: PrincipalKind
    arn: str
    account: str
    role_arn: str | None = None
    service_linked: bool = False
    canonical_id: str | None = None
    user_arn: str | None = None
    unique_id: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One action on one resource by one principal.

    Attributes:
        principal: who asks.
        action: the IAM action, `service:Name`.
        resource: the ARN, or `*` for an action without resource-level permissions.
        context: condition keys by their lower-case name to their value or values.
        resource_account: the account that owns the resource; None means the principal's own.
        management_account: whether the principal's account is its organization's management account, which SCPs
            do not restrict.
        resource_management_account: the same for the resource's account and RCPs.
    """

    principal: Principal
    action: str
    resource: str
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    resource_account: str | None = None
    management_account: bool = False
    resource_management_account: bool = False


@dataclass(frozen=True, slots=True)
class AttachedPolicy:
    """A compiled policy where it is attached.

    Attributes:
        policy: the compiled document.
        name: the policy's name as people know it.
        arn: the ARN of a managed policy; None for an inline one.
        source: what it is attached to: `user/bob`, `group/admins`, `role/app`, `root`, an OU id …
    """

    policy: CompiledPolicy
    name: str
    arn: str | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class PolicySet:
    """Every policy that bears on a request, by kind.

    Attributes:
        identity: identity-based policies of the principal, its groups included.
        boundary: the permissions boundary, if one is set.
        session: session policies; None when the session was made without any.
        scps: one tuple a level of the organization from root to account; empty when there is no organization.
        rcps: the same for resource control policies.
        resource: the resource's own policy or policies.
        resource_kind: RESOURCE, TRUST or KEY: trust and key policies delegate to the account rather than grant.
        vpc_endpoint: the endpoint's policies; None when the request does not come through an endpoint.
    """

    identity: tuple[AttachedPolicy, ...] = ()
    boundary: AttachedPolicy | None = None
    session: tuple[AttachedPolicy, ...] | None = None
    scps: tuple[tuple[AttachedPolicy, ...], ...] = ()
    rcps: tuple[tuple[AttachedPolicy, ...], ...] = ()
    resource: tuple[AttachedPolicy, ...] = ()
    resource_kind: PolicyKind = PolicyKind.RESOURCE
    vpc_endpoint: tuple[AttachedPolicy, ...] | None = None


class Outcome(StrEnum):
    """The three results, spelled as IAM's policy simulator spells them."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a policy document; line and column count from 1, columns in characters."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class StatementRef:
    """A statement of an attached policy; `start` and `end` are the places of its braces."""

    kind: PolicyKind
    policy: AttachedPolicy
    index: int
    sid: str | None
    effect: str
    start: Position
    end: Position


@dataclass(frozen=True, slots=True)
class ConditionResult:
    """How one condition key of one operator came out.

    Attributes:
        operator: as written, `StringEquals`, `ForAnyValue:StringLikeIfExists` …
        key: the condition key as written.
        expected: the policy's values after variable substitution.
        actual: the request's value or values; None when the key is absent.
        matched: whether the condition held.
    """

    operator: str
    key: str
    expected: tuple[str, ...]
    actual: ContextValue | None
    matched: bool


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The first element of a statement that did not match, with both sides."""

    statement: StatementRef
    element: str
    expected: tuple[str, ...]
    actual: ContextValue | None
    position: Position
    conditions: tuple[ConditionResult, ...] = ()


@dataclass(frozen=True, slots=True)
class EvaluationError:
    """Something in a policy that could not be evaluated; it never allows."""

    policy: AttachedPolicy
    message: str
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome of an evaluation and what led to it.

    Attributes:
        outcome: allowed, explicit or implicit deny.
        kind: for a denial the kind of policy that denied or failed to allow (AWS names one only, even when several
            deny); for an allow the kind that granted.
        determining: the statements that decided.
        mismatches: for every other statement that was looked at, the first element that did not match
            (explaining evaluator only).
        conditions: condition results of the determining statements (explaining evaluator only).
        missing_context: condition keys that a policy asked for and the request context did not have.
        errors: what could not be evaluated.
        boundary_allows: what the permissions boundary said on its own; None when there is none.
        scp_allows: what the organization's SCPs said on their own; None when there are none.
    """

    outcome: Outcome
    kind: PolicyKind | None = None
    determining: tuple[StatementRef, ...] = ()
    mismatches: tuple[Mismatch, ...] = ()
    conditions: tuple[ConditionResult, ...] = ()
    missing_context: tuple[str, ...] = ()
    errors: tuple[EvaluationError, ...] = ()
    boundary_allows: bool | None = None
    scp_allows: bool | None = None

    @property
    def allowed(self) -> bool:
        """Whether the request may go ahead."""
        return self.outcome is Outcome.ALLOWED
