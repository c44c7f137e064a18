"""Simulating policies, and the condition keys that they ask for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from cloudward.api import Page, operation
from cloudward_iam.arns import parse_arn
from cloudward_iam.attachments import Entity
from cloudward_iam.authorization.organizations import Organization
from cloudward_iam.errors import InvalidInput, PolicyEvaluation
from cloudward_iam.lookups import get_group, get_role, get_user
from cloudward_iam.paging import paged
from cloudward_iam.runtime import IamRuntime
from cloudward_iam.simulation.attached import boundary_policy, identity_policies
from cloudward_iam.simulation.callers import NotACaller, account_of_owner, caller_context, caller_principal
from cloudward_iam.simulation.context_entries import InvalidEntry, read_entries
from cloudward_iam.simulation.documents import UnusableDocument, attached, compiled, guessed_kind
from cloudward_iam.simulation.evaluation import ANY_RESOURCE, Simulation, resource_kind, results
from cloudward_iam.simulation.exclusions import InvalidIdentifier, without
from cloudward_iam.simulation.scenarios import InvalidScenario, check_scenario
from cloudward_iam.state import Ctx
from cloudward_policy import PolicyKind, PolicySet, context_keys

_ACTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*:[A-Za-z0-9]+")
_LOOKUPS: Mapping[str, Callable[[Ctx, str], Entity]] = {"user": get_user, "group": get_group, "role": get_role}

Entries = Sequence[Mapping[str, Any]]
Texts = Sequence[str]


@operation("SimulateCustomPolicy")
def simulate_custom_policy(
    ctx: Ctx,
    *,
    policy_input_list: Texts,
    action_names: Texts,
    permissions_boundary_policy_input_list: Texts = (),
    ordered_organization_policy_input_list: Entries = (),
    resource_arns: Texts = (),
    resource_policy: str | None = None,
    resource_owner: str | None = None,
    caller_arn: str | None = None,
    context_entries: Entries = (),
    resource_handling_option: str | None = None,
    max_items: int | None = None,
    marker: str | None = None,
) -> dict[str, Any]:
    """Decide actions by policies that the request brings."""
    with _refusals():
        policies = PolicySet(
            identity=attached(tuple(policy_input_list), PolicyKind.IDENTITY, "PolicyInputList"),
            scps=tuple(
                attached(
                    tuple(level.get("ServiceControlPolicyInputList") or ()),
                    PolicyKind.SCP,
                    f"OrderedOrganizationPolicyInputList.{number}.ServiceControlPolicyInputList",
                )
                for number, level in enumerate(ordered_organization_policy_input_list, 1)
            ),
        )
    return _simulate(
        ctx,
        "SimulateCustomPolicy",
        policies,
        caller_arn=caller_arn,
        action_names=action_names,
        boundaries=permissions_boundary_policy_input_list,
        resource_arns=resource_arns,
        resource_policy=resource_policy,
        resource_owner=resource_owner,
        context_entries=context_entries,
        resource_handling_option=resource_handling_option,
        max_items=max_items,
        marker=marker,
    )


@operation("SimulatePrincipalPolicy")
def simulate_principal_policy(
    ctx: Ctx,
    *,
    policy_source_arn: str,
    action_names: Texts,
    policy_input_list: Texts = (),
    permissions_boundary_policy_input_list: Texts = (),
    policy_exclusion_list: Entries = (),
    resource_arns: Texts = (),
    resource_policy: str | None = None,
    resource_owner: str | None = None,
    caller_arn: str | None = None,
    context_entries: Entries = (),
    resource_handling_option: str | None = None,
    max_items: int | None = None,
    marker: str | None = None,
) -> dict[str, Any]:
    """Decide actions by the policies of a user, group or role."""
    entity = _source(ctx, policy_source_arn)
    organization = organization_of(ctx)
    policies = PolicySet(
        identity=identity_policies(ctx.state, entity),
        boundary=boundary_policy(ctx.state, entity),
        scps=() if organization is None else organization.scps,
    )
    with _refusals():
        policies = without(policies, policy_exclusion_list)
        given = attached(tuple(policy_input_list), PolicyKind.IDENTITY, "PolicyInputList")
    return _simulate(
        ctx,
        "SimulatePrincipalPolicy",
        replace(policies, identity=(*policies.identity, *given)),
        caller_arn=caller_arn or policy_source_arn,
        action_names=action_names,
        boundaries=permissions_boundary_policy_input_list,
        resource_arns=resource_arns,
        resource_policy=resource_policy,
        resource_owner=resource_owner,
        context_entries=context_entries,
        resource_handling_option=resource_handling_option,
        max_items=max_items,
        marker=marker,
        management_account=organization is not None and organization.management,
    )


@operation("GetContextKeysForCustomPolicy")
def get_context_keys_for_custom_policy(ctx: Ctx, *, policy_input_list: Texts) -> dict[str, Any]:
    """List the condition keys that policies ask for."""
    with _refusals():
        documents = [compiled(text, guessed_kind(text)).document for text in policy_input_list]
    return {"ContextKeyNames": _keys(iter(documents))}


@operation("GetContextKeysForPrincipalPolicy")
def get_context_keys_for_principal_policy(
    ctx: Ctx, *, policy_source_arn: str, policy_input_list: Texts = ()
) -> dict[str, Any]:
    """List the condition keys that the policies of a user, group or role ask for."""
    entity = _source(ctx, policy_source_arn)
    with _refusals():
        given = attached(tuple(policy_input_list), PolicyKind.IDENTITY, "PolicyInputList")
    policies = (*identity_policies(ctx.state, entity), *given)
    return {"ContextKeyNames": _keys(policy.policy.document for policy in policies)}


def _keys(documents: Iterator[Any]) -> list[str]:
    names: dict[str, str] = {}
    for document in documents:
        for name in context_keys(document):
            names.setdefault(name.lower(), name)
    return list(names.values())


def _simulate(
    ctx: Ctx,
    listing: str,
    policies: PolicySet,
    *,
    caller_arn: str | None,
    action_names: Texts,
    boundaries: Texts,
    resource_arns: Texts,
    resource_policy: str | None,
    resource_owner: str | None,
    context_entries: Entries,
    resource_handling_option: str | None,
    max_items: int | None,
    marker: str | None,
    management_account: bool = False,
) -> dict[str, Any]:
    actions = tuple(dict.fromkeys(action_names))
    resources = tuple(dict.fromkeys(resource_arns)) or (ANY_RESOURCE,)
    _check_actions(actions)
    _check_resources(resources)
    if len(boundaries) > 1:
        raise InvalidInput.one_boundary()
    with _refusals():
        if boundaries:
            name = "PermissionsBoundaryPolicyInputList"
            policies = replace(policies, boundary=attached(tuple(boundaries), PolicyKind.BOUNDARY, name)[0])
        if resource_handling_option is not None:
            check_scenario(resource_handling_option, resources)
        owner = None if resource_owner is None else account_of_owner(resource_owner)
        principal = caller_principal(caller_arn, ctx.partition, ctx.account)
        if resource_policy is not None:
            if caller_arn is None or ":user/" not in caller_arn:
                raise InvalidInput.user_needed()
            _check_resource_policy(resource_policy, resources)
        known = {}
        if caller_arn is not None:
            known = caller_context(principal, ctx.state if principal.account == ctx.account else None)
        simulation = Simulation(
            principal,
            policies,
            resources,
            {**known, **read_entries(context_entries)},
            resource_policy,
            owner,
            across_accounts=resource_policy is not None or owner is not None,
            management_account=management_account,
        )

    def fetch(after: Any, count: int) -> Page[Any]:
        start = 0 if after is None else int(after)
        chosen = actions[start : start + count]
        following = start + len(chosen)
        return Page(results(simulation, chosen), following if following < len(actions) else None)

    digest = hashlib.sha256("\0".join((*actions, "", *resources)).encode()).hexdigest()
    return paged(
        ctx, "EvaluationResults", fetch, listing=listing, marker=marker, max_items=max_items, bound_to=(digest,)
    )


@contextmanager
def _refusals() -> Iterator[None]:
    """Answer what cannot be simulated with IAM's errors."""
    try:
        yield
    except UnusableDocument as error:
        raise (InvalidInput if error.malformed else PolicyEvaluation)(error.message) from None
    except (InvalidEntry, InvalidIdentifier, InvalidScenario, NotACaller) as error:
        raise InvalidInput(str(error)) from None


def organization_of(ctx: Ctx) -> Organization | None:
    """Return the organization of the caller's account, None when no plugin knows one.

    Args:
        ctx: the call.
    """
    runtime: IamRuntime = ctx.runtime
    return runtime.authorizer.organizations.of(ctx.transaction, ctx.partition, ctx.account)


def _source(ctx: Ctx, arn: str) -> Entity:
    """Return the user, group or role whose policies are simulated."""
    parts = parse_arn(arn)
    lookup = _LOOKUPS.get(parts.kind) if parts is not None else None
    if parts is None or lookup is None:
        raise InvalidInput.entity_arn(arn)
    if parts.account != ctx.account or parts.partition != ctx.partition:
        raise InvalidInput.foreign_source(ctx.account, parts.account)
    return lookup(ctx, parts.name)


def _check_actions(actions: Texts) -> None:
    for action in actions:
        if not _ACTION.fullmatch(action):
            raise InvalidInput.action_name(action)


def _check_resources(resources: Texts) -> None:
    wrong = [arn for arn in resources if arn != ANY_RESOURCE and not (arn.startswith("arn:") and arn.count(":") > 4)]
    if wrong:
        raise InvalidInput.resource_names(", ".join(wrong))


def _check_resource_policy(text: str, resources: Texts) -> None:
    """Check that every resource is one that the policy could be attached to."""
    for resource in resources:
        policy = compiled(text, resource_kind(resource))
        if resource != ANY_RESOURCE and not any(
            statement.variable_resource or statement.matches_resource(resource, {}) for statement in policy.statements
        ):
            raise InvalidInput.resource_policy(resource)
