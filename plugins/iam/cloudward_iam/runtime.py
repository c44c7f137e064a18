"""What IAM keeps of a running gateway beside its state."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from cloudward.api import Past, Scope
from cloudward_iam.authorization.authorizer import Authorizer
from cloudward_iam.last_access import LastAccess
from cloudward_iam.limits import check_settings
from cloudward_iam.records.access_keys import AccessKeyUse
from cloudward_iam.records.principals import RoleUse
from cloudward_iam.settings import IamSettings, unknown_settings
from cloudward_iam.state import IamState
from cloudward_iam.stream.hub import PolicyStream
from cloudward_iam.templates import load_templates

if TYPE_CHECKING:
    from datetime import datetime

    from cloudward.api import App, CallRecord, Transaction

LOG = logging.getLogger("cloudward.iam")
_PRECISION = timedelta(minutes=1)
_MOST_SEEN = 10_000


class IamRuntime:
    """Times of start and of last uses.

    Last uses are written to state at most once a minute for a key in a service and region, so that a busy
    client does not turn every read into a write; AWS's own figures lag further behind.

    Args:
        app: the gateway.

    Raises:
        ConfigError: a setting that cannot be used.
    """

    def __init__(self, app: App) -> None:
        given = app.config.plugin("iam")
        for problem in (*check_settings(given), *unknown_settings(given)):
            LOG.warning(problem)
        self.settings = IamSettings(given)
        self.started_at = app.clock.now().replace(microsecond=0)
        self.templates = load_templates(self.settings["templates_file"])
        delay = self.settings["propagation_seconds"]
        self.past = Past(app.store, app.clock, delay) if delay else None
        self.authorizer = Authorizer(app, self.past)
        self.stream = PolicyStream(app)
        self.last_access = LastAccess(app)
        self._app = app
        self._seen: dict[str, tuple[str, str, datetime]] = {}

    def forget(self) -> None:
        """Drop what is known of last uses and policies; state was reset."""
        self._seen.clear()
        if self.past is not None:
            self.past.clear()
        self.last_access.forget()
        self.authorizer.forget()

    def observe(self, record: CallRecord) -> None:
        """Note the use of an access key or role.

        Args:
            record: the call.
        """
        self.last_access.note(record)
        if self.stream.active:
            self.stream.observe(record)
        caller, scope = record.caller, record.scope
        if caller is None or scope is None or caller.access_key_id is None:
            return
        role_id = caller.session.role_id if caller.session is not None else None
        used = role_id or caller.access_key_id
        seen = self._seen.get(used)
        if (
            seen is not None
            and seen[0] == record.service
            and seen[1] == scope.region
            and record.time - seen[2] < _PRECISION
        ):
            return
        if len(self._seen) >= _MOST_SEEN:
            self._seen.clear()
        self._seen[used] = (record.service, scope.region, record.time)
        time = record.time.replace(microsecond=0)
        key_id = caller.access_key_id

        def note(transaction: Transaction) -> None:
            state = transaction.state(IamState, Scope(caller.partition, caller.account))
            if role_id is not None:
                state.role_uses.put(RoleUse(role_id=role_id, last_used_date=time, region=scope.region))
            elif key_id in state.access_keys:
                use = AccessKeyUse(
                    access_key_id=key_id, last_used_date=time, service_name=record.service, region=scope.region
                )
                state.access_key_uses.put(use)

        self._app.store.run(note)
