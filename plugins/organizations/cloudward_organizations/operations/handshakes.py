"""Handshakes: invitations of accounts, and the way from consolidated billing to all features."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cloudward.api import operation
from cloudward_organizations.errors import (
    DuplicateHandshake,
    HandshakeAlreadyInState,
    HandshakeConstraintViolation,
    HandshakeNotFound,
    InvalidHandshakeTransition,
    InvalidInput,
    NotPermitted,
)
from cloudward_organizations.identifiers import handshake_id
from cloudward_organizations.limits import Quota, limit
from cloudward_organizations.lookups import managed_organization, readable_organization
from cloudward_organizations.membership import join, known_account
from cloudward_organizations.paging import paged, pages_of
from cloudward_organizations.records import Account, Handshake, Organization
from cloudward_organizations.shapes import handshake_shape
from cloudward_organizations.state import Ctx
from cloudward_organizations.tagging import Tags, add_tags, read_tags

INVITE, ENABLE, APPROVE = "INVITE", "ENABLE_ALL_FEATURES", "APPROVE_ALL_FEATURES"
_PENDING = ("REQUESTED", "OPEN")
_LIFETIMES = {INVITE: timedelta(days=15), ENABLE: timedelta(days=90), APPROVE: timedelta(days=90)}


@operation("InviteAccountToOrganization")
def invite_account_to_organization(
    ctx: Ctx, *, target: Mapping[str, str], notes: str | None = None, tags: Tags = ()
) -> dict[str, Any]:
    """Invite an account by its number or address."""
    organization = managed_organization(ctx)
    fresh = read_tags(tags)
    account = _invited(ctx, target)
    if account.organization_id is not None:
        raise HandshakeConstraintViolation.because("ALREADY_IN_AN_ORGANIZATION")
    if _pending(ctx, organization, ENABLE):
        raise HandshakeConstraintViolation.because("INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES")
    waiting = _pending(ctx, organization, INVITE)
    if any(handshake.account_id == account.id for handshake in waiting):
        raise DuplicateHandshake.handshake()
    present = ctx.state.accounts.count("organization_id", organization.id)
    if present + len(waiting) + 1 > limit(ctx, Quota.ACCOUNTS):
        raise HandshakeConstraintViolation.because("ACCOUNT_NUMBER_LIMIT_EXCEEDED")
    ctx.state.accounts.put(account)
    return _begin(
        ctx,
        organization,
        INVITE,
        "OPEN",
        account_id=account.id,
        target_type=target["Type"],
        notes=notes,
        tags=fresh,
    )


def _invited(ctx: Ctx, target: Mapping[str, str]) -> Account:
    match target["Type"]:
        case "ACCOUNT":
            if len(target["Id"]) != 12 or not target["Id"].isdecimal():
                raise InvalidInput.because("INVALID_PATTERN_TARGET_ID")
            return known_account(ctx, target["Id"])
        case "EMAIL":
            found = ctx.state.accounts.find("email", target["Id"])
            if found is None:
                raise InvalidInput.because("INVALID_EMAIL_ADDRESS_TARGET")
            return found
        case _:
            raise InvalidInput.because("INVALID_PARTY_TYPE_TARGET")


@operation("EnableAllFeatures")
def enable_all_features(ctx: Ctx) -> dict[str, Any]:
    """Begin to turn consolidated billing into all features: invited members must approve, then the caller accepts."""
    organization = managed_organization(ctx)
    if organization.all_features:
        raise HandshakeConstraintViolation.because("ORGANIZATION_ALREADY_HAS_ALL_FEATURES")
    if _pending(ctx, organization, ENABLE):
        raise HandshakeConstraintViolation.because("ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION")
    invited = [
        account
        for account in ctx.state.accounts.select("organization_id", organization.id)
        if account.joined_method == "INVITED" and account.id != organization.management_account
    ]
    begun = _begin(ctx, organization, ENABLE, "REQUESTED" if invited else "OPEN")
    for account in invited:
        _begin(ctx, organization, APPROVE, "OPEN", account_id=account.id, parent_id=begun["Handshake"]["Id"])
    return begun


def _begin(ctx: Ctx, organization: Organization, action: str, state: str, **fields: Any) -> dict[str, Any]:
    handshake = Handshake(
        id=handshake_id(),
        organization_id=organization.id,
        action=action,
        state=state,
        requested_timestamp=ctx.now,
        expiration_timestamp=ctx.now + _LIFETIMES[action],
        **fields,
    )
    ctx.state.handshakes.add(handshake)
    return {"Handshake": handshake_shape(ctx, organization, handshake)}


@operation("AcceptHandshake")
def accept_handshake(ctx: Ctx, *, handshake_id: str) -> dict[str, Any]:
    """Accept an invitation, approve all features for the caller's account, or switch them on at last."""
    organization, handshake = _answered(ctx, handshake_id, "ACCEPTED")
    match handshake.action:
        case "INVITE":
            account = ctx.state.accounts[ctx.account]
            if account.organization_id is not None:
                raise HandshakeConstraintViolation.because("ALREADY_IN_AN_ORGANIZATION")
            join(ctx, organization, account, "INVITED")
            add_tags(ctx, account.id, handshake.tags)
        case "ENABLE_ALL_FEATURES":
            if handshake.state != "OPEN":
                raise InvalidHandshakeTransition.transition()
            organization = ctx.state.organizations.put(organization.replace(feature_set="ALL"))
    answer = _put(ctx, organization, handshake, "ACCEPTED")
    if handshake.parent_id is not None:
        _open_when_approved(ctx, handshake.parent_id)
    return answer


def _open_when_approved(ctx: Ctx, parent_id: str) -> None:
    """Let the organization accept all features when every member has approved them."""
    parent = ctx.state.handshakes[parent_id]
    approvals = ctx.state.handshakes.select("parent_id", parent_id)
    if parent.state == "REQUESTED" and all(approval.state == "ACCEPTED" for approval in approvals):
        ctx.state.handshakes.put(parent.replace(state="OPEN"))


@operation("DeclineHandshake")
def decline_handshake(ctx: Ctx, *, handshake_id: str) -> dict[str, Any]:
    """Decline an invitation, or all features."""
    organization, handshake = _answered(ctx, handshake_id, "DECLINED")
    return _put(ctx, organization, handshake, "DECLINED")


@operation("CancelHandshake")
def cancel_handshake(ctx: Ctx, *, handshake_id: str) -> dict[str, Any]:
    """Take back what the organization began."""
    organization = managed_organization(ctx)
    found, handshake = _find(ctx, handshake_id)
    if found.id != organization.id:
        raise HandshakeNotFound.handshake()
    _check_pending(handshake, "CANCELED")
    for approval in ctx.state.handshakes.select("parent_id", handshake.id):
        if approval.state in _PENDING:
            ctx.state.handshakes.put(approval.replace(state="CANCELED"))
    return _put(ctx, organization, handshake, "CANCELED")


@operation("DescribeHandshake")
def describe_handshake(ctx: Ctx, *, handshake_id: str) -> dict[str, Any]:
    """Return a handshake to one of its parties."""
    organization, handshake = _find(ctx, handshake_id)
    if ctx.account not in {organization.management_account, handshake.account_id}:
        raise HandshakeNotFound.handshake()
    return {"Handshake": handshake_shape(ctx, organization, handshake)}


@operation("ListHandshakesForAccount")
def list_handshakes_for_account(
    ctx: Ctx,
    *,
    filter: Mapping[str, str] | None = None,  # noqa: A002 - the model's name
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, Any]:
    """List the handshakes that wait, or waited, for the caller's account."""
    found = ctx.state.handshakes.select("account_id", ctx.account)
    return _listed(ctx, "ListHandshakesForAccount", found, filter or {}, next_token, max_results)


@operation("ListHandshakesForOrganization")
def list_handshakes_for_organization(
    ctx: Ctx,
    *,
    filter: Mapping[str, str] | None = None,  # noqa: A002 - the model's name
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, Any]:
    """List the handshakes that the organization began."""
    organization = readable_organization(ctx)
    found = ctx.state.handshakes.select("organization_id", organization.id)
    return _listed(ctx, "ListHandshakesForOrganization", found, filter or {}, next_token, max_results)


def _listed(
    ctx: Ctx,
    listing: str,
    found: list[Handshake],
    wanted: Mapping[str, str],
    next_token: str | None,
    max_results: int | None,
) -> dict[str, Any]:
    action, parent = wanted.get("ActionType"), wanted.get("ParentHandshakeId")
    matching = [one for one in found if action in {None, one.action} and parent in {None, one.parent_id}]
    return paged(
        ctx,
        "Handshakes",
        pages_of(matching, lambda one: one.id),
        listing=listing,
        next_token=next_token,
        max_results=max_results,
        bound_to=(action, parent),
        show=lambda one: handshake_shape(ctx, ctx.state.organizations[one.organization_id], _aged(ctx, one)),
    )


def _find(ctx: Ctx, found_id: str) -> tuple[Organization, Handshake]:
    handshake = ctx.state.handshakes.get(found_id)
    if handshake is None:
        raise HandshakeNotFound.handshake()
    return ctx.state.organizations[handshake.organization_id], _aged(ctx, handshake)


def _answered(ctx: Ctx, found_id: str, state: str) -> tuple[Organization, Handshake]:
    """Return a handshake that the caller's account may bring into a state."""
    organization, handshake = _find(ctx, found_id)
    answerer = organization.management_account if handshake.account_id is None else handshake.account_id
    if ctx.account != answerer:
        if ctx.account == organization.management_account:
            raise NotPermitted.resource()
        raise HandshakeNotFound.handshake()
    _check_pending(handshake, state)
    return organization, handshake


def _check_pending(handshake: Handshake, state: str) -> None:
    if handshake.state == state:
        raise HandshakeAlreadyInState.state()
    if handshake.state not in _PENDING:
        raise InvalidHandshakeTransition.transition()


def _aged(ctx: Ctx, handshake: Handshake) -> Handshake:
    """Return a handshake as it stands now: expired when nobody answered it in time."""
    if handshake.state in _PENDING and handshake.expiration_timestamp <= ctx.now:
        return handshake.replace(state="EXPIRED")
    return handshake


def _put(ctx: Ctx, organization: Organization, handshake: Handshake, state: str) -> dict[str, Any]:
    changed = ctx.state.handshakes.put(handshake.replace(state=state))
    return {"Handshake": handshake_shape(ctx, organization, changed)}


def _pending(ctx: Ctx, organization: Organization, action: str) -> list[Handshake]:
    return [
        handshake
        for handshake in ctx.state.handshakes.select("organization_id", organization.id)
        if handshake.action == action and _aged(ctx, handshake).state in _PENDING
    ]
