"""A question to the simulator as `cloudward simulate` asks it, about stored policies or about files alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from cloudward.api import Scope
from cloudward_iam.arns import parse_arn
from cloudward_iam.explain.explanation import explain_action, plain_action
from cloudward_iam.explain.words import principal_named
from cloudward_iam.simulation.attached import boundary_policy, identity_policies
from cloudward_iam.simulation.callers import caller_context, caller_principal
from cloudward_iam.simulation.documents import UnusableDocument, attached
from cloudward_iam.simulation.evaluation import ANY_RESOURCE, Simulation, decisions
from cloudward_iam.state import IamState
from cloudward_policy import ContextValue, PolicyKind, PolicySet, Principal, PrincipalKind

if TYPE_CHECKING:
    from cloudward.api import App
    from cloudward_iam.attachments import Entity
    from cloudward_iam.runtime import IamRuntime

DEFAULT_ACCOUNT = "000000000000"


class CannotAnswer(ValueError):
    """A question without an answer; its text says why."""


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A policy document given with a question.

    Attributes:
        name: what explanations call it, its file name mostly.
        text: the document.
    """

    name: str
    text: str


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked.

    Attributes:
        actions: the actions, `service:Name`.
        resources: the ARNs that each action is tried on.
        principal: the caller's ARN: a user, group, role, role session or root user; None for nobody in particular.
        context: condition keys with their values.
        policies: identity-based policies, beside those that the principal has.
        boundary: the permissions boundary, in place of the one that the principal has.
        scps: service control policies, one a level of the organization from its root to the account, in place of those
            of the principal's organization.
        resource_policy: the policy of the resources.
        resource_owner: the account of resources whose ARNs name none.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...] = (ANY_RESOURCE,)
    principal: str | None = None
    context: dict[str, str | tuple[str, ...]] = {}
    policies: tuple[Document, ...] = ()
    boundary: Document | None = None
    scps: tuple[Document, ...] = ()
    resource_policy: Document | None = None
    resource_owner: str | None = None


def answer(question: Question) -> dict[str, Any]:
    """Answer a question by the documents that come with it alone.

    Args:
        question: the question.

    Returns:
        `principal`, `allowed` (whether everything is) and `actions`, explained, as JSON can hold it.

    Raises:
        CannotAnswer: the principal is none.
        UnusableDocument: a document cannot be simulated.
    """
    principal = _principal(question.principal)
    known = {} if question.principal is None else caller_context(principal, None)
    return _answer(question, principal, PolicySet(), known)


def answer_stored(app: App, question: Question) -> dict[str, Any]:
    """Answer a question by the principal's own policies, and those that come with it.

    Args:
        app: the gateway that knows the principal.
        question: the question; it names a principal.

    Returns:
        What `answer` returns.

    Raises:
        CannotAnswer: there is no such principal.
        UnusableDocument: a document cannot be simulated.
    """
    if question.principal is None:
        raise CannotAnswer("no principal is named")
    principal = _principal(question.principal)
    partition = question.principal.split(":", 2)[1]
    runtime: IamRuntime = app.runtimes["iam"]  # type: ignore[assignment]  # the provider's own run-time object
    with app.store.begin() as transaction:
        state = transaction.state(IamState, Scope(partition, principal.account))
        policies = PolicySet()
        if principal.kind is not PrincipalKind.ROOT:
            entity = _entity(state, principal)
            policies = PolicySet(identity=identity_policies(state, entity), boundary=boundary_policy(state, entity))
        organization = runtime.authorizer.organizations.of(transaction, partition, principal.account)
        known = caller_context(principal, state)
        if organization is not None:
            policies = replace(policies, scps=organization.scps)
            known["aws:principalorgid"] = organization.source.organization_id
        return _answer(
            question, principal, policies, known, management=organization is not None and organization.management
        )


def _principal(arn: str | None) -> Principal:
    if arn is None:
        return caller_principal(None, "aws", DEFAULT_ACCOUNT)
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[2] == "iam" and parts[5] == "root":
        return Principal(PrincipalKind.ROOT, arn, parts[4])
    if len(parts) == 6 and parts[2] == "sts" and parts[5].startswith("assumed-role/"):
        arn = f"arn:{parts[1]}:iam::{parts[4]}:role/{parts[5].split('/')[1]}"
    try:
        return caller_principal(arn, "aws", DEFAULT_ACCOUNT)
    except ValueError as error:
        raise CannotAnswer(str(error)) from None


def _entity(state: IamState, principal: Principal) -> Entity:
    arn = principal.role_arn or principal.arn
    parts = parse_arn(arn)
    assert parts is not None
    table: Any = {"user": state.users, "group": state.groups, "role": state.roles}[parts.kind]
    entity: Entity | None = table.get(parts.name)
    if entity is None:
        raise CannotAnswer(f"there is no {parts.kind} {parts.name} in account {parts.account}")
    return entity


def _answer(
    question: Question,
    principal: Principal,
    policies: PolicySet,
    known: dict[str, ContextValue],
    *,
    management: bool = False,
) -> dict[str, Any]:
    identity = tuple(policy for one in question.policies for policy in _named(one, PolicyKind.IDENTITY))
    policies = replace(policies, identity=(*policies.identity, *identity))
    if question.boundary is not None:
        policies = replace(policies, boundary=_named(question.boundary, PolicyKind.BOUNDARY)[0])
    if question.scps:
        policies = replace(policies, scps=tuple(_named(one, PolicyKind.SCP) for one in question.scps))
    simulation = Simulation(
        principal,
        policies,
        question.resources,
        {**known, **{key.lower(): value for key, value in question.context.items()}},
        question.resource_policy.text if question.resource_policy is not None else None,
        question.resource_owner,
        across_accounts=question.resource_policy is not None or question.resource_owner is not None,
        management_account=management,
    )
    found = [
        plain_action(explain_action(request, bearing))
        for action in question.actions
        for request, bearing, _ in decisions(simulation, action)
    ]
    return {
        "principal": question.principal,
        "caller": principal_named(principal) if question.principal is not None else None,
        "allowed": all(one["outcome"] == "allowed" for one in found),
        "actions": found,
    }


def _named(document: Document, kind: PolicyKind) -> Any:
    """A document as a policy of its own name."""
    try:
        found = attached((document.text,), kind, document.name)
    except UnusableDocument as error:
        reason = error.message.removeprefix(f"{document.name}.1: ")
        raise UnusableDocument(f"{document.name}: {reason}", malformed=error.malformed) from None
    return tuple(replace(policy, name=document.name) for policy in found)
