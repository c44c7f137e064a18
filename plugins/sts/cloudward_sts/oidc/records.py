"""What the gateway's own issuers are kept as."""

from datetime import datetime

from cloudward.api import Record


class SigningKey(Record):
    """A key of an issuer: `pem` is the private half, `public` the other as a JSON Web Key."""

    key_id: str
    algorithm: str
    pem: str
    public: dict[str, str]
    created_at: datetime


class Issuer(Record):
    """An issuer whose keys the gateway has; `issuer` is its URL without the scheme."""

    issuer: str
    keys: tuple[SigningKey, ...]
    created_at: datetime
