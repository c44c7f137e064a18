"""What STS remembers."""

from __future__ import annotations

from cloudward.api import Per, State


class StsState(State, per=Per.ACCOUNT, service="sts"):
    """Everything that STS keeps for one account."""
