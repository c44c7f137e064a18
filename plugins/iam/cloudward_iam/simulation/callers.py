"""Simulated callers: who they are and what of the request context follows from it."""

from __future__ import annotations

import re

from cloudward_iam.arns import parse_arn
from cloudward_iam.explain.words import SIMULATED_CALLER
from cloudward_iam.records.principals import Role, User
from cloudward_iam.state import IamState
from cloudward_policy import ContextValue, Principal, PrincipalKind

_OWNER = re.compile(r"arn:[a-z][a-z0-9-]*:iam::([0-9]{12}):root|([0-9]{12})")


class NotACaller(ValueError):
    """An ARN that cannot call, or owns nothing; its text says why."""


def account_of_owner(resource_owner: str) -> str:
    """Return the account that owns the resources.

    Args:
        resource_owner: the account's ARN (`arn:aws:iam::123456789012:root`) or its number.

    Raises:
        NotACaller: it is neither.
    """
    match = _OWNER.fullmatch(resource_owner)
    if match is None:
        raise NotACaller(f"'{resource_owner}' is not a valid as a Resource Owner.")
    return match[1] or match[2]


def caller_principal(caller_arn: str | None, partition: str, account: str) -> Principal:
    """Return the simulated caller.

    Args:
        caller_arn: the ARN of a user, group or role; None for a user of the account that no policy names.
        partition: the partition of the call.
        account: the account of the call.

    Raises:
        NotACaller: the ARN is of something else.
    """
    if caller_arn is None:
        return Principal(PrincipalKind.USER, f"arn:{partition}:iam::{account}:user/{SIMULATED_CALLER}", account)
    parts = parse_arn(caller_arn)
    if parts is None or parts.kind not in ("user", "group", "role"):
        raise NotACaller(f"Invalid Entity Arn: {caller_arn} does not clearly define entity type and name.")
    if parts.kind == "role":
        return Principal(
            PrincipalKind.ROLE_SESSION,
            f"arn:{parts.partition}:sts::{parts.account}:assumed-role/{parts.name}/{SIMULATED_CALLER}",
            parts.account,
            role_arn=caller_arn,
            service_linked=parts.path.startswith("/aws-service-role/"),
        )
    return Principal(PrincipalKind.USER, caller_arn, parts.account)


def caller_context(principal: Principal, state: IamState | None) -> dict[str, ContextValue]:
    """Return the condition keys that follow from who calls.

    Args:
        principal: the caller.
        state: IAM's state of the caller's account, where its id and tags are looked up; None where it is not known.
    """
    arn = principal.role_arn or principal.arn
    context: dict[str, ContextValue] = {"aws:principalaccount": principal.account}
    if principal.kind is PrincipalKind.ROOT:
        return {**context, "aws:principalarn": arn, "aws:principaltype": "Account", "aws:userid": principal.account}
    parts = parse_arn(arn)
    if parts is None or parts.kind == "group":
        return context
    context["aws:principalarn"] = arn
    if parts.kind == "user":
        context |= {"aws:principaltype": "User", "aws:username": parts.name}
    else:
        context["aws:principaltype"] = "AssumedRole"
    if state is None:
        return context
    entity: User | Role | None = (state.users if parts.kind == "user" else state.roles).get(parts.name)
    if entity is None or entity.arn != arn:
        return context
    for tag in entity.tags or ():
        context[f"aws:principaltag/{tag.key.lower()}"] = tag.value
    context["aws:userid"] = entity.user_id if isinstance(entity, User) else f"{entity.role_id}:{SIMULATED_CALLER}"
    return context
