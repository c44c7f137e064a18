"""Reports of the last accesses to services by means of a user, group, role or policy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from cloudward.api import operation
from cloudward_iam.arns import parse_arn
from cloudward_iam.errors import InvalidInput, NoSuchEntity
from cloudward_iam.granted import granted_actions, granted_services, is_namespace, service_name
from cloudward_iam.identifiers import new_uuid
from cloudward_iam.identities import identity
from cloudward_iam.last_access import principal_id
from cloudward_iam.managed_policies import default_text, find_policy
from cloudward_iam.paging import paged, pages_of
from cloudward_iam.records.policies import Policy
from cloudward_iam.records.principals import Group, Role, User
from cloudward_iam.records.reports import ActionUse, LastAccessedReport, ReportedEntity, ServiceUse
from cloudward_iam.simulation.attached import identity_policies
from cloudward_iam.simulation.documents import compiled_anyhow
from cloudward_iam.state import Ctx
from cloudward_policy import CompiledPolicy, PolicyKind

KEPT = timedelta(days=7)
"""How long reports are kept."""

_ACTION_LEVEL = "ACTION_LEVEL"


@operation("GenerateServiceLastAccessedDetails")
def generate_service_last_accessed_details(ctx: Ctx, *, arn: str, granularity: str = "SERVICE_LEVEL") -> dict[str, str]:
    """Report when the services that an identity or policy gives access to were last called, and by whom.

    At action level, the actions of those services are told, too, that a plugin provides: of others the gateway cannot
    see the calls.
    """
    for old in list(ctx.state.last_accessed_reports):
        if ctx.now - old.job_completion_date > KEPT:
            ctx.state.last_accessed_reports.remove(old.job_id)
    policies, entities = _subject(ctx, arn)
    services = granted_services(policies)
    by_action = granularity == _ACTION_LEVEL
    tracked: Sequence[str] = ()
    if by_action:
        seen = {ctx.runtime.last_access.namespace(service) for service in ctx.app.providers}
        tracked = [namespace for namespace in services if namespace in seen]
    report = LastAccessedReport(
        job_id=new_uuid(),
        job_type=granularity,
        requester_id=_requester(ctx),
        job_creation_date=ctx.now,
        job_completion_date=ctx.now,
        services=services,
        actions=tuple((namespace, granted_actions(policies, namespace)) for namespace in tracked),
        entities=tuple(_reported(ctx, entity, by_action=by_action) for entity in entities),
    )
    ctx.state.last_accessed_reports.add(report)
    return {"JobId": report.job_id}


@operation("GetServiceLastAccessedDetails")
def get_service_last_accessed_details(
    ctx: Ctx, *, job_id: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """Return a report, service by service."""
    report = _report(ctx, job_id)
    latest: dict[str, list[tuple[ServiceUse, ReportedEntity]]] = {}
    for entity in report.entities:
        for use in entity.uses:
            latest.setdefault(use.service_namespace, []).append((use, entity))
    actions = dict(report.actions)
    page = paged(
        ctx,
        "ServicesLastAccessed",
        pages_of(report.services, lambda namespace: namespace),
        listing="GetServiceLastAccessedDetails",
        marker=marker,
        max_items=max_items,
        bound_to=(job_id,),
        show=lambda namespace: _service(namespace, latest.get(namespace, []), actions.get(namespace)),
    )
    return {**_head(report), "JobType": report.job_type, **page}


@operation("GetServiceLastAccessedDetailsWithEntities")
def get_service_last_accessed_details_with_entities(
    ctx: Ctx, *, job_id: str, service_namespace: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """Return the users and roles of a report with their last access to one service, the latest first."""
    report = _report(ctx, job_id)
    if not is_namespace(service_namespace):
        raise InvalidInput.service_namespace(service_namespace)
    times = {
        entity.id: use.time
        for entity in report.entities
        for use in entity.uses
        if use.service_namespace == service_namespace
    }
    could = report.entities if service_namespace in report.services else ()
    ordered = sorted(could, key=lambda entity: entity.name.lower())
    # Both sorts are stable: the latest first, those without any access last, and by name among themselves.
    ordered.sort(key=lambda entity: times[entity.id].timestamp() if entity.id in times else 0.0, reverse=True)
    page = paged(
        ctx,
        "EntityDetailsList",
        pages_of(enumerate(ordered), lambda numbered: numbered[0]),
        listing="GetServiceLastAccessedDetailsWithEntities",
        marker=marker,
        max_items=max_items,
        bound_to=(job_id, service_namespace),
        show=lambda numbered: {
            "EntityInfo": {
                "Arn": numbered[1].arn,
                "Name": numbered[1].name,
                "Type": numbered[1].type,
                "Id": numbered[1].id,
                "Path": numbered[1].path,
            },
            "LastAuthenticated": times.get(numbered[1].id),
        },
    )
    return {**_head(report), **page}


def _head(report: LastAccessedReport) -> dict[str, Any]:
    return {
        "JobStatus": "COMPLETED",
        "JobCreationDate": report.job_creation_date,
        "JobCompletionDate": report.job_completion_date,
    }


def _report(ctx: Ctx, job_id: str) -> LastAccessedReport:
    """Return a report that the caller asked for; others do not see it."""
    report = ctx.state.last_accessed_reports.get(job_id)
    if report is None or report.requester_id != _requester(ctx):
        raise NoSuchEntity.job(job_id)
    return report


def _requester(ctx: Ctx) -> str:
    return principal_id(ctx.caller) or ctx.caller.user_id  # services and anonymous callers have no entity


def _subject(ctx: Ctx, arn: str) -> tuple[list[CompiledPolicy], list[User | Role]]:
    """Return the policies that a report is about, and the users and roles that can use them."""
    parts = parse_arn(arn)
    if parts is not None and parts.kind == "policy":
        policy = find_policy(ctx, arn)
        text = default_text(ctx.state, policy)
        return [compiled_anyhow(text, PolicyKind.IDENTITY)], _users_of(ctx, policy)
    entity = identity(ctx, arn)
    policies = [attached.policy for attached in identity_policies(ctx.state, entity)]
    return policies, list(_members(ctx, entity)) if isinstance(entity, Group) else [entity]


def _users_of(ctx: Ctx, policy: Policy) -> list[User | Role]:
    """Return the users and roles that a managed policy is attached to, users of groups included, each once."""
    found: dict[str, User | Role] = {}
    for attachment in ctx.state.attachments.select("policy_id", policy.policy_id):
        match attachment.entity_kind:
            case "user":
                user = ctx.state.users[attachment.entity_name]
                found[user.user_id] = user
            case "role":
                role = ctx.state.roles[attachment.entity_name]
                found[role.role_id] = role
            case _:
                group = ctx.state.groups[attachment.entity_name]
                found |= {member.user_id: member for member in _members(ctx, group)}
    return list(found.values())


def _members(ctx: Ctx, group: Group) -> Iterator[User]:
    return (ctx.state.users[found.user_name] for found in ctx.state.memberships.range((group.group_id,)))


def _reported(ctx: Ctx, entity: User | Role, *, by_action: bool) -> ReportedEntity:
    kind, name, entity_id = (
        ("USER", entity.user_name, entity.user_id)
        if isinstance(entity, User)
        else ("ROLE", entity.role_name, entity.role_id)
    )
    uses = ctx.runtime.last_access.uses_of(ctx.state, entity_id)
    return ReportedEntity(
        arn=entity.arn,
        name=name,
        type=kind,
        id=entity_id,
        path=entity.path,
        uses=uses if by_action else tuple(use.replace(actions=()) for use in uses),
    )


def _service(
    namespace: str, uses: list[tuple[ServiceUse, ReportedEntity]], tracked: tuple[str, ...] | None
) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "ServiceName": service_name(namespace),
        "ServiceNamespace": namespace,
        "TotalAuthenticatedEntities": len(uses),
    }
    if uses:
        last, entity = max(uses, key=lambda found: found[0].time)
        answer |= {
            "LastAuthenticated": last.time,
            "LastAuthenticatedEntity": entity.arn,
            "LastAuthenticatedRegion": last.region,
        }
    if tracked is not None:
        answer["TrackedActionsLastAccessed"] = [_action(name, uses) for name in tracked]
    return answer


def _action(name: str, uses: list[tuple[ServiceUse, ReportedEntity]]) -> dict[str, Any]:
    found: list[tuple[ActionUse, ReportedEntity]] = [
        (action, entity) for use, entity in uses for action in use.actions if action.action_name == name
    ]
    if not found:
        return {"ActionName": name}
    last, entity = max(found, key=lambda one: one[0].time)
    return {
        "ActionName": name,
        "LastAccessedEntity": entity.arn,
        "LastAccessedTime": last.time,
        "LastAccessedRegion": last.region,
    }
