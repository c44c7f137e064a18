"""What an account has one of."""

from cloudward.api import Record


class AccountAlias(Record):
    """The account's alias."""

    account_alias: str
