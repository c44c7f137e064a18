"""What a handler gets to see of the call that it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from datetime import datetime

    from cloudward.app import App
    from cloudward.config import Config
    from cloudward.identity import Caller
    from cloudward.protocols.wire import WireRequest
    from cloudward.scope import Scope
    from cloudward.state import Across, Record, State, Table, TableView, Transaction

S = TypeVar("S", bound="State")
R = TypeVar("R", bound="Record")


class Context(Generic[S]):
    """A call as its handler sees it: state, identity, time; no HTTP.

    Attributes:
        state: the provider's state of the caller's account (or partition, or account and region).
        scope: partition, account and region.
        caller: who calls.
        now: the time of the call in UTC; one call sees one time.
        request_id: the call's id.
        transaction: the call's transaction, for look-ups in other services' state through hooks.
        app: the gateway: settings, hooks, and the provider's own run-time object.
    """

    __slots__ = ("_runtime", "app", "caller", "now", "request_id", "scope", "state", "transaction", "wire")

    def __init__(
        self,
        *,
        app: App,
        state: S,
        scope: Scope,
        caller: Caller,
        now: datetime,
        request_id: str,
        transaction: Transaction,
        runtime: object,
        wire: WireRequest,
    ) -> None:
        self.app = app
        self.state = state
        self.scope = scope
        self.caller = caller
        self.now = now
        self.request_id = request_id
        self.transaction = transaction
        self.wire = wire
        self._runtime = runtime

    @property
    def partition(self) -> str:
        """The partition (`aws`)."""
        return self.scope.partition

    @property
    def account(self) -> str:
        """The 12-digit account that the call is bound to."""
        return self.scope.account

    @property
    def region(self) -> str:
        """The region that the call is bound to."""
        return self.scope.region

    @property
    def config(self) -> Config:
        """The gateway's settings."""
        return self.app.config

    @property
    def runtime(self) -> Any:
        """The object that the provider's `runtime` factory made for this app; None where it has none."""
        return self._runtime

    def across(self, table: Table[R] | TableView[R]) -> Across[R]:
        """Return the look-up of a table across the accounts of the partition.

        Args:
            table: the table, as `IamState.access_keys`; it must be declared unique in the partition.

        Raises:
            TypeError: the table is not declared so.
        """
        return self.transaction.across(table, self.scope.partition)
