"""The policies of a caller, gathered from state and kept while they do not change."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from cloudward.api import Scope
from cloudward_iam import aws_policies
from cloudward_iam.managed_policies import is_aws_owned, lookup
from cloudward_iam.records.principals import User
from cloudward_iam.state import IamState
from cloudward_policy import AttachedPolicy, Decision, PolicyKind, PolicySet, Principal, PrincipalKind

if TYPE_CHECKING:
    from cloudward.api import App, Caller, Past, Session, Transaction
    from cloudward_iam.authorization.compiled import CompiledPolicies
    from cloudward_iam.records.policies import InlinePolicy
    from cloudward_iam.records.principals import Role

TABLES = (
    IamState.users,
    IamState.groups,
    IamState.memberships,
    IamState.roles,
    IamState.policies,
    IamState.policy_versions,
    IamState.attachments,
    IamState.inline_policies,
)
"""The tables that decide which policies a caller has."""

NOTHING_ALLOWED = '{"Version": "2012-10-17", "Statement": []}'
"""Stands for a policy that is set but cannot be found (any more): it allows nothing."""

EVERYTHING_ALLOWED = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
"""What the root user may do, where a policy has to say it: behind a federated user."""


@dataclass(frozen=True, slots=True)
class CallerPolicies:
    """Who a caller is to the policy engine, and what its own policies are.

    Attributes:
        principal: the identity.
        policies: its identity-based policies, boundary and session policies; nothing else.
        tags: its tags by lower-case key, those of the session over those of the user or role.
        decisions: what these policies alone decided without asking for a condition key, by action, resource and the
            resource's account; bounded by whoever fills it.
    """

    principal: Principal
    policies: PolicySet
    tags: Mapping[str, str]
    decisions: dict[tuple[str, str, str | None], Decision] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Kept:
    version: int
    user_id: str
    session: Session | None
    found: CallerPolicies


class PolicyGatherer:
    """Gathers the policies of callers.

    Args:
        app: the gateway.
        compiled: compiles documents.
        past: what decisions see of IAM, when its changes take time to get around.
        size: how many callers it remembers.
    """

    def __init__(self, app: App, compiled: CompiledPolicies, past: Past | None = None, size: int = 2048) -> None:
        self._store = app.store
        self._past = past
        self._compiled = compiled
        self._size = size
        self._kept: OrderedDict[tuple[str, str, str | None], _Kept] = OrderedDict()
        self._lock = Lock()

    def of(self, caller: Caller) -> CallerPolicies:
        """Return the policies of a caller.

        Args:
            caller: who calls.
        """
        # What another call commits between these two lines is missed here and found by the next call.
        past = self._past.transaction() if self._past is not None else None
        if past is not None:
            version = past.number
        else:
            version = self._store.version(TABLES, Scope(caller.partition, caller.account))
        key = (caller.partition, caller.arn, caller.access_key_id)
        kept = self._kept.get(key)
        if (
            kept is not None
            and kept.version == version
            and kept.user_id == caller.user_id
            and kept.session == caller.session
        ):
            return kept.found
        found = self._gather(caller, past)
        with self._lock:
            self._kept[key] = _Kept(version, caller.user_id, caller.session, found)
            self._kept.move_to_end(key)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return found

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()

    def _gather(self, caller: Caller, past: Transaction | None) -> CallerPolicies:
        # A transaction of its own: what the call's has read must not conflict with changes of policies.
        with past or self._store.begin() as transaction:
            state = transaction.state(IamState, Scope(caller.partition, caller.account))
            return self._in(state, caller)

    def _in(self, state: IamState, caller: Caller) -> CallerPolicies:
        session = caller.session
        policies = PolicySet()
        tags: dict[str, str] = {}
        entity: User | Role | None = None
        match caller.kind:
            case "user":
                entity = state.users.find("user_id", caller.user_id)
            case "assumed-role" if session is not None and session.role_id is not None:
                entity = state.roles.find("role_id", session.role_id)
            case "federated-user" if session is not None and session.user_id is not None:
                if session.user_id == caller.account:
                    policy = self._compiled.get(EVERYTHING_ALLOWED, PolicyKind.IDENTITY)
                    policies = PolicySet(identity=(AttachedPolicy(policy, "root", source="root"),))
                else:
                    entity = state.users.find("user_id", session.user_id)
            case _:
                pass
        if entity is not None:
            policies = self._entity_policies(state, entity)
            if caller.kind != "federated-user":
                tags = {tag.key.lower(): tag.value for tag in entity.tags or ()}
        if session is not None:
            tags |= {key.lower(): value for key, value in session.tags}
            if session.policies or session.policy_arns:
                policies = replace(policies, session=tuple(self._session_policies(state, session)))
        return CallerPolicies(principal_of(caller), policies, tags)

    def _entity_policies(self, state: IamState, entity: User | Role) -> PolicySet:
        identity: list[AttachedPolicy] = []
        if isinstance(entity, User):
            identity += self._policies_of(state, entity.user_id, f"user/{entity.user_name}")
            for membership in state.memberships.select("user_id", entity.user_id):
                group = state.groups.find("group_id", membership.group_id)
                if group is not None:
                    identity += self._policies_of(state, group.group_id, f"group/{group.group_name}")
        else:
            identity += self._policies_of(state, entity.role_id, f"role/{entity.role_name}")
        bound = entity.boundary_arn
        boundary = None
        if bound is not None:
            boundary = self._managed(state, bound, PolicyKind.BOUNDARY, entity.arn.split(":", 5)[5])
        return PolicySet(identity=tuple(identity), boundary=boundary)

    def _policies_of(self, state: IamState, entity_id: str, source: str) -> Iterator[AttachedPolicy]:
        for inline in state.inline_policies.range((entity_id,)):
            policy = self._compiled.named(inline.policy_document, PolicyKind.IDENTITY, partial(_text_of, inline))
            yield AttachedPolicy(policy, inline.policy_name, source=source)
        for attachment in state.attachments.select("entity_id", entity_id):
            yield self._managed(state, attachment.policy_arn, PolicyKind.IDENTITY, source)

    def _session_policies(self, state: IamState, session: Session) -> Iterator[AttachedPolicy]:
        for text in session.policies:
            yield AttachedPolicy(self._compiled.get(text, PolicyKind.SESSION), "session policy", source="session")
        for arn in session.policy_arns:
            yield self._managed(state, arn, PolicyKind.SESSION, "session")

    def _managed(self, state: IamState, arn: str, kind: PolicyKind, source: str) -> AttachedPolicy:
        found = lookup(state, arn)
        name = arn.rpartition("/")[2]
        if found is None:
            policy = self._compiled.get(NOTHING_ALLOWED, kind)
        elif is_aws_owned(found):
            partition = arn.split(":", 2)[1]
            policy = self._compiled.named(arn, kind, lambda: aws_policies.document(partition, found.policy_name))
        else:
            version = state.policy_versions[found.policy_id, int(found.default_version_id[1:])]
            policy = self._compiled.named(version.document, kind, lambda: version.text)
        return AttachedPolicy(policy, name, arn=arn, source=source)


def _text_of(policy: InlinePolicy) -> str:
    return policy.text


_KINDS = {
    "root": PrincipalKind.ROOT,
    "user": PrincipalKind.USER,
    "assumed-role": PrincipalKind.ROLE_SESSION,
    "federated-user": PrincipalKind.FEDERATED_USER,
    "web-identity": PrincipalKind.WEB_IDENTITY,
    "saml": PrincipalKind.SAML,
    "service": PrincipalKind.SERVICE,
    "anonymous": PrincipalKind.ANONYMOUS,
}
_WITHOUT_ACCOUNT = frozenset({"web-identity", "saml", "service", "anonymous"})


def principal_of(caller: Caller) -> Principal:
    """Return a caller as the policy engine knows it.

    Args:
        caller: who calls.
    """
    session = caller.session
    role_arn = session.role_arn if session is not None else None
    is_role = caller.kind == "assumed-role"
    unique_id = caller.user_id if caller.kind == "user" else None
    if session is not None:
        unique_id = session.role_id if is_role else session.user_id or unique_id
    return Principal(
        kind=_KINDS[caller.kind],
        arn="*" if caller.kind == "anonymous" else caller.arn,
        account="" if caller.kind in _WITHOUT_ACCOUNT else caller.account,
        role_arn=role_arn if is_role else None,
        service_linked=is_role and role_arn is not None and ":role/aws-service-role/" in role_arn,
        user_arn=session.user_arn if session is not None and caller.kind == "federated-user" else None,
        unique_id=unique_id,
    )
