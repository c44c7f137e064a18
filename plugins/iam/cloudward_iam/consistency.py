"""Eventual consistency: IAM's changes take a while until reads, credentials and decisions know of them.

Off unless `propagation_seconds` is set.  AWS replicates IAM's data to many servers; the IAM User Guide, "Changes that I
make are not always immediately visible", tells clients to expect that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cloudward.api import App, Past

_READING = ("Get", "List", "Simulate")
_WRITING = frozenset({"GetServiceLinkedRoleDeletionStatus"})
"""Operations that read by name, and finish what another one began."""


class LookBack:
    """The step before a call is authenticated: it sees the past.

    Args:
        past: the past.
    """

    def __init__(self, past: Past) -> None:
        self._past = past

    def __call__(self, chain: Any, call: Any, response: Any) -> None:
        """Let a call read from the past.

        Args:
            chain: the running chain.
            call: the call.
            response: not used.
        """
        call.transaction.rollback()
        call.transaction = self._past.transaction()


class ComeBack:
    """The step before a call is answered: only reads of IAM go on seeing the past.

    Args:
        app: the gateway.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    def __call__(self, chain: Any, call: Any, response: Any) -> None:
        """Let a call that changes something, or is another service's, work on the present.

        Args:
            chain: the running chain.
            call: the call.
            response: not used.
        """
        name = call.route.operation.name
        if call.route.service.name != "iam" or not name.startswith(_READING) or name in _WRITING:
            call.transaction = self._app.store.begin()
