"""The calls that external identities make: proved before policies are asked, and what policies are asked.

Sources: STS API Reference, "AssumeRoleWithWebIdentity", "AssumeRoleWithSAML", "GetWebIdentityToken"; Service
Authorization Reference, "AWS Security Token Service".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cloudward.api import ActionRequest, AuthorizationFacts, Scope
from cloudward_sts.authorization import ContextValues, role_context, role_facts, tag_context
from cloudward_sts.errors import ValidationError
from cloudward_sts.external import ExternalCaller, ExternalIdentity, SamlIdentity
from cloudward_sts.oidc import oauth, verification
from cloudward_sts.oidc.keys import IssuerKeys

if TYPE_CHECKING:
    from cloudward.api import App, AuthorizationRequest
    from cloudward_sts.runtime import StsRuntime

WEB_IDENTITY = "AssumeRoleWithWebIdentity"
SAML = "AssumeRoleWithSAML"

_ROLE_ARN = re.compile(r"arn:(aws[a-z-]*):iam::([0-9]{12}):role/[\x21-\x7e]+", re.ASCII).fullmatch


class ProveExternalIdentity:
    """Verifies the token or assertion of a call and makes the identity that it proves the call's caller.

    The operations are marked as blocking, so that the whole chain of such a call runs in a thread and may wait for the
    identity provider.

    Args:
        app: the gateway.
        runtime: has the settings.
    """

    def __init__(self, app: App, runtime: StsRuntime) -> None:
        self._app = app
        self._issuer_keys = IssuerKeys(app, runtime.settings["issuer_addresses"])
        self._provers: Mapping[str, Callable[[Any, str, str], ExternalIdentity]] = {
            WEB_IDENTITY: self._web_identity,
            SAML: self._saml,
        }

    def __call__(self, chain: Any, call: Any, response: object) -> None:
        """Prove a call's identity.

        Args:
            chain: the running chain.
            call: the call.
            response: not used.

        Raises:
            ServiceError: the token or assertion proves nothing.
        """
        route = call.route
        if route.service.name != "sts":
            return
        prove = self._provers.get(route.operation.name)
        if prove is None:
            return
        role_arn: str = call.parameters.get("role_arn", "")
        match = _ROLE_ARN(role_arn)
        if match is None:
            raise ValidationError.invalid(role_arn)
        partition, account = match.groups()
        identity = prove(call, partition, account)
        saml = isinstance(identity, SamlIdentity)
        middle = identity.name_qualifier if isinstance(identity, SamlIdentity) else identity.principal
        call.caller = ExternalCaller(
            kind="saml" if saml else "web-identity",
            partition=partition,
            account=account,
            arn=identity.principal,
            # As CloudTrail has the principal ids of web identities and SAML users.
            user_id=f"{middle}:{identity.subject}" if saml else f"{middle}:{identity.audience}:{identity.subject}",
            user_name=identity.subject,
            identity=identity,
        )
        call.scope = Scope(partition, account, call.scope.region)

    def _web_identity(self, call: Any, partition: str, account: str) -> ExternalIdentity:
        parameters = call.parameters
        text: str = parameters.get("web_identity_token", "")
        provider = parameters.get("provider_id")
        if provider is not None:
            return oauth.verify(self._issuer_keys, provider, text)
        return verification.verify(
            self._app,
            self._issuer_keys,
            call.transaction,
            text,
            partition=partition,
            account=account,
            now=call.now,
        )

    def _saml(self, call: Any, partition: str, account: str) -> ExternalIdentity:
        # lxml and signxml are heavy, and most gateways never see a SAML response.
        from cloudward_sts.saml.verification import verify

        parameters = call.parameters
        return verify(
            self._app,
            call.transaction,
            parameters.get("saml_assertion", ""),
            provider_arn=parameters.get("principal_arn", ""),
            partition=partition,
            account=account,
            now=call.now,
        )


def facts_of(app: App, request: AuthorizationRequest) -> AuthorizationFacts | None:
    """Return what a call of federation needs, None for any other.

    Args:
        app: the gateway.
        request: the call.
    """
    find = _FACTS.get(request.operation.name)
    return None if find is None else find(app, request)


def _assume(app: App, request: AuthorizationRequest) -> AuthorizationFacts | None:
    caller = request.caller
    if not isinstance(caller, ExternalCaller):
        return None
    identity = caller.identity
    actions = [f"sts:{request.operation.name}"]
    if identity.tags:
        actions.append("sts:TagSession")
    context = role_context(request.parameters)
    context |= tag_context(
        {
            "tags": [{"Key": key, "Value": value} for key, value in identity.tags],
            "transitive_tag_keys": identity.transitive_tag_keys,
        }
    )
    context |= identity.context
    if isinstance(identity, SamlIdentity):
        context["sts:rolesessionname"] = identity.session_name
    if identity.source_identity is not None:
        actions.append("sts:SetSourceIdentity")
        context["sts:sourceidentity"] = identity.source_identity
    return role_facts(app, request, request.parameters.get("role_arn", ""), actions, context)


def _get_web_identity_token(app: App, request: AuthorizationRequest) -> AuthorizationFacts:
    parameters = request.parameters
    actions = [ActionRequest("sts:GetWebIdentityToken")]
    if parameters.get("tags"):
        actions.append(ActionRequest("sts:TagGetWebIdentityToken"))
    context: ContextValues = {
        **tag_context(parameters),
        "sts:identitytokenaudience": tuple(parameters.get("audience") or ()),
        "sts:signingalgorithm": str(parameters.get("signing_algorithm", "")),
    }
    if parameters.get("duration_seconds") is not None:
        context["sts:durationseconds"] = str(parameters["duration_seconds"])
    return AuthorizationFacts(tuple(actions), context)


_FACTS: Mapping[str, Callable[[Any, Any], AuthorizationFacts | None]] = {
    WEB_IDENTITY: _assume,
    SAML: _assume,
    "GetWebIdentityToken": _get_web_identity_token,
}
