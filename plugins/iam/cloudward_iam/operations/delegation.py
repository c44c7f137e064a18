"""Delegation requests: a product provider asks, someone in the account takes the request on, accepts and sends a token.

States and how long each lasts: IAM User Guide, "Building your integration", "Understanding the request lifecycle".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from cloudward.api import Scope, operation
from cloudward_iam.errors import EntityAlreadyExists, InvalidInput, NoSuchEntity, NotAuthorized
from cloudward_iam.identifiers import new_uuid
from cloudward_iam.paging import paged
from cloudward_iam.permission_check import check_permissions
from cloudward_iam.records.delegation import DelegationPermission, DelegationRequest, PolicyParameter
from cloudward_iam.state import Ctx, IamState
from cloudward_iam.templates import UnknownParameterError, fill

LIFETIMES = {
    "UNASSIGNED": timedelta(days=1),
    "ASSIGNED": timedelta(days=7),
    "PENDING_APPROVAL": timedelta(days=7),
    "ACCEPTED": timedelta(days=7),
    "REJECTED": timedelta(days=7),
    "FINALIZED": timedelta(days=7),
}
_DEEP_LINK = "https://console.aws.amazon.com/iam/home#/delegation-requests/{}"


@operation("CreateDelegationRequest")
def create_delegation_request(
    ctx: Ctx,
    *,
    description: str,
    permissions: Mapping[str, Any],
    requestor_workflow_id: str,
    notification_channel: str,
    session_duration: int,
    owner_account_id: str | None = None,
    request_message: str | None = None,
    redirect_url: str | None = None,
    only_send_by_owner: bool = False,
) -> dict[str, str]:
    """Ask for temporary access to an account, one named or any that takes the request on."""
    arn = permissions.get("PolicyTemplateArn")
    template = ctx.runtime.templates.delegation_templates.get(arn)
    if template is None:
        raise InvalidInput.delegation_template(arn)
    parameters = tuple(
        PolicyParameter(name=found.get("Name"), values=tuple(found.get("Values", ())), type=found.get("Type"))
        for found in permissions.get("Parameters") or ()
    )
    try:
        policy = fill(template.policy, _values(parameters))
    except UnknownParameterError as error:
        raise InvalidInput.template_parameter(error, "the template uses it and it has no value") from None
    if ctx.across(ctx.state.delegation_requests).find_by("workflow", (ctx.account, requestor_workflow_id)) is not None:
        raise EntityAlreadyExists.delegation_request(requestor_workflow_id)
    request = DelegationRequest(
        delegation_request_id=new_uuid(),
        description=description,
        permissions=DelegationPermission(policy_template_arn=arn, parameters=parameters or None),
        permission_policy=json.dumps(policy),
        role_permission_restriction_arns=template.role_permission_restriction_arns or None,
        requestor_id=ctx.account,
        requestor_name=template.requestor_name,
        requestor_workflow_id=requestor_workflow_id,
        notification_channel=notification_channel,
        create_date=ctx.now,
        updated_time=ctx.now,
        expiration_time=ctx.now + LIFETIMES["UNASSIGNED"],
        session_duration=session_duration,
        state="UNASSIGNED",
        owner_account_id=owner_account_id,
        request_message=request_message,
        redirect_url=redirect_url,
        only_send_by_owner=only_send_by_owner,
    )
    ctx.state.delegation_requests.add(request)
    return {
        "ConsoleDeepLink": _DEEP_LINK.format(request.delegation_request_id),
        "DelegationRequestId": request.delegation_request_id,
    }


@operation("AssociateDelegationRequest")
def associate_delegation_request(ctx: Ctx, *, delegation_request_id: str) -> None:
    """Take a delegation request on: the caller becomes its owner."""
    home, request = _find(ctx, delegation_request_id)
    if request.owner_account_id not in (None, ctx.account):
        raise InvalidInput.delegation_owner(delegation_request_id)
    _check_state(request, "associated", "UNASSIGNED")
    home.delegation_requests.remove(request.delegation_request_id)
    # From now on it lives where its owner can list it.
    ctx.state.delegation_requests.add(
        _moved_on(ctx, request, "ASSIGNED", owner_account_id=ctx.account, owner_id=_principal(ctx))
    )


@operation("UpdateDelegationRequest")
def update_delegation_request(ctx: Ctx, *, delegation_request_id: str, notes: str | None = None) -> None:
    """Add notes to a delegation request and hand it to whoever may approve it."""
    request = _owned(ctx, "UpdateDelegationRequest", delegation_request_id)
    _check_state(request, "updated", "ASSIGNED", "PENDING_APPROVAL")
    changes = {} if notes is None else {"notes": notes}
    ctx.state.delegation_requests.put(_moved_on(ctx, request, "PENDING_APPROVAL", **changes))


@operation("AcceptDelegationRequest")
def accept_delegation_request(ctx: Ctx, *, delegation_request_id: str) -> None:
    """Grant a delegation request: the caller's permissions are what is delegated, within what was asked for."""
    request = _owned(ctx, "AcceptDelegationRequest", delegation_request_id)
    _check_state(request, "accepted", "ASSIGNED", "PENDING_APPROVAL")
    if ctx.caller.kind not in ("user", "assumed-role"):
        raise NotAuthorized.delegation(ctx.caller.arn, "AcceptDelegationRequest", delegation_request_id)
    ctx.state.delegation_requests.put(
        _moved_on(ctx, request, "ACCEPTED", approver_id=_principal(ctx), approver_unique_id=_unique_id(ctx))
    )


@operation("RejectDelegationRequest")
def reject_delegation_request(ctx: Ctx, *, delegation_request_id: str, notes: str | None = None) -> None:
    """Refuse a delegation request, accepted or not, as long as its token is not sent."""
    request = _owned(ctx, "RejectDelegationRequest", delegation_request_id)
    _check_state(request, "rejected", "ASSIGNED", "PENDING_APPROVAL", "ACCEPTED")
    ctx.state.delegation_requests.put(_moved_on(ctx, request, "REJECTED", rejection_reason=notes))


@operation("SendDelegationToken")
def send_delegation_token(ctx: Ctx, *, delegation_request_id: str) -> None:
    """Give the product provider the token that GetDelegatedAccessToken takes for credentials.

    AWS publishes it to the request's SNS topic; here it waits at `/_cloudward/iam/delegation-requests/ID`.
    """
    request = _owned(ctx, "SendDelegationToken", delegation_request_id)
    _check_state(request, "sent", "ACCEPTED")
    if request.only_send_by_owner and _principal(ctx) != request.owner_id:
        raise NotAuthorized.delegation(ctx.caller.arn, "SendDelegationToken", delegation_request_id)
    token = ctx.app.plugins.hook.cloudward_encode_trade_in_token(
        app=ctx.app,
        transaction=ctx.transaction,
        grant={
            "principal_arn": request.approver_id,
            "principal_id": request.approver_unique_id,
            "policies": [request.permission_policy],
            "policy_arns": [],
            "duration": request.session_duration,
            "expires_at": ctx.now + timedelta(seconds=request.session_duration),
        },
    )
    if token is None:
        raise InvalidInput.delegation_without_sts()
    ctx.state.delegation_requests.put(_moved_on(ctx, request, "FINALIZED", token=token))


@operation("GetDelegationRequest")
def get_delegation_request(
    ctx: Ctx, *, delegation_request_id: str, delegation_permission_check: bool = False
) -> dict[str, Any]:
    """Return a delegation request, to anyone until it has an owner account, then to that account.

    The permission check is done at once, so its status is always that it is complete.
    """
    request = visible_request(ctx, "GetDelegationRequest", delegation_request_id)
    answer: dict[str, Any] = {"DelegationRequest": _shown(request)}
    if delegation_permission_check:
        answer["PermissionCheckStatus"] = "COMPLETE"
        answer["PermissionCheckResult"] = check_permissions(ctx, request.permission_policy or "{}")
    return answer


def visible_request(ctx: Ctx, action: str, request_id: str) -> DelegationRequest:
    """Return a request that the caller's account may see: one that has no owner account yet, or that account's own.

    Args:
        ctx: the call.
        action: the operation, for the refusal.
        request_id: the request's id.

    Raises:
        NoSuchEntity: there is no such request.
        NotAuthorized: it is another account's.
    """
    _, request = _find(ctx, request_id)
    if request.owner_account_id not in (None, ctx.account):
        raise NotAuthorized.delegation(ctx.caller.arn, action, request_id)
    return request


@operation("ListDelegationRequests")
def list_delegation_requests(
    ctx: Ctx, *, owner_id: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the delegation requests that the account owns, or one owner of it."""
    requests = ctx.state.delegation_requests
    answer = paged(
        ctx,
        "DelegationRequests",
        lambda after, count: requests.select_page(
            "owner_id" if owner_id else "owner_account_id", owner_id or ctx.account, after=after, limit=count
        ),
        listing="ListDelegationRequests",
        marker=marker,
        max_items=max_items,
        bound_to=(owner_id,),
        show=lambda request: _shown(_aged(ctx, request)),
    )
    # The model writes this member in its own way.
    answer["isTruncated"] = answer.pop("IsTruncated")
    return answer


def _values(parameters: Sequence[PolicyParameter]) -> dict[str, str | Sequence[str]]:
    values: dict[str, str | Sequence[str]] = {}
    for parameter in parameters:
        several = parameter.values or ()
        if parameter.type == "stringList":
            values[parameter.name or ""] = several
        elif len(several) == 1:
            values[parameter.name or ""] = several[0]
        else:
            raise InvalidInput.template_parameter(parameter.name, "it takes one value")
    return values


def _find(ctx: Ctx, request_id: str) -> tuple[IamState, DelegationRequest]:
    """Return a request of whatever account, and the state that it lives in."""
    located = ctx.across(ctx.state.delegation_requests).find(request_id)
    if located is None:
        raise NoSuchEntity.delegation_request(request_id)
    home = ctx.transaction.state(IamState, Scope(located.scope.partition, located.scope.account))
    return home, _aged(ctx, located.record)


def _owned(ctx: Ctx, action: str, request_id: str) -> DelegationRequest:
    _, request = _find(ctx, request_id)
    if request.owner_id is None or request.owner_account_id != ctx.account:
        raise NotAuthorized.delegation(ctx.caller.arn, action, request_id)
    return request


def _aged(ctx: Ctx, request: DelegationRequest) -> DelegationRequest:
    """Return a request as it stands now: expired when its state has lasted too long."""
    if request.state != "EXPIRED" and request.expiration_time <= ctx.now:
        return request.replace(state="EXPIRED", token=None)
    return request


def _check_state(request: DelegationRequest, verb: str, *allowed: str) -> None:
    if request.state not in allowed:
        raise InvalidInput.delegation_state(request.delegation_request_id, request.state, verb)


def _moved_on(ctx: Ctx, request: DelegationRequest, state: str, **changes: Any) -> DelegationRequest:
    return request.replace(state=state, updated_time=ctx.now, expiration_time=ctx.now + LIFETIMES[state], **changes)


def _principal(ctx: Ctx) -> str:
    """Return the ARN of the caller, of a session the role's."""
    session = ctx.caller.session
    return session.role_arn if session is not None and session.role_arn is not None else ctx.caller.arn


def _unique_id(ctx: Ctx) -> str:
    session = ctx.caller.session
    return session.role_id if session is not None and session.role_id is not None else ctx.caller.user_id


def _shown(request: DelegationRequest) -> dict[str, Any]:
    return {
        "DelegationRequestId": request.delegation_request_id,
        "OwnerAccountId": request.owner_account_id,
        "Description": request.description,
        "RequestMessage": request.request_message,
        "Permissions": request.permissions,
        "PermissionPolicy": request.permission_policy,
        "RolePermissionRestrictionArns": request.role_permission_restriction_arns,
        "OwnerId": request.owner_id,
        "ApproverId": request.approver_id,
        "State": request.state,
        "ExpirationTime": request.expiration_time,
        "RequestorId": request.requestor_id,
        "RequestorName": request.requestor_name,
        "CreateDate": request.create_date,
        "SessionDuration": request.session_duration,
        "RedirectUrl": request.redirect_url,
        "Notes": request.notes,
        "RejectionReason": request.rejection_reason,
        "OnlySendByOwner": request.only_send_by_owner,
        "UpdatedTime": request.updated_time,
    }
