"""Tags."""

from cloudward.api import Record


class Tag(Record):
    """A tag; its key keeps the case it was given, and is compared without regard to it."""

    key: str
    value: str
