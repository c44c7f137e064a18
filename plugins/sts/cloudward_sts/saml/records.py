"""What SAML needs to remember."""

from datetime import datetime

from cloudward.api import Record


class UsedAssertion(Record):
    """An assertion that was used; `key` is its issuer and id."""

    key: str
    useless_after: datetime


class SamlKey(Record):
    """Key and certificate of the gateway's own identity provider, as PEM."""

    private_key: str
    certificate: str
    created_at: datetime
