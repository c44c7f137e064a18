"""What the gateway asks an authorizer, and what it gets back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from cloudward.identity import Caller
    from cloudward.model import OperationModel
    from cloudward.protocols.wire import WireRequest
    from cloudward.scope import Scope
    from cloudward.state import Transaction

EnforceMode = Literal["on", "soft", "off"]


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """One action on some resources that a call needs.

    Attributes:
        action: the IAM action (`iam:CreateUser`).
        resources: the ARNs that it touches, `("*",)` for an action without resource-level permissions.
        context: condition keys that hold for this action only (`iam:PassedToService`), by lower-case name.
    """

    action: str
    resources: tuple[str, ...] = ("*",)
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class AuthorizationRequest:
    """A call that wants a decision.

    Attributes:
        request_id: the call's id.
        caller: who calls.
        scope: partition, account and region that the call is bound to.
        operation: the operation's model, which leads to its service.
        parameters: the decoded input, by `xform_name`.
        transaction: the call's view of all state.
        now: the time.
        wire: the request itself, for source address, user agent and transport.
        mode: what a denial leads to: `on` refuses the call, `soft` logs it; `off` is only recorded.
    """

    request_id: str
    caller: Caller
    scope: Scope
    operation: OperationModel
    parameters: Mapping[str, Any]
    transaction: Transaction
    now: datetime
    wire: WireRequest
    mode: EnforceMode = "on"


@dataclass(frozen=True, slots=True)
class AuthorizationFacts:
    """What a provider knows exactly about the authorization of one of its calls.

    Attributes:
        actions: the actions and resources that the call needs; all must be allowed.
        context: service condition keys by lower-case name.
        resource_policies: JSON text of the resource-based policies of the resources touched, by ARN.
        resource_account: the account that owns the resources, when it is not the caller's.
        caller: who is to be authorized where it is not who signed: the identity behind an assertion or a token
            (`web-identity` or `saml`, with the provider's ARN or name as its ARN), or a service acting for itself.
    """

    actions: tuple[ActionRequest, ...]
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    resource_policies: Mapping[str, str] = field(default_factory=dict)
    resource_account: str | None = None
    caller: Caller | None = None


@dataclass(frozen=True, slots=True)
class OrganizationPolicy:
    """A policy of an organization where it is attached.

    Attributes:
        name: its friendly name.
        arn: its ARN.
        document: its JSON text.
        target: what it is attached to: the id of a root, an organizational unit or an account.
    """

    name: str
    arn: str
    document: str
    target: str


@dataclass(frozen=True, slots=True, eq=False)
class OrganizationPolicies:
    """The organization of an account, and what of its policies bears on the account.

    A provider returns the same object as long as nothing has changed, so that whoever compiled its policies knows.

    Attributes:
        organization_id: the organization's id (`o-…`).
        management_account: the management account, which policies of the organization do not restrict.
        path: the account's place (`o-…/r-…/ou-…/`), the value of `aws:PrincipalOrgPaths`.
        service_control: SCPs, one tuple a level from the root to the account; empty when the type is not enabled.
        resource_control: RCPs, the same.
    """

    organization_id: str
    management_account: str
    path: str
    service_control: tuple[tuple[OrganizationPolicy, ...], ...] = ()
    resource_control: tuple[tuple[OrganizationPolicy, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """An authorizer's answer.

    Attributes:
        allowed: whether the policies allow the call; whether it goes ahead depends on the mode.
        message: for a denial, AWS's message.
        record: what decided, as plain values for the decision store, the stream and the log; None when nothing
            was evaluated.
        report: for a denial, what to log: a readable block of lines.
    """

    allowed: bool
    message: str = ""
    record: Mapping[str, Any] | None = None
    report: str = ""
