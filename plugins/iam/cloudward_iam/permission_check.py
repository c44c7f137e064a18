"""Whether a caller could grant what a delegation request asks for, as far as can be told before the calls are made."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from cloudward_policy import Request, evaluate

if TYPE_CHECKING:
    from cloudward_iam.state import Ctx

Result = Literal["ALLOWED", "DENIED", "UNSURE"]


def check_permissions(ctx: Ctx, document: str) -> Result:
    """Return whether the caller's own policies allow all that a policy allows.

    Patterns are asked as they stand: a policy that allows `s3:*` allows `s3:Get*`, one that allows `s3:GetObject` alone
    does not.  What hangs on conditions, on either side, is `UNSURE`; the root user may do everything.

    Args:
        ctx: the call.
        document: the policy that is asked for, as JSON text.
    """
    if ctx.caller.kind == "root" and ctx.caller.session is None:
        return "ALLOWED"
    own = ctx.runtime.authorizer.gatherer.of(ctx.caller)
    results: set[Result] = set()
    for statement in _listed(json.loads(document).get("Statement")):
        if statement.get("Effect") != "Allow":
            continue
        if "Action" not in statement or "Resource" not in statement:
            results.add("UNSURE")
            continue
        for action in _listed(statement["Action"]):
            for resource in _listed(statement["Resource"]):
                decision = evaluate(Request(own.principal, action, resource), own.policies)
                if decision.allowed:
                    results.add("UNSURE" if statement.get("Condition") and decision.missing_context else "ALLOWED")
                else:
                    results.add("UNSURE" if decision.missing_context or decision.errors else "DENIED")
    if "DENIED" in results:
        return "DENIED"
    return "UNSURE" if "UNSURE" in results else "ALLOWED"


def _listed(value: Any) -> Iterator[Any]:
    if isinstance(value, str | Mapping):
        yield value
    elif value is not None:
        yield from value
