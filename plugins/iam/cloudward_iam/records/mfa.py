"""MFA devices."""

from datetime import datetime

from cloudward.api import Record
from cloudward_iam.records.tags import Tag


class MFADevice(Record):
    """A virtual MFA device, assigned or not, or a hardware token assigned to a user."""

    serial_number: str
    """The ARN of a virtual device, the number on a hardware token."""
    virtual: bool
    seed: str
    """The shared secret as base-32 text."""
    user_id: str | None = None
    """Whose it is; the account's number for the root user."""
    enable_date: datetime | None = None
    drift: int = 0
    """Steps that the device's clock is ahead."""
    last_counter: int | None = None
    """The counter of the last code accepted; none at or before it is accepted again."""
    tags: tuple[Tag, ...] | None = None

    @property
    def assignment(self) -> str | None:
        """Whether a virtual device is `Assigned` or `Unassigned`; None for hardware tokens."""
        if not self.virtual:
            return None
        return "Unassigned" if self.user_id is None else "Assigned"
