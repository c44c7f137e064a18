"""The authorizer: asks what a call needs, gathers the policies that bear on it, and has the engine decide."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cloudward.api import Verdict
from cloudward_iam.authorization.compiled import CompiledPolicies
from cloudward_iam.authorization.context import CallFacts, RequestContext
from cloudward_iam.authorization.evaluated import EvaluatedAction, EvaluatedCall
from cloudward_iam.authorization.exact import ExactActions
from cloudward_iam.authorization.gathering import PolicyGatherer
from cloudward_iam.authorization.messages import (
    ENCODED_PREFIX,
    ENCODED_SUFFIX,
    authorization_document,
    denial_message,
    unmapped_message,
)
from cloudward_iam.authorization.needs import Need, ResourcePolicy, lower_keys, owner_of
from cloudward_iam.authorization.organizations import Organizations
from cloudward_iam.authorization.record import DecisionRecord, explained, report
from cloudward_iam.authorization.ruled import RuledActions
from cloudward_policy import AttachedPolicy, Outcome, PolicyKind, PolicySet, Request, evaluate

if TYPE_CHECKING:
    from cloudward.api import App, AuthorizationFacts, AuthorizationRequest, Caller, Past
    from cloudward_iam.authorization.gathering import CallerPolicies
    from cloudward_iam.authorization.organizations import Organization

LOG = logging.getLogger("cloudward.iam")

_MOST_DECISIONS = 512

# Looking an enum's member up runs Python code.
_ALLOWED = Outcome.ALLOWED
_RESOURCE = PolicyKind.RESOURCE


class Authorizer:
    """Decides calls of one gateway.

    Args:
        app: the gateway.
        past: what decisions see of IAM, when its changes take time to get around.
    """

    def __init__(self, app: App, past: Past | None = None) -> None:
        self._app = app
        self.compiled = CompiledPolicies()
        self.gatherer = PolicyGatherer(app, self.compiled, past)
        self.organizations = Organizations(app, self.compiled)
        self._exact = ExactActions(app)
        self._ruled = RuledActions(app)
        self._ask_facts = app.plugins.direct("cloudward_authorization_facts")
        self._warns = app.config.unmapped_actions == "warn"

    def forget(self) -> None:
        """Drop everything that was kept of the state."""
        self.gatherer.clear()
        self.organizations.clear()

    def authorize(self, request: AuthorizationRequest) -> Verdict:
        """Decide a call.

        Args:
            request: the call.
        """
        caller = request.caller
        service = request.operation.service.name
        needs: list[Need] | None
        if service == "iam":
            needs = self._exact.needs_of(request)
        else:
            facts: AuthorizationFacts | None = None if self._ask_facts is None else self._ask_facts(self._app, request)
            if facts is not None:
                caller = facts.caller or caller
                needs = needs_of_facts(facts, caller)
                if needs and not any(need.action == "iam:PassRole" for need in needs):
                    needs += self._ruled.passed_roles_of(request)
            else:
                needs = self._needs(request)
        if needs is None:
            return self._unmapped(request)
        evaluated, denied = self.evaluate(request, caller, needs)
        call = EvaluatedCall(
            request.request_id,
            request.now,
            request.mode,
            request.caller,
            request.scope,
            service,
            request.operation.name,
            evaluated,
            "",
            denied is None,
        )
        if denied is None or request.mode == "off":
            # Nobody reads the words of a denial that has no effect; explanations are made when they are asked for.
            return Verdict(denied is None, "", DecisionRecord(call))
        return self._denial(request, call, denied)

    def evaluate(
        self, request: AuthorizationRequest, caller: Caller, needs: list[Need]
    ) -> tuple[tuple[EvaluatedAction, ...], EvaluatedAction | None]:
        """Decide every action that a call needs.

        After the first denial the rest is not looked at, unless somebody wants to know everything that calls need.

        Args:
            request: the call.
            caller: who is to be authorized.
            needs: what the call needs.

        Returns:
            What was decided, and the first action that was denied, None when all are allowed.
        """
        own = self.gatherer.of(caller)
        organization = self.organizations.of(request.transaction, caller.partition, own.principal.account)
        facts = CallFacts(request, caller, own, organization)
        found: list[EvaluatedAction] = []
        denied: EvaluatedAction | None = None
        for need in needs:
            action = self._action(request, facts, own, organization, need)
            found.append(action)
            if action.decision.outcome is not _ALLOWED:
                denied = denied or action
                if not self._app.enforcement.watched:
                    break
        return tuple(found), denied

    def _action(
        self,
        request: AuthorizationRequest,
        facts: CallFacts,
        own: CallerPolicies,
        organization: Organization | None,
        need: Need,
    ) -> EvaluatedAction:
        account = need.account
        owner = organization
        if account is not None and account != own.principal.account:
            owner = self.organizations.of(request.transaction, request.scope.partition, account)
        context = RequestContext(facts, need.values, account, owner)
        policies = own.policies
        if organization is not None or owner is not None or need.policies or need.kind is not _RESOURCE:
            policies = PolicySet(
                identity=policies.identity,
                boundary=policies.boundary,
                session=policies.session,
                scps=organization.scps if organization is not None else (),
                rcps=owner.rcps if owner is not None else (),
                resource=tuple(self._resource_policy(policy, need.kind) for policy in need.policies),
                resource_kind=need.kind,
            )
        asked = Request(
            principal=own.principal,
            action=need.action,
            resource=need.resource,
            context=context,
            resource_account=account,
            management_account=organization is not None and organization.management,
            resource_management_account=owner is not None and owner.management,
        )
        if policies is not own.policies:
            return EvaluatedAction(asked, policies, evaluate(asked, policies), need.shown)
        key = (need.action, need.resource, account)
        decision = own.decisions.get(key)
        if decision is None:
            decision = evaluate(asked, policies)
            if not context.asked:
                # The same again for the same action and resource, as long as these policies stay.
                if len(own.decisions) >= _MOST_DECISIONS:
                    own.decisions.clear()
                own.decisions[key] = decision
        return EvaluatedAction(asked, policies, decision, need.shown)

    def _resource_policy(self, policy: ResourcePolicy, kind: PolicyKind) -> AttachedPolicy:
        compiled = self.compiled.get(policy.text, kind)
        name = "trust policy" if kind is PolicyKind.TRUST else "resource policy"
        return AttachedPolicy(compiled, name, source=policy.resource)

    def _needs(self, request: AuthorizationRequest) -> list[Need] | None:
        if self._exact.knows(request.operation.service.name):
            return self._exact.needs_of(request)
        return self._ruled.needs_of(request)

    def _denial(self, request: AuthorizationRequest, call: EvaluatedCall, denied: EvaluatedAction) -> Verdict:
        message = denial_message(request.caller, denied, quoted=call.service == "s3")
        text = report(call, message)
        if "ec2" in request.operation.service.protocols:
            message = ENCODED_PREFIX + message + self._encoded(request, denied)
        return Verdict(False, message, DecisionRecord(call), text)

    def _encoded(self, request: AuthorizationRequest, denied: EvaluatedAction) -> str:
        document = authorization_document(request.caller, denied, explained(denied))
        encoded: str | None = self._app.plugins.hook.cloudward_encode_authorization_message(
            app=self._app, account=request.caller.account, document=document
        )
        return ENCODED_SUFFIX + encoded if encoded is not None else ""

    def _unmapped(self, request: AuthorizationRequest) -> Verdict:
        operation = request.operation
        service = operation.service.name
        message = unmapped_message(request.caller, service, operation.name)
        call = EvaluatedCall(
            request.request_id,
            request.now,
            request.mode,
            request.caller,
            request.scope,
            service,
            operation.name,
            (),
            f"the IAM action of {service}.{operation.name} is not known",
            self._warns,
        )
        if self._warns:
            LOG.warning("request %s allowed, though %s", request.request_id, call.unmapped)
        return Verdict(self._warns, "" if self._warns else message, DecisionRecord(call), message)


def needs_of_facts(facts: AuthorizationFacts, caller: Caller) -> list[Need]:
    """Return what a provider says that its call needs.

    Args:
        facts: what it says.
        caller: who is to be authorized.
    """
    shared = lower_keys(facts.context)
    found = []
    for action in facts.actions:
        for resource in action.resources:
            text = facts.resource_policies.get(resource)
            account = facts.resource_account or owner_of(resource) or caller.account
            found.append(
                Need(
                    action.action,
                    resource,
                    "" if resource == "*" else resource,
                    {**shared, **lower_keys(action.context)},
                    account,
                    kind_of(action.action, resource),
                    () if text is None else (ResourcePolicy(resource, text),),
                )
            )
    return found


def kind_of(action: str, resource: str) -> PolicyKind:
    """Return what a resource's policy is: a role's and a key's delegate to their account rather than grant.

    Args:
        action: the IAM action.
        resource: the resource's ARN.
    """
    parts = resource.split(":", 5)
    if len(parts) == 6:
        if action.startswith("sts:") and parts[2] == "iam" and parts[5].startswith("role/"):
            return PolicyKind.TRUST
        if parts[2] == "kms" and parts[5].startswith("key/"):
            return PolicyKind.KEY
    return PolicyKind.RESOURCE
