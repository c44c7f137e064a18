"""The last access of users and roles to services and their actions, from the calls that the gateway saw.

Calls are noted in memory and written to state together, at most once a minute, so that a call costs a look-up and not a
write.  AWS's own figures lag behind by up to four hours.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from cloudward.api import Scope
from cloudward_iam.authorization.ruled import RuledActions
from cloudward_iam.records.reports import ActionUse, ServiceUse
from cloudward_iam.state import IamState

if TYPE_CHECKING:
    from datetime import datetime

    from cloudward.api import App, Caller, CallRecord, Transaction

INTERVAL = timedelta(minutes=1)
MOST_PENDING = 10_000
"""How many principals wait to be written at the most."""


class _Principal(NamedTuple):
    partition: str
    account: str
    entity_id: str


_Noted = dict[_Principal, dict[str, dict[str, ActionUse]]]
"""Uses by principal, namespace and action."""


class LastAccess:
    """Notes who called what, and when.

    Args:
        app: the gateway.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._lock = Lock()
        self._pending: _Noted = {}
        self._writing: _Noted = {}
        self._written_at = app.clock.now()
        self._namespaces: dict[str, str] = {}
        self._ruled = RuledActions(app)
        self._actions: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}

    def note(self, record: CallRecord) -> None:
        """Note a call, allowed or not.

        Args:
            record: the call.
        """
        caller, scope = record.caller, record.scope
        entity_id = None if caller is None or scope is None else principal_id(caller)
        if caller is None or scope is None or entity_id is None or not record.operation:
            return
        principal = _Principal(caller.partition, caller.account, entity_id)
        actions = self._actions_of(record.service, record.operation)
        time, region = record.time.replace(microsecond=0), scope.region
        with self._lock:
            services = self._pending.setdefault(principal, {})
            for namespace, name in actions:
                services.setdefault(namespace, {})[name] = ActionUse(action_name=name, time=time, region=region)
            waited = record.time - self._written_at
            due = not timedelta() <= waited < INTERVAL or len(self._pending) >= MOST_PENDING
        if due:
            self.write(record.time)

    def _actions_of(self, service: str, operation: str) -> tuple[tuple[str, str], ...]:
        """Return the actions behind an operation, each as its service's namespace and its name."""
        key = (service, operation)
        known = self._actions.get(key)
        if known is None:
            ruled = self._ruled.actions_of(service, operation)
            split = tuple(action.partition(":") for action in ruled)
            known = tuple((namespace, name) for namespace, _, name in split)
            # IAM's and STS's actions are named like their operations, and so are those of services without a table.
            known = self._actions[key] = known or ((self.namespace(service), operation),)
        return known

    def namespace(self, service: str) -> str:
        """Return the prefix of a service's actions.

        Args:
            service: the service's name in botocore.
        """
        known = self._namespaces.get(service)
        if known is None:
            signing_name = self._app.catalogue.service(service).signing_name
            known = self._namespaces[service] = self._ruled.prefix_of(service) or signing_name
        return known

    def write(self, now: datetime) -> None:
        """Write to state what is only in memory.

        Args:
            now: the time.
        """
        with self._lock:
            if self._writing:
                return
            noted = self._writing = self._pending
            self._pending = {}
            self._written_at = now

        def put(transaction: Transaction) -> None:
            for principal, services in noted.items():
                state = transaction.state(IamState, Scope(principal.partition, principal.account))
                if _exists(state, principal.entity_id):
                    for namespace, actions in services.items():
                        stored = state.service_uses.get((principal.entity_id, namespace))
                        state.service_uses.put(_merged(principal.entity_id, namespace, stored, actions.values()))

        try:
            self._app.store.run(put)
        finally:
            self._writing = {}

    def uses_of(self, state: IamState, entity_id: str) -> tuple[ServiceUse, ...]:
        """Return what a user or role called, each service once.

        Args:
            state: the account's state.
            entity_id: the unique id.
        """
        found = {use.service_namespace: use for use in state.service_uses.range((entity_id,))}
        principal = _Principal(state.scope.partition, state.scope.account, entity_id)
        with self._lock:
            fresh = [
                (namespace, list(actions.values()))
                for noted in (self._writing, self._pending)
                for namespace, actions in noted.get(principal, {}).items()
            ]
        for namespace, actions in fresh:
            found[namespace] = _merged(entity_id, namespace, found.get(namespace), actions)
        return tuple(found[name] for name in sorted(found))

    def uses_in(self, state: IamState) -> list[ServiceUse]:
        """Return what everybody in an account called, its root user included.

        Args:
            state: the account's state.
        """
        scope = state.scope
        with self._lock:
            fresh = {
                principal.entity_id
                for noted in (self._writing, self._pending)
                for principal in noted
                if principal[:2] == (scope.partition, scope.account)
            }
        found = [use for use in state.service_uses if use.entity_id not in fresh]
        return found + [use for entity_id in sorted(fresh) for use in self.uses_of(state, entity_id)]

    def forget(self) -> None:
        """Drop what is only in memory; state was reset."""
        with self._lock:
            self._pending = {}


def principal_id(caller: Caller) -> str | None:
    """Return the unique id of the user or role whose permissions a caller has, None for services.

    Args:
        caller: who calls.

    Returns:
        The id; the account's number for the root user.
    """
    session = caller.session
    match caller.kind:
        case "root":
            return caller.account
        case "user":
            return caller.user_id
        case "assumed-role" if session is not None:
            return session.role_id
        case "federated-user" if session is not None:
            return session.user_id
        case _:
            return None


def forget_uses(state: IamState, entity_id: str) -> None:
    """Remove what is known of the uses of a user or role that is deleted.

    Args:
        state: the account's state.
        entity_id: the unique id.
    """
    for use in list(state.service_uses.range((entity_id,))):
        state.service_uses.remove((entity_id, use.service_namespace))


def _exists(state: IamState, entity_id: str) -> bool:
    """Tell whether there is a user or role of that id still; there is always a root user."""
    return (
        entity_id == state.scope.account
        or state.users.find("user_id", entity_id) is not None
        or state.roles.find("role_id", entity_id) is not None
    )


def _merged(entity_id: str, namespace: str, stored: ServiceUse | None, actions: Iterable[ActionUse]) -> ServiceUse:
    latest = {} if stored is None else {use.action_name: use for use in stored.actions}
    for use in actions:
        before = latest.get(use.action_name)
        if before is None or before.time <= use.time:
            latest[use.action_name] = use
    last = max(latest.values(), key=lambda use: use.time)
    return ServiceUse(
        entity_id=entity_id,
        service_namespace=namespace,
        time=last.time,
        region=last.region,
        actions=tuple(latest[name] for name in sorted(latest)),
    )
