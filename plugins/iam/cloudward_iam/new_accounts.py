"""What IAM puts into an account that an organization creates: the role by which the management account gets in.

Source: AWS Organizations User Guide, "Accessing a member account that has OrganizationAccountAccessRole".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cloudward.api import Scope, unique_id
from cloudward_iam import aws_policies
from cloudward_iam.arns import make_arn
from cloudward_iam.documents import encode
from cloudward_iam.records.policies import Attachment
from cloudward_iam.records.principals import Role
from cloudward_iam.state import IamState

if TYPE_CHECKING:
    from datetime import datetime

    from cloudward.api import Transaction

_FULL_ACCESS = "AdministratorAccess"


def add_access_role(
    transaction: Transaction, scope: Scope, management_account: str, role_name: str, now: datetime
) -> None:
    """Add the role to a new account, unless it has one of the name.

    Args:
        transaction: the call's view of all state.
        scope: the new account.
        management_account: the account whose principals may assume the role.
        role_name: the role's name.
        now: the time.
    """
    state = transaction.state(IamState, scope)
    policy = aws_policies.find(scope.partition, "/", _FULL_ACCESS)
    if role_name in state.roles or policy is None:
        return
    root = f"arn:{scope.partition}:iam::{management_account}:root"
    statement = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "sts:AssumeRole"}
    role = Role(
        path="/",
        role_name=role_name,
        role_id=unique_id("AROA"),
        arn=make_arn(scope, "role", "/", role_name),
        create_date=now.replace(microsecond=0),
        assume_role_policy_document=encode(json.dumps({"Version": "2012-10-17", "Statement": [statement]})),
    )
    state.roles.add(role)
    state.attachments.add(
        Attachment(
            policy_id=policy.policy_id,
            entity_kind="role",
            entity_name=role.role_name,
            entity_id=role.role_id,
            policy_name=policy.policy_name,
            policy_arn=policy.arn,
        )
    )
