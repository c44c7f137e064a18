"""Member names as parameters: `UserName` is `user_name`, as boto3's users know them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudward.model import Shape


@cache
def parameter_name(member: str) -> str:
    """Return the parameter name of a member.

    Args:
        member: the member's name in the model.
    """
    # botocore imports slowly, and a warm start needs none of it.
    from botocore import xform_name

    return str(xform_name(member))


def parameter_names(shape: Shape | None) -> dict[str, bool]:
    """Return an input's parameter names, each with whether a request must carry it.

    Args:
        shape: the input shape; None for an operation without input.
    """
    if shape is None:
        return {}
    return {
        parameter_name(name): name in shape.required or member.idempotency_token
        for name, member in shape.members.items()
    }
