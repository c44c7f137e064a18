"""Which resource an operation of IAM or STS touches: ARNs from the request's members and the state.

Every way that `specs/cloudward_specs/actions` names (`how`) is a function here.  `shown` is the resource as AWS's
access-denied messages name it: by type and name where IAM has to look the entity up, by ARN where it makes one.
Source of the words: messages of AWS quoted in public issue reports.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from cloudward.api import Scope
from cloudward_iam.arns import make_arn, parse_arn
from cloudward_iam.managed_policies import lookup
from cloudward_iam.service_roles import service_roles
from cloudward_iam.state import IamState
from cloudward_iam.templates import UnknownParameterError, fill

if TYPE_CHECKING:
    from cloudward.api import App, AuthorizationRequest


class TargetPlan(NamedTuple):
    """How a resource of an action is found.

    Attributes:
        type: the resource type.
        how: the way, a key of `WAYS`.
        parameter: the parameter that names the resource; empty where none does.
        optional: whether an action may do without it.
    """

    type: str
    how: str
    parameter: str
    optional: bool


class Target(NamedTuple):
    """A resource.

    Attributes:
        arn: its ARN.
        shown: as messages name it.
        record: what state has of it, None for what is not there (yet).
    """

    arn: str
    shown: str
    record: Any = None


class IamCall:
    """A call of IAM or STS, and the state that its resources are looked up in.

    Args:
        app: the gateway.
        request: the call.
    """

    __slots__ = ("_state", "app", "parameters", "request", "scope")

    def __init__(self, app: App, request: AuthorizationRequest) -> None:
        self.app = app
        self.request = request
        self.parameters = request.parameters
        self.scope = request.scope
        self._state: IamState | None = None

    @property
    def state(self) -> IamState:
        """IAM's state of the account that the call is bound to."""
        state = self._state
        if state is None:
            scope = Scope(self.scope.partition, self.scope.account)
            state = self._state = self.request.transaction.state(IamState, scope)
        return state

    def of_account(self, account: str) -> IamState:
        """Return IAM's state of an account.

        Args:
            account: the account.
        """
        if account == self.scope.account:
            return self.state
        return self.request.transaction.state(IamState, Scope(self.scope.partition, account))


Way = Callable[[IamCall, TargetPlan], Target | None]

_TABLES = {
    "user": "users",
    "group": "groups",
    "role": "roles",
    "instance-profile": "instance_profiles",
    "server-certificate": "server_certificates",
    "saml-provider": "saml_providers",
}
_WORDS = {"instance-profile": "instance profile", "server-certificate": "server certificate"}


def _named(call: IamCall, kind: str, name: str) -> Target:
    record = getattr(call.state, _TABLES[kind]).get(name)
    arn: str = make_arn(call.scope, kind, "/", name) if record is None else record.arn
    return Target(arn, f"{_WORDS.get(kind, kind)} {name}", record)


def by_name(call: IamCall, plan: TargetPlan) -> Target | None:
    """An entity by its name, with the path that it is stored under."""
    name = call.parameters.get(plan.parameter)
    return None if name is None else _named(call, plan.type, name)


def calling_user(call: IamCall, plan: TargetPlan) -> Target:
    """The caller itself."""
    caller = call.request.caller
    record = call.state.users.find("user_id", caller.user_id) if caller.kind == "user" else None
    return Target(caller.arn, caller.arn, record)


def by_name_or_caller(call: IamCall, plan: TargetPlan) -> Target:
    """A user by its name, or the caller where the request names none."""
    return by_name(call, plan) or calling_user(call, plan)


def new(call: IamCall, plan: TargetPlan) -> Target | None:
    """An entity that the call is to make."""
    name = call.parameters.get(plan.parameter)
    if name is None:
        return None
    arn = make_arn(call.scope, plan.type, call.parameters.get("path") or "/", name)
    return Target(arn, f"policy {name}" if plan.type == "policy" else arn)


def _policy_record(call: IamCall, arn: str) -> Any:
    return lookup(call.state, arn)


def _saml_record(call: IamCall, arn: str) -> Any:
    return call.state.saml_providers.get(arn.partition("/")[2])


def _oidc_record(call: IamCall, arn: str) -> Any:
    return call.state.oidc_providers.get(arn.partition("/")[2])


def _role_record(call: IamCall, arn: str) -> Any:
    parts = parse_arn(arn)
    if parts is None or parts.kind != "role" or not parts.account.isdigit():
        return None
    role = call.of_account(parts.account).roles.get(parts.name)
    return role if role is not None and role.arn == arn else None


_BY_ARN: Mapping[str, Callable[[IamCall, str], Any]] = {
    "policy": _policy_record,
    "saml-provider": _saml_record,
    "oidc-provider": _oidc_record,
    "role": _role_record,
}


def by_arn(call: IamCall, plan: TargetPlan) -> Target | None:
    """What the request names by its ARN."""
    arn = call.parameters.get(plan.parameter)
    if arn is None:
        return None
    find = _BY_ARN.get(plan.type)
    record = find(call, arn) if find is not None else None
    return Target(arn, f"policy {arn}" if plan.type == "policy" else arn, record)


def by_arn_of_type(call: IamCall, plan: TargetPlan) -> Target | None:
    """What the request names by its ARN, if it is of the resource type."""
    arn = str(call.parameters.get(plan.parameter, ""))
    parts = parse_arn(arn)
    if parts is None or parts.kind != plan.type:
        return None
    if plan.type in _TABLES:
        record = getattr(call.state, _TABLES[plan.type]).get(parts.name)
        return Target(arn, arn, record if record is not None and record.arn == arn else None)
    return by_arn(call, plan)


def by_value(call: IamCall, plan: TargetPlan) -> Target | None:
    """What the request names by the last part of its ARN."""
    value = call.parameters.get(plan.parameter)
    if value is None:
        return None
    service = "sts" if plan.type == "federated-user" else "iam"
    arn = f"arn:{call.scope.partition}:{service}::{call.scope.account}:{plan.type}/{value}"
    record = call.state.delegation_requests.get(value) if plan.type == "delegation-request" else None
    return Target(arn, arn, record)


def new_id(call: IamCall, plan: TargetPlan) -> Target:
    """What gets its id in the call."""
    arn = f"arn:{call.scope.partition}:iam::{call.scope.account}:{plan.type}/*"
    return Target(arn, arn)


def by_serial(call: IamCall, plan: TargetPlan) -> Target | None:
    """An MFA device by its serial number, which is an ARN for virtual ones."""
    serial = call.parameters.get(plan.parameter)
    if serial is None:
        return None
    is_arn = serial.startswith("arn:")
    kind = serial.split(":", 5)[-1].partition("/")[0] if is_arn else "mfa"
    if kind != plan.type:
        return None
    arn = serial if is_arn else f"arn:{call.scope.partition}:iam::{call.scope.account}:mfa/{serial}"
    return Target(arn, arn, call.state.mfa_devices.get(serial))


def by_oidc_url(call: IamCall, plan: TargetPlan) -> Target | None:
    """An OpenID Connect provider by its URL."""
    url = call.parameters.get(plan.parameter)
    if url is None:
        return None
    host = url.partition("://")[2] or url
    arn = f"arn:{call.scope.partition}:iam::{call.scope.account}:oidc-provider/{host}"
    return Target(arn, arn)


def service_linked(call: IamCall, plan: TargetPlan) -> Target | None:
    """The service-linked role that the call is to make."""
    service = call.parameters.get("aws_service_name")
    if service is None:
        return None
    template = service_roles().get(service)
    name = "AWSServiceRoleFor*" if template is None else template.role
    suffix = call.parameters.get("custom_suffix")
    arn = make_arn(call.scope, "role", f"/aws-service-role/{service}/", f"{name}_{suffix}" if suffix else name)
    return Target(arn, arn)


def of_deletion_task(call: IamCall, plan: TargetPlan) -> Target | None:
    """The role that a deletion task deletes: `task/aws-service-role/SERVICE/ROLE/UUID`."""
    parts = str(call.parameters.get("deletion_task_id", "")).split("/")
    if len(parts) < 5:
        return None
    arn = make_arn(call.scope, "role", f"/{parts[1]}/{parts[2]}/", parts[3])
    return Target(arn, arn, _role_record(call, arn))


def access_key_owner(call: IamCall, plan: TargetPlan) -> Target:
    """The user whose access key the request names."""
    key_id = str(call.parameters.get("access_key_id", ""))
    shown = f"access key {key_id}"
    found = call.request.transaction.across(IamState.access_keys, call.scope.partition).find(key_id)
    if found is None:
        return Target("*", shown)
    owner = call.of_account(found.scope.account).users.find("user_id", found.record.user_id)
    arn = f"arn:{call.scope.partition}:iam::{found.scope.account}:root" if owner is None else owner.arn
    return Target(arn, shown, owner)


def from_role_template(call: IamCall, plan: TargetPlan) -> Target:
    """The role that AcquireRole is to make from its template; every role while that cannot be told."""
    templates = call.app.runtimes["iam"].templates  # type: ignore[attr-defined]
    template = templates.role_templates.get(call.parameters.get("template_arn", ""))
    version = None if template is None else template.version(call.parameters.get("template_minor_version"))
    arn = make_arn(call.scope, "role", "/", "*")
    if version is not None:
        values: dict[str, Any] = {
            found.name: found.default_value
            for found in version.parameters_definition
            if found.default_value is not None
        }
        for key, given in (call.parameters.get("replacement_values") or {}).items():
            several = given["Values"]
            values[key] = several[0] if len(several) == 1 else several
        try:
            path, name = fill(version.role_path_pattern, values), fill(version.role_name_pattern, values)
        except UnknownParameterError:
            return Target(arn, arn)
        if isinstance(path, str) and isinstance(name, str):
            arn = make_arn(call.scope, "role", path, name)
    return Target(arn, arn)


def account_root(call: IamCall, plan: TargetPlan) -> Target | None:
    """The root user of the account that the request names by number or ARN."""
    account = str(call.parameters.get(plan.parameter, ""))
    arn = account if account.startswith("arn:") else f"arn:{call.scope.partition}:iam::{account}:root"
    return Target(arn, arn)


def own_session(call: IamCall, plan: TargetPlan) -> Target:
    """The session that the call is to make."""
    arn = f"arn:{call.scope.partition}:sts::{call.scope.account}:self"
    return Target(arn, arn)


def federated_user(call: IamCall, plan: TargetPlan) -> Target:
    """The federated user that the call is to make."""
    name = call.parameters.get("name", "")
    arn = f"arn:{call.scope.partition}:sts::{call.scope.account}:federated-user/{name}"
    return Target(arn, arn)


WAYS: Mapping[str, Way] = {
    "access-key-owner": access_key_owner,
    "account-root": account_root,
    "arn": by_arn,
    "arn-of-type": by_arn_of_type,
    "caller": calling_user,
    "deletion-task": of_deletion_task,
    "federated-user": federated_user,
    "name": by_name,
    "name-or-caller": by_name_or_caller,
    "new": new,
    "new-id": new_id,
    "oidc-url": by_oidc_url,
    "role-template": from_role_template,
    "self-session": own_session,
    "serial": by_serial,
    "service-linked": service_linked,
    "value": by_value,
}
"""Every way to find a resource, by its name in the tables."""

LISTINGS: Mapping[str, str] = {
    "ListGroups": "group",
    "ListInstanceProfiles": "instance-profile",
    "ListOpenIDConnectProviders": "oidc-provider",
    "ListRoles": "role",
    "ListSAMLProviders": "saml-provider",
    "ListServerCertificates": "server-certificate",
    "ListUsers": "user",
    "ListVirtualMFADevices": "mfa",
}
_UNDER_A_PATH = frozenset({"ListGroups", "ListInstanceProfiles", "ListRoles", "ListServerCertificates", "ListUsers"})


def shown_without_target(call: IamCall, operation: str) -> str:
    """Return what AWS's messages name where an action has no resource: the listing's place, or `*`.

    Args:
        call: the call.
        operation: the operation's name.
    """
    prefix = call.parameters.get("path_prefix") or "/"
    if operation == "ListPolicies":
        return f"policy path {prefix}"
    kind = LISTINGS.get(operation)
    if kind is None:
        return "*"
    place = prefix if operation in _UNDER_A_PATH else "/" if kind == "mfa" else "/*"
    return f"arn:{call.scope.partition}:iam::{call.scope.account}:{kind}{place}"
