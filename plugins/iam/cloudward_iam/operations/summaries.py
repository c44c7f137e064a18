"""Summaries for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from cloudward.api import operation
from cloudward_iam.arns import parse_arn
from cloudward_iam.errors import InvalidInput
from cloudward_iam.operations.delegation import visible_request
from cloudward_iam.records.delegation import DelegationRequest
from cloudward_iam.state import Ctx

DEFAULT_LOCALE = "en"
_LONGEST = 10_000
_PERIODS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


@operation("GetHumanReadableSummary")
def get_human_readable_summary(ctx: Ctx, *, entity_arn: str, locale: str = DEFAULT_LOCALE) -> dict[str, str]:
    """Tell in words what a delegation request asks for; in English only.

    AWS has a language model write it; here it is put together from the request itself.
    """
    parts = parse_arn(entity_arn)
    if parts is None or parts.kind != "delegation-request":
        raise InvalidInput.not_summarized(entity_arn)
    request = visible_request(ctx, "GetHumanReadableSummary", parts.name)
    if locale.lower().partition("-")[0].partition("_")[0] != DEFAULT_LOCALE:
        return {"SummaryContent": "", "Locale": locale, "SummaryState": "NOT_SUPPORTED"}
    text = "\n".join(_lines(request))
    return {"SummaryContent": text[:_LONGEST], "Locale": locale, "SummaryState": "AVAILABLE"}


def _lines(request: DelegationRequest) -> Iterator[str]:
    requestor = request.requestor_name or f"The account {request.requestor_id}"
    yield f"{requestor} asks for access to your account for {_period(request.session_duration)}."
    yield f"Reason given: {request.description}"
    if request.request_message:
        yield f"Message: {request.request_message}"
    for statement in _statements(request.permission_policy):
        yield f"- {_sentence(statement)}"
    for arn in request.role_permission_restriction_arns or ():
        yield f"- Roles that it creates must carry the permissions boundary {arn}."


def _statements(policy: str | None) -> list[dict[str, Any]]:
    found = json.loads(policy).get("Statement", []) if policy else []
    return [found] if isinstance(found, dict) else found


def _sentence(statement: dict[str, Any]) -> str:
    verb = "It may" if statement.get("Effect") == "Allow" else "It may never"
    actions = _listed(statement, "Action", "call", "call everything but")
    resources = _listed(statement, "Resource", "on", "on everything but")
    keys = sorted({key for keys in statement.get("Condition", {}).values() for key in keys})
    conditions = f", under conditions on {', '.join(keys)}" if keys else ""
    return f"{verb} {actions} {resources}{conditions}."


def _listed(statement: dict[str, Any], element: str, plain: str, negated: str) -> str:
    for name, words in ((element, plain), (f"Not{element}", negated)):
        if name in statement:
            values = statement[name]
            values = [values] if isinstance(values, str) else values
            return f"{words} {', '.join('everything' if value == '*' else value for value in values)}"
    return f"{plain} everything"


def _period(seconds: int) -> str:
    parts = []
    for length, name in _PERIODS:
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count} {name}{'s' if count > 1 else ''}")
    return " and ".join(parts)
