"""`iam:PassRole`: the roles that a call hands to an AWS service.

AWS decides about them as about an action of their own, on the role, with the service in `iam:PassedToService`.  A call
passes roles where its input has members for them, unless it only reads.  Source: IAM User Guide, "Grant a user
permissions to pass a role to an AWS service".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from cloudward.api import Scope, parameter_name
from cloudward_iam.arns import parse_arn
from cloudward_iam.authorization.needs import ContextValues, Need, tag_values
from cloudward_iam.state import IamState

if TYPE_CHECKING:
    from cloudward.api import App, AuthorizationRequest
    from cloudward.model import OperationModel, Shape
    from cloudward_iam.records.principals import Role

_ROLE_MEMBER = re.compile(r"(?i)(?:^|.*[a-z_])?roles?(?:_?arns?)?$")
_PROFILE_MEMBER = re.compile(r"(?i).*iaminstanceprofile(?:specification|arn|name)?$")
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/.+")
_DEEPEST = 6
_NEVER = frozenset({"iam", "sts", "organizations", "sso-admin", "ram"})
"""Services whose members for roles name roles, and pass none."""

_PRINCIPALS: Mapping[tuple[str, str], str] = {
    ("autoscaling", "iaminstanceprofile"): "ec2",
    ("batch", "executionrolearn"): "ecs-tasks",
    ("batch", "instancerole"): "ec2",
    ("batch", "jobrolearn"): "ecs-tasks",
    ("batch", "spotiamfleetrole"): "spotfleet",
    ("ec2", "deliverlogspermissionarn"): "vpc-flow-logs",
    ("ec2", "iamfleetrole"): "spotfleet",
    ("ecs", "executionrolearn"): "ecs-tasks",
    ("ecs", "taskrolearn"): "ecs-tasks",
    ("eks", "noderole"): "ec2",
    ("eks", "podexecutionrolearn"): "eks-fargate-pods",
    ("emr", "jobflowrole"): "ec2",
    ("rds", "monitoringrolearn"): "monitoring.rds",
    ("sagemaker", "executionrolearn"): "sagemaker",
}
"""The service that gets a role by service and member, where it is not the service that is called."""

_SERVICE_PRINCIPALS: Mapping[str, str] = {
    "cassandra": "cassandra.application-autoscaling",
    "elasticmapreduce": "elasticmapreduce",
    "mediaconvert": "mediaconvert",
    "states": "states",
}


class _Place(NamedTuple):
    """Where an input may hold a role: a path of members, `[]` for lists and `{}` for maps."""

    path: tuple[str, ...]
    member: str
    profile: bool


class RolePlan(NamedTuple):
    """Where an operation's input may hold roles, and who gets them.

    Attributes:
        places: the places.
        service: the service's name.
        prefix: its prefix in IAM actions.
        by_name: whether members may give a role's name in place of its ARN.
    """

    places: tuple[_Place, ...]
    service: str
    prefix: str
    by_name: bool


class PassedRoles:
    """Finds the roles that calls pass.

    Args:
        app: the gateway.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    def plan(self, operation: OperationModel, passing: Collection[str], prefix: str, *, reads: bool) -> RolePlan | None:
        """Return where an operation passes roles, None when it passes none.

        Args:
            operation: the operation.
            passing: the service's operations that are known to pass roles.
            prefix: the service's prefix in IAM actions.
            reads: whether the operation only reads.
        """
        service = operation.service.name
        known = operation.name in passing
        if operation.input is None or service in _NEVER or (reads and not known):
            return None
        places = tuple(_places(operation.input, (), frozenset()))
        return RolePlan(places, service, prefix, known) if places else None

    def needs_of(self, request: AuthorizationRequest, plan: RolePlan, associated: str) -> list[Need]:
        """Return a need for every role that a call passes.

        Args:
            request: the call.
            plan: where to look for roles.
            associated: the ARN of the resource that gets them, as far as it is known.
        """
        found: dict[tuple[str, str], Need] = {}
        for place in plan.places:
            principal = principal_of(plan, place.member)
            for value in _values(request.parameters, place.path):
                for arn, role in _roles(request, value, place.profile, by_name=plan.by_name):
                    if (arn, principal) not in found:
                        found[arn, principal] = _need(arn, role, principal, associated)
        return list(found.values())


def principal_of(plan: RolePlan, member: str) -> str:
    """Return the service principal that gets a role.

    Args:
        plan: the operation's plan.
        member: the member that holds the role.
    """
    if _PROFILE_MEMBER.fullmatch(member):
        return "ec2.amazonaws.com"
    name = _PRINCIPALS.get((plan.service, member.lower())) or _SERVICE_PRINCIPALS.get(plan.prefix, plan.prefix)
    return f"{name}.amazonaws.com"


def _need(arn: str, role: Role | None, principal: str, associated: str) -> Need:
    values: ContextValues = {"iam:passedtoservice": principal}
    if associated.startswith("arn:") and "*" not in associated:
        values["iam:associatedresourcearn"] = associated
    if role is not None:
        values |= tag_values(("aws:resourcetag/", "iam:resourcetag/"), role.tags)
    parts = parse_arn(arn)
    return Need("iam:PassRole", arn, arn, values, None if parts is None else parts.account)


def _places(shape: Shape, path: tuple[str, ...], above: frozenset[str]) -> Iterator[_Place]:
    if shape.name in above or len(path) > _DEEPEST:
        return
    above |= {shape.name}
    for name, member in shape.members.items():
        target = member.shape
        here = (*path, name)
        inner = target
        marks = here
        while inner.type in ("list", "map"):
            step = inner.member if inner.type == "list" else inner.value
            if step is None:
                break
            marks = (*marks, "[]" if inner.type == "list" else "{}")
            inner = step.shape
        is_profile = _PROFILE_MEMBER.fullmatch(name) is not None
        if inner.type == "string" and (is_profile or _ROLE_MEMBER.fullmatch(name)):
            yield _Place(marks, name, is_profile)
        elif inner.type == "structure" and is_profile:
            for field in ("Arn", "Name"):
                if field in inner.members:
                    yield _Place((*marks, field), name, True)
        elif inner.type == "structure":
            yield from _places(inner, marks, above)


def _values(parameters: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    values: list[Any] = [parameters.get(parameter_name(path[0]))]
    for step in path[1:]:
        if step == "[]":
            values = [item for value in values if isinstance(value, list | tuple) for item in value]
        elif step == "{}":
            values = [item for value in values if isinstance(value, Mapping) for item in value.values()]
        else:
            values = [value.get(step) for value in values if isinstance(value, Mapping)]
    return [value for value in values if isinstance(value, str) and value]


def _roles(
    request: AuthorizationRequest, value: str, profile: bool, *, by_name: bool
) -> Iterator[tuple[str, Role | None]]:
    scope = request.scope
    state = request.transaction.state(IamState, Scope(scope.partition, scope.account))
    if profile:
        found = state.instance_profiles.get(value.rpartition("/")[2])
        role = None if found is None or found.role_id is None else state.roles.find("role_id", found.role_id)
        if role is not None:
            yield role.arn, role
        elif found is None:
            # Which role it is cannot be told, and so any.
            yield f"arn:{scope.partition}:iam::{scope.account}:role/*", None
    elif _ROLE_ARN.fullmatch(value):
        parts = parse_arn(value)
        role = None
        if parts is not None:
            role = request.transaction.state(IamState, Scope(parts.partition, parts.account)).roles.get(parts.name)
        yield value, role
    elif by_name and ":" not in value:
        role = state.roles.get(value.rpartition("/")[2])
        yield (f"arn:{scope.partition}:iam::{scope.account}:role/{value}" if role is None else role.arn), role
