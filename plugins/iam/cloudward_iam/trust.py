"""Trust policies follow the users and roles that they name.

AWS ties a principal in a trust policy to the entity's unique id: after a rename the policy shows the new ARN, and after
a deletion the id, so that a new entity of the same name is not trusted.  Source: IAM User Guide, "AWS JSON policy
elements: Principal".
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from cloudward_iam.state import IamState


def principal_renamed(state: IamState, arn: str, new_arn: str) -> None:
    """Show a principal's new ARN in the trust policies that name it.

    Args:
        state: the state of the principal's account.
        arn: the ARN as it was.
        new_arn: the ARN as it is.
    """
    _substitute(state, arn, new_arn, still_named=True)


def principal_deleted(state: IamState, arn: str, unique_id: str) -> None:
    """Show a deleted principal's unique id in the trust policies that name it.

    Args:
        state: the state of the principal's account.
        arn: its ARN.
        unique_id: its unique id.
    """
    _substitute(state, arn, unique_id, still_named=False)


def _substitute(state: IamState, arn: str, shown: str, *, still_named: bool) -> None:
    for role in list(state.roles.select("trusted", arn)):
        trusted = tuple(shown if named == arn else named for named in role.trusted_arns if still_named or named != arn)
        text = unquote(role.assume_role_policy_document).replace(f'"{arn}"', f'"{shown}"')
        state.roles.put(role.replace(assume_role_policy_document=quote(text, safe=""), trusted_arns=trusted))
