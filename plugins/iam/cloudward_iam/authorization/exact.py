"""The exact table of IAM's and STS's operations: what each needs."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from cloudward.api import parameter_name
from cloudward_iam.authorization.keys import STATE_KEYS, input_value, request_tags
from cloudward_iam.authorization.needs import ContextValues, Need, owner_of, tag_values
from cloudward_iam.authorization.targets import WAYS, IamCall, Target, TargetPlan, Way, shown_without_target

if TYPE_CHECKING:
    from cloudward.api import App, AuthorizationRequest
    from cloudward.model import OperationModel

TAGGED_BY_BOTH = frozenset({"user", "role"})
"""Resource types whose tags are asked for as `iam:ResourceTag/…`, too."""


OWN = frozenset({"user", "group", "instance-profile", "server-certificate"})
"""Resource types that a call can only touch in its own account."""

_NO_TAGS: ContextValues = {}


class _TargetRow(msgspec.Struct):
    type: str
    how: str
    member: str = ""
    optional: bool = False


class _ActionRow(msgspec.Struct):
    action: str
    when: str = ""
    resources: list[_TargetRow] = []
    fixed: dict[str, str] = {}
    keys: dict[str, str] = {}


class _File(msgspec.Struct):
    operations: dict[str, list[_ActionRow]]


class ActionPlan(NamedTuple):
    """How an action of an operation is asked for.

    Attributes:
        action: the IAM action.
        when: the parameter that it is needed for; empty when it always is.
        targets: how its resources are found, each with its plan.
        fixed: condition keys whose values are always the same.
        from_input: condition keys in lower case with the parameters they come from.
        from_state: condition keys in lower case that the state answers.
    """

    action: str
    when: str
    targets: tuple[tuple[Way, TargetPlan], ...]
    fixed: ContextValues
    from_input: tuple[tuple[str, str], ...]
    from_state: tuple[str, ...]


class ExactActions:
    """The plans of IAM's and STS's operations, read when the first one is asked for.

    Args:
        app: the gateway.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._tables: dict[str, Mapping[str, list[_ActionRow]]] = {}
        self._plans: dict[OperationModel, tuple[ActionPlan, ...] | None] = {}

    def knows(self, service: str) -> bool:
        """Tell whether there is a table for a service.

        Args:
            service: the service's name.
        """
        return service in ("iam", "sts")

    def needs_of(self, request: AuthorizationRequest) -> list[Need] | None:
        """Return what a call needs, None for an operation that the table does not have.

        Args:
            request: the call.
        """
        operation = request.operation
        try:
            plans = self._plans[operation]
        except KeyError:
            plans = self._plans[operation] = self._plan(operation)
        if plans is None:
            return None
        call = IamCall(self._app, request)
        parameters = call.parameters
        tags = request_tags(parameters) if "tags" in parameters or "tag_keys" in parameters else _NO_TAGS
        found: list[Need] = []
        for plan in plans:
            if plan.when and not parameters.get(plan.when):
                continue
            targets = self._targets(call, plan)
            if not targets:
                shown = shown_without_target(call, operation.name)
                values = self._values(call, plan, None, tags)
                found.append(Need(plan.action, "*", shown, values, call.scope.account))
            for kind, target in targets:
                values = self._values(call, plan, target, tags)
                record_tags = getattr(target.record, "tags", None)
                if record_tags:
                    prefixes = ("aws:resourcetag/", "iam:resourcetag/")[: 2 if kind in TAGGED_BY_BOTH else 1]
                    values |= tag_values(prefixes, record_tags)
                account = call.scope.account if kind in OWN else owner_of(target.arn) or call.scope.account
                found.append(Need(plan.action, target.arn, target.shown, values, account))
        return found

    def _targets(self, call: IamCall, plan: ActionPlan) -> list[tuple[str, Target]]:
        found = []
        for way, planned in plan.targets:
            target = way(call, planned)
            if target is not None:
                found.append((planned.type, target))
        if not found and plan.targets:
            # What the request names is of none of the types; only a policy for every resource allows that.
            _, planned = plan.targets[0]
            given = call.parameters.get(planned.parameter)
            if isinstance(given, str):
                return [(planned.type, Target(given, given))]
        return found

    def _values(self, call: IamCall, plan: ActionPlan, target: Target | None, tags: ContextValues) -> ContextValues:
        values = {**plan.fixed, **tags} if plan.fixed or tags else {}
        for key, parameter in plan.from_input:
            value = input_value(key, call.parameters.get(parameter))
            if value is not None:
                values[key] = value
        for key in plan.from_state:
            value = STATE_KEYS[key](call, target)
            if value is not None:
                values[key] = value
        return values

    def _plan(self, operation: OperationModel) -> tuple[ActionPlan, ...] | None:
        service = operation.service.name
        table = self._tables.get(service)
        if table is None:
            text = files("cloudward_specs").joinpath("actions", f"{service}.json").read_bytes()
            table = self._tables[service] = msgspec.json.decode(text, type=_File).operations
        rows = table.get(operation.name)
        return None if rows is None else tuple(_action_plan(row) for row in rows)


def _action_plan(row: _ActionRow) -> ActionPlan:
    from_input = [(key.lower(), _parameter(member)) for key, member in row.keys.items() if member and "$" not in key]
    return ActionPlan(
        action=row.action,
        when=_parameter(row.when),
        targets=tuple(
            (WAYS[found.how], TargetPlan(found.type, found.how, _parameter(found.member), found.optional))
            for found in row.resources
        ),
        fixed={key.lower(): value for key, value in row.fixed.items()},
        from_input=tuple(from_input),
        from_state=tuple(key.lower() for key, member in row.keys.items() if not member),
    )


def _parameter(member: str) -> str:
    return parameter_name(member) if member else ""
