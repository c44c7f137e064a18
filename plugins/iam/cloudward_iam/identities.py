"""Users, groups and roles by their ARNs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudward_iam.arns import parse_arn
from cloudward_iam.attachments import Entity
from cloudward_iam.errors import Invalid, InvalidInput, NoSuchEntity
from cloudward_iam.lookups import get_group, get_role, get_user

if TYPE_CHECKING:
    from cloudward_iam.state import Ctx


def identity(ctx: Ctx, arn: str) -> Entity:
    """Return the user, group or role of the account that a request names by its ARN.

    Args:
        ctx: the call.
        arn: the ARN.

    Raises:
        Invalid: the text is no ARN.
        InvalidInput: the ARN is of no such thing.
        NoSuchEntity: there is none of that name, path and account.
    """
    parts = parse_arn(arn)
    if parts is None:
        if arn.count(":") < 5 or not arn.startswith("arn:"):
            raise Invalid.unparsable_arn()
        raise InvalidInput.arn(arn)
    found: Entity
    match parts.kind:
        case "user":
            found = get_user(ctx, parts.name)
        case "group":
            found = get_group(ctx, parts.name)
        case "role":
            found = get_role(ctx, parts.name)
        case _:
            raise InvalidInput.arn(arn)
    if found.arn != arn:
        raise NoSuchEntity.entity(arn)
    return found
