"""Service-linked roles: made from a service's template, deleted by a task that takes its time."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from cloudward.api import operation, unique_id
from cloudward_iam.arns import make_arn
from cloudward_iam.attachments import attach
from cloudward_iam.documents import encode
from cloudward_iam.errors import InvalidInput, NoSuchEntity
from cloudward_iam.identifiers import new_uuid
from cloudward_iam.last_access import forget_uses
from cloudward_iam.limits import Quota, check_quota
from cloudward_iam.operations.roles import embedded
from cloudward_iam.records.principals import Role
from cloudward_iam.records.service_linked_roles import DeletionTask, RoleUsage
from cloudward_iam.service_roles import service_roles
from cloudward_iam.state import Ctx

LONGEST_ROLE_NAME = 64
PATH = "/aws-service-role/"
_TASK = "task" + PATH


@operation("CreateServiceLinkedRole")
def create_service_linked_role(
    ctx: Ctx, *, aws_service_name: str, description: str | None = None, custom_suffix: str | None = None
) -> dict[str, Any]:
    """Make the role through which an AWS service works in the account."""
    template = service_roles().get(aws_service_name)
    if template is None:
        raise InvalidInput.service_principal(aws_service_name)
    if custom_suffix is not None and not template.suffix:
        raise InvalidInput.custom_suffix(aws_service_name)
    name = template.role if custom_suffix is None else f"{template.role}_{custom_suffix}"
    if len(name) > LONGEST_ROLE_NAME:
        raise InvalidInput.role_name_too_long(name)
    roles = ctx.state.roles
    _finish_due(ctx, name)
    if name in roles:
        raise InvalidInput.service_role_taken(name)
    check_quota(ctx, Quota.ROLES_PER_ACCOUNT, len(roles) + 1)
    path = f"{PATH}{aws_service_name}/"
    role = Role(
        path=path,
        role_name=name,
        role_id=unique_id("AROA"),
        arn=make_arn(ctx.scope, "role", path, name),
        create_date=ctx.now.replace(microsecond=0),
        assume_role_policy_document=encode(_trust_policy(aws_service_name)),
        description=description,
    )
    roles.add(role)
    for policy in template.policies:
        attach(ctx, role, f"arn:{ctx.partition}:iam::aws:policy/{policy}")
    return {"Role": {**embedded(role), "Description": description}}


@operation("DeleteServiceLinkedRole")
def delete_service_linked_role(ctx: Ctx, *, role_name: str) -> dict[str, str]:
    """Ask for the deletion of a service-linked role; a task that runs already is answered again.

    The setting `service_linked_role_deletion_seconds` says how long a task takes; at nothing, the default, the role is
    gone when the call returns.
    """
    _finish_due(ctx, role_name)
    role = ctx.state.roles.get(role_name)
    if role is None or not role.service_linked:
        raise NoSuchEntity.service_linked_role(role_name)
    for running in ctx.state.deletion_tasks.select("role_id", role.role_id):
        if running.status == "IN_PROGRESS":
            return {"DeletionTaskId": running.deletion_task_id}
    seconds = ctx.runtime.settings["service_linked_role_deletion_seconds"]
    task = DeletionTask(
        deletion_task_id=f"task{role.path}{role.role_name}/{new_uuid()}",
        role_id=role.role_id,
        role_name=role.role_name,
        submitted_at=ctx.now,
        finishes_at=ctx.now + timedelta(seconds=seconds),
    )
    ctx.state.deletion_tasks.add(task)
    _finish(ctx, task)
    return {"DeletionTaskId": task.deletion_task_id}


@operation("GetServiceLinkedRoleDeletionStatus")
def get_service_linked_role_deletion_status(ctx: Ctx, *, deletion_task_id: str) -> dict[str, Any]:
    """Tell how far the deletion of a service-linked role is."""
    if not deletion_task_id.startswith(_TASK):
        raise InvalidInput.deletion_task(deletion_task_id)
    task = ctx.state.deletion_tasks.get(deletion_task_id)
    if task is None:
        raise NoSuchEntity.deletion_task(deletion_task_id)
    task = _finish(ctx, task)
    answer: dict[str, Any] = {"Status": task.status}
    if task.reason is not None:
        answer["Reason"] = {"Reason": task.reason, "RoleUsageList": task.role_usage_list}
    return answer


def _finish_due(ctx: Ctx, role_name: str) -> None:
    """Let the tasks of a role come to their end that should have by now."""
    role = ctx.state.roles.get(role_name)
    if role is not None:
        for task in ctx.state.deletion_tasks.select("role_id", role.role_id):
            _finish(ctx, task)


def _finish(ctx: Ctx, task: DeletionTask) -> DeletionTask:
    """Return a task as it stands now, having done what was due."""
    if task.status != "IN_PROGRESS" or ctx.now < task.finishes_at:
        return task
    role = ctx.state.roles.find("role_id", task.role_id)
    usage = () if role is None else _usage(ctx, role)
    if usage:
        task = task.replace(
            status="FAILED", reason="Resources of the linked service still use the role.", role_usage_list=usage
        )
    else:
        task = task.replace(status="SUCCEEDED")
        if role is not None:
            _remove(ctx, role)
    ctx.state.deletion_tasks.put(task)
    return task


def _usage(ctx: Ctx, role: Role) -> tuple[RoleUsage, ...]:
    answers = ctx.app.plugins.hook.cloudward_role_usage(app=ctx.app, transaction=ctx.transaction, role_arn=role.arn)
    by_region: dict[str, list[str]] = {}
    for region, arn in (found for answer in answers for found in answer):
        by_region.setdefault(region, []).append(arn)
    return tuple(RoleUsage(region=region, resources=tuple(sorted(arns))) for region, arns in sorted(by_region.items()))


def _remove(ctx: Ctx, role: Role) -> None:
    attachments = ctx.state.attachments
    for found in list(attachments.select("entity_id", role.role_id)):
        attachments.remove((found.policy_id, found.entity_kind, found.entity_name))
    if role.role_id in ctx.state.role_uses:
        ctx.state.role_uses.remove(role.role_id)
    forget_uses(ctx.state, role.role_id)
    ctx.state.roles.remove(role.role_name)


def _trust_policy(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))
