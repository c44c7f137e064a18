"""What STS remembers."""

from datetime import datetime

from cloudward.api import Per, Record, Scope, State, single


class SealingKey(Record):
    """The key that session tokens and other opaque texts are sealed with."""

    key: bytes
    created_at: datetime


class StsState(State, per=Per.PARTITION, service="sts"):
    """What STS keeps: session tokens carry everything else."""

    sealing_key = single(SealingKey)


HOME = Scope("aws")
"""Where the one key is kept: a token says itself which partition it is for."""
