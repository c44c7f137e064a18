"""What each call of STS needs: actions, resources, condition keys, and the trust policy of the role to assume.

Sources: Service Authorization Reference, "AWS Security Token Service"; STS API Reference; IAM User Guide, "AWS STS
condition keys".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cloudward.api import ActionRequest, AuthorizationFacts
from cloudward_sts.contexts import read_provided_contexts
from cloudward_sts.operations.assume_root import target_account
from cloudward_sts.roles import find_role

if TYPE_CHECKING:
    from cloudward.api import App, AuthorizationRequest
    from cloudward_sts.runtime import StsRuntime

ContextValues = dict[str, str | tuple[str, ...]]


def facts_of(app: App, request: AuthorizationRequest) -> AuthorizationFacts | None:
    """Return what a call of STS needs, None for an operation that needs what the model says.

    Args:
        app: the gateway.
        request: the call.
    """
    find = _FACTS.get(request.operation.name)
    return None if find is None else find(app, request)


def _nothing(app: App, request: AuthorizationRequest) -> AuthorizationFacts:
    """Calls that no policy can deny: GetCallerIdentity, and GetSessionToken, which authenticates."""
    return AuthorizationFacts(())


def _assume_role(app: App, request: AuthorizationRequest) -> AuthorizationFacts:
    parameters = request.parameters
    arn: str = parameters.get("role_arn", "")
    context = role_context(parameters)
    actions = ["sts:AssumeRole"]
    if parameters.get("tags") or _passes_tags(request):
        actions.append("sts:TagSession")
    if parameters.get("source_identity") or _keeps_identity(request):
        actions.append("sts:SetSourceIdentity")
    if parameters.get("provided_contexts"):
        actions.append("sts:SetContext")
        runtime: StsRuntime = app.runtimes["sts"]  # type: ignore[assignment]
        claims = read_provided_contexts(runtime, request.transaction, parameters["provided_contexts"], request.now)
        for key, value in claims.items():
            context[f"sts:requestcontext/{key.lower()}"] = value if isinstance(value, str) else tuple(value)
        context["sts:requestcontextproviders"] = tuple(
            given.get("ProviderArn", "") for given in parameters["provided_contexts"]
        )
    return role_facts(app, request, arn, actions, context)


def role_facts(
    app: App, request: AuthorizationRequest, role_arn: str, actions: list[str], context: ContextValues
) -> AuthorizationFacts:
    """Return the facts of a call that assumes a role.

    Args:
        app: the gateway.
        request: the call.
        role_arn: the role's ARN, as the request gives it.
        actions: the actions, all on the role.
        context: condition keys in lower case.
    """
    role = find_role(app, request.transaction, role_arn)
    if role is not None:
        for key, value in role.tags.items():
            context[f"aws:resourcetag/{key.lower()}"] = value
            context[f"iam:resourcetag/{key.lower()}"] = value
    return AuthorizationFacts(
        actions=tuple(ActionRequest(action, (role_arn,)) for action in actions),
        context=context,
        resource_policies={} if role is None else {role_arn: role.trust_policy},
        resource_account=None if role is None else role.account,
    )


def role_context(parameters: Mapping[str, Any]) -> ContextValues:
    """Return the condition keys that a request to assume a role carries itself, in lower case.

    Args:
        parameters: the request's input.
    """
    context: ContextValues = {}
    for key, name in _FROM_INPUT.items():
        value = parameters.get(name)
        if value is not None:
            context[key] = str(value)
    return {**context, **tag_context(parameters)}


def tag_context(parameters: Mapping[str, Any]) -> ContextValues:
    """Return the condition keys about the session tags of a request, in lower case.

    Args:
        parameters: the request's input.
    """
    context: ContextValues = {}
    tags = parameters.get("tags") or ()
    for tag in tags:
        context[f"aws:requesttag/{tag['Key'].lower()}"] = tag["Value"]
    if tags:
        context["aws:tagkeys"] = tuple(tag["Key"] for tag in tags)
    if parameters.get("transitive_tag_keys"):
        context["sts:transitivetagkeys"] = tuple(parameters["transitive_tag_keys"])
    return context


_FROM_INPUT = {
    "sts:externalid": "external_id",
    "sts:rolesessionname": "role_session_name",
    "sts:sourceidentity": "source_identity",
    "sts:durationseconds": "duration_seconds",
}


def _passes_tags(request: AuthorizationRequest) -> bool:
    session = request.caller.session
    return session is not None and bool(session.transitive_tag_keys)


def _keeps_identity(request: AuthorizationRequest) -> bool:
    session = request.caller.session
    return session is not None and session.source_identity is not None


def _assume_root(app: App, request: AuthorizationRequest) -> AuthorizationFacts:
    account = target_account(request.parameters.get("target_principal", "")) or ""
    return AuthorizationFacts(
        (ActionRequest("sts:AssumeRoot", (f"arn:{request.scope.partition}:iam::{account}:root",)),),
        {"sts:taskpolicyarn": str((request.parameters.get("task_policy_arn") or {}).get("arn", ""))},
    )


def _get_federation_token(app: App, request: AuthorizationRequest) -> AuthorizationFacts:
    caller = request.caller
    name = request.parameters.get("name", "")
    resource = (f"arn:{caller.partition}:sts::{caller.account}:federated-user/{name}",)
    actions = [ActionRequest("sts:GetFederationToken", resource)]
    if request.parameters.get("tags"):
        actions.append(ActionRequest("sts:TagSession", resource))
    return AuthorizationFacts(tuple(actions), tag_context(request.parameters))


_FACTS: Mapping[str, Callable[[App, AuthorizationRequest], AuthorizationFacts]] = {
    "AssumeRole": _assume_role,
    "AssumeRoot": _assume_root,
    "GetCallerIdentity": _nothing,
    "GetFederationToken": _get_federation_token,
    "GetSessionToken": _nothing,
}
