"""Where delegation tokens wait for the product providers they were sent to, in place of an SNS topic."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cloudward.api import InternalRoute
from cloudward_iam.arns import PARTITIONS
from cloudward_iam.state import IamState

if TYPE_CHECKING:
    from cloudward.api import App


def delegation_routes(app: App) -> Iterable[InternalRoute]:
    """Return the route that shows a delegation request with its token.

    Args:
        app: the gateway.
    """

    def notification(request: object, request_id: str) -> dict[str, Any]:
        with app.store.begin() as transaction:
            for partition in PARTITIONS:
                located = transaction.across(IamState.delegation_requests, partition).find(request_id)
                if located is not None:
                    found = located.record
                    return {
                        "DelegationRequestId": found.delegation_request_id,
                        "RequestorWorkflowId": found.requestor_workflow_id,
                        "NotificationChannel": found.notification_channel,
                        "State": found.state,
                        "OwnerAccountId": found.owner_account_id,
                        "TradeInToken": found.token,
                    }
        return {}

    return [InternalRoute("/_cloudward/iam/delegation-requests/<request_id>", notification)]
