"""The roles that sessions are made of, found through the gateway."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from cloudward_sts.errors import NotAuthorized, ValidationError

if TYPE_CHECKING:
    from cloudward.api import App, Context, Transaction
    from cloudward_sts.state import StsState

_ROLE_ARN = re.compile(r"arn:(aws[a-z-]*):iam::([0-9]{12}):role/(?:[\x21-\x7e]*/)?[\w+=,.@-]+", re.ASCII).fullmatch


class Role(NamedTuple):
    """What STS needs to know of a role.

    Attributes:
        arn: its ARN.
        name: its name.
        role_id: its unique id.
        partition: its partition.
        account: its account.
        max_session_duration: the longest session, in seconds.
        trust_policy: its trust policy, as JSON text.
        tags: its tags.
    """

    arn: str
    name: str
    role_id: str
    partition: str
    account: str
    max_session_duration: int
    trust_policy: str
    tags: Mapping[str, str]


def find_role(app: App, transaction: Transaction, role_arn: str) -> Role | None:
    """Return a role by its ARN, None when there is none.

    Args:
        app: the gateway.
        transaction: the view of state.
        role_arn: the ARN.
    """
    found: Mapping[str, Any] | None = app.plugins.hook.cloudward_find_role(
        app=app, transaction=transaction, role_arn=role_arn
    )
    if found is None:
        return None
    return Role(
        arn=found["arn"],
        name=found["role_name"],
        role_id=found["role_id"],
        partition=role_arn.split(":", 2)[1],
        account=found["account"],
        max_session_duration=found["max_session_duration"],
        trust_policy=found["trust_policy"],
        tags=found["tags"],
    )


def role_to_assume(ctx: Context[StsState], role_arn: str, action: str) -> Role:
    """Return the role that a request wants to assume.

    Args:
        ctx: the call.
        role_arn: the ARN given.
        action: the action, for the error.

    Raises:
        ValidationError: it is no ARN of a role.
        NotAuthorized: there is no such role; AWS does not tell that from one that does not trust the caller.
    """
    if _ROLE_ARN(role_arn) is None:
        raise ValidationError.invalid(role_arn)
    role = find_role(ctx.app, ctx.transaction, role_arn)
    if role is None:
        raise NotAuthorized.action(ctx.caller.arn, action, role_arn)
    return role
