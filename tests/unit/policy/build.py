"""Short ways to write policies and requests in tests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cloudward_policy import (
    AttachedPolicy,
    ContextValue,
    PolicyKind,
    Principal,
    PrincipalKind,
    Request,
    compile,  # noqa: A004
    parse,
)

ACCOUNT = "111111111111"
OTHER_ACCOUNT = "222222222222"
BUCKET = "arn:aws:s3:::reports"

USER = Principal(PrincipalKind.USER, f"arn:aws:iam::{ACCOUNT}:user/bob", ACCOUNT)
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/app"
SESSION = Principal(
    PrincipalKind.ROLE_SESSION, f"arn:aws:sts::{ACCOUNT}:assumed-role/app/one", ACCOUNT, role_arn=ROLE_ARN
)
FEDERATED = Principal(
    PrincipalKind.FEDERATED_USER,
    f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
    ACCOUNT,
    user_arn=f"arn:aws:iam::{ACCOUNT}:user/bob",
)
ROOT = Principal(PrincipalKind.ROOT, f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT)
SERVICE = Principal(PrincipalKind.SERVICE, "sns.amazonaws.com", "")
ANONYMOUS = Principal(PrincipalKind.ANONYMOUS, "*", "")


def text(*statements: dict[str, Any], version: str | None = "2012-10-17", **fields: Any) -> str:
    head = {"Version": version} if version else {}
    return json.dumps({**head, **fields, "Statement": list(statements)}, indent=2)


def allow(**fields: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:*", "Resource": "*", **fields}


def deny(**fields: Any) -> dict[str, Any]:
    return allow(**fields) | {"Effect": "Deny"}


def policy(
    *statements: dict[str, Any],
    kind: PolicyKind = PolicyKind.IDENTITY,
    version: str | None = "2012-10-17",
    name: str = "p",
) -> AttachedPolicy:
    return AttachedPolicy(compile(parse(text(*statements, version=version)), kind), name)


def request(
    principal: Principal = USER,
    action: str = "s3:GetObject",
    resource: str = BUCKET,
    context: dict[str, ContextValue] | None = None,
    **fields: Any,
) -> Request:
    return Request(principal, action, resource, context or {}, **fields)


def without(statement: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in statement.items() if name not in names}


def level(*statements: dict[str, Any], kind: PolicyKind = PolicyKind.SCP) -> tuple[AttachedPolicy, ...]:
    return (policy(*statements, kind=kind),)


Statements = Sequence[dict[str, Any]]
