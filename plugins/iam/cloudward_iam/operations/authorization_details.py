"""Everything that decides what an account's identities may do, in one listing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from cloudward.api import Page, operation
from cloudward_iam import aws_policies
from cloudward_iam.attachments import Entity, attachment_count, boundary_count, described
from cloudward_iam.operations.instance_profiles import shown as shown_profile
from cloudward_iam.operations.managed_policies import in_listing
from cloudward_iam.operations.policy_versions import shown as shown_version
from cloudward_iam.operations.policy_versions import versions_of
from cloudward_iam.operations.roles import in_full
from cloudward_iam.paging import Fetch, one_after_another, paged
from cloudward_iam.records.policies import Policy
from cloudward_iam.records.principals import Group, Role, User
from cloudward_iam.state import Ctx


class Kind(NamedTuple):
    """A kind of entity in the listing.

    Attributes:
        member: the output member that takes its details.
        fetch: returns the account's entities of the kind, page by page.
        show: returns an entity's details.
    """

    member: str
    fetch: Callable[[Ctx], Fetch]
    show: Callable[[Ctx, Any], dict[str, Any]]


@operation("GetAccountAuthorizationDetails")
def get_account_authorization_details(
    ctx: Ctx,
    *,
    filter: Sequence[str] | None = None,  # noqa: A002 - the model's name
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """Return users, groups, roles and managed policies with all that hangs on them, a page at a time.

    AWS's own policies are in it as far as the account uses them.
    """
    wanted = [name for name in KINDS if not filter or name in filter]
    # The position goes first: sources must sort in the order in which they are listed.
    sources = {f"{at}{name}": _tagged(name, KINDS[name].fetch(ctx)) for at, name in enumerate(wanted)}
    answer = paged(
        ctx,
        "Details",
        one_after_another(sources),
        listing="GetAccountAuthorizationDetails",
        marker=marker,
        max_items=max_items,
        bound_to=wanted,
        show=lambda found: (KINDS[found[0]].member, KINDS[found[0]].show(ctx, found[1])),
    )
    details = answer.pop("Details")
    lists: dict[str, list[Any]] = {kind.member: [] for kind in KINDS.values()}
    for member, item in details:
        lists[member].append(item)
    return {**lists, **answer}


def _tagged(name: str, fetch: Fetch) -> Fetch:
    """Return a `fetch` whose items say which kind they are."""

    def tagged(after: Any, count: int) -> Page[Any]:
        page = fetch(after, count)
        return Page([(name, item) for item in page.items], page.next)

    return tagged


def _table(name: str) -> Callable[[Ctx], Fetch]:
    return lambda ctx: lambda after, count: getattr(ctx.state, name).page(after=after, limit=count)


def _used_aws_policies(ctx: Ctx) -> Fetch:
    """Return the `fetch` of the policies of AWS's that the account uses: a walk of a fixed length, through indexes."""

    def used(after: Any) -> Iterator[Policy]:
        return (
            policy
            for policy in aws_policies.after(ctx.partition, after)
            if attachment_count(ctx.state, policy) or boundary_count(ctx.state, policy)
        )

    def fetch(after: Any, count: int) -> Page[Policy]:
        found: list[Policy] = []
        for policy in used(after):
            if len(found) == count:
                return Page(found, found[-1].policy_name)
            found.append(policy)
        return Page(found, None)

    return fetch


def _user(ctx: Ctx, user: User) -> dict[str, Any]:
    groups = (
        ctx.state.groups.find("group_id", membership.group_id)
        for membership in ctx.state.memberships.select("user_id", user.user_id)
    )
    return {
        "Path": user.path,
        "UserName": user.user_name,
        "UserId": user.user_id,
        "Arn": user.arn,
        "CreateDate": user.create_date,
        # AWS leaves this list out where it is empty, and of users only.
        "UserPolicyList": _inline(ctx, user.user_id) or None,
        "GroupList": sorted((group.group_name for group in groups if group is not None), key=str.lower),
        "AttachedManagedPolicies": _attached(ctx, user),
        "PermissionsBoundary": user.permissions_boundary,
        "Tags": user.tags or (),
    }


def _group(ctx: Ctx, group: Group) -> dict[str, Any]:
    return {
        "Path": group.path,
        "GroupName": group.group_name,
        "GroupId": group.group_id,
        "Arn": group.arn,
        "CreateDate": group.create_date,
        "GroupPolicyList": _inline(ctx, group.group_id),
        "AttachedManagedPolicies": _attached(ctx, group),
    }


def _role(ctx: Ctx, role: Role) -> dict[str, Any]:
    return {
        "Path": role.path,
        "RoleName": role.role_name,
        "RoleId": role.role_id,
        "Arn": role.arn,
        "CreateDate": role.create_date,
        "AssumeRolePolicyDocument": role.assume_role_policy_document,
        "InstanceProfileList": [
            shown_profile(ctx, profile, with_tags=False)
            for profile in ctx.state.instance_profiles.select("role_id", role.role_id)
        ],
        "RolePolicyList": _inline(ctx, role.role_id),
        "AttachedManagedPolicies": _attached(ctx, role),
        "PermissionsBoundary": role.permissions_boundary,
        "Tags": role.tags or (),
        "RoleLastUsed": in_full(ctx, role).role_last_used,
    }


def _policy(ctx: Ctx, policy: Policy) -> dict[str, Any]:
    versions = sorted(versions_of(ctx, policy), key=lambda version: -version.number)
    return {
        **in_listing(ctx, policy),
        "Description": policy.description,
        "PolicyVersionList": [shown_version(policy, version, with_document=True) for version in versions],
    }


def _inline(ctx: Ctx, entity_id: str) -> list[dict[str, str]]:
    return [
        {"PolicyName": policy.policy_name, "PolicyDocument": policy.policy_document}
        for policy in ctx.state.inline_policies.range((entity_id,))
    ]


def _attached(ctx: Ctx, entity: Entity) -> list[dict[str, str]]:
    found = ctx.state.attachments.select("entity_id", described(entity)[2])
    return [
        {"PolicyName": attachment.policy_name, "PolicyArn": attachment.policy_arn}
        for attachment in sorted(found, key=lambda attachment: (attachment.policy_name.lower(), attachment.policy_id))
    ]


KINDS = {
    "User": Kind("UserDetailList", _table("users"), _user),
    "Group": Kind("GroupDetailList", _table("groups"), _group),
    "Role": Kind("RoleDetailList", _table("roles"), _role),
    "LocalManagedPolicy": Kind("Policies", _table("policies"), _policy),
    "AWSManagedPolicy": Kind("Policies", _used_aws_policies, _policy),
}
"""The values of `Filter`, in the order in which entities are listed."""
