"""Settings of an account."""

from cloudward.api import Record


class TokenPreferences(Record):
    """Which version of session tokens STS's global endpoint gives out."""

    global_endpoint_token_version: str


class OutboundFederation(Record):
    """Whether the account's principals may get web identity tokens, and who issues them.

    The issuer stays when the feature is switched off, so that it is the same when it comes back.
    """

    issuer_identifier: str
    jwt_vending_enabled: bool


class AccountProperty(Record):
    """A property of the account."""

    name: str
    value: str
