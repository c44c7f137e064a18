"""Server certificates and signing certificates."""

from datetime import datetime

from cloudward.api import Record
from cloudward_iam.records.tags import Tag


class ServerCertificate(Record):
    """A server certificate; its private key goes in and never comes out."""

    path: str
    server_certificate_name: str
    server_certificate_id: str
    arn: str
    upload_date: datetime
    expiration: datetime
    certificate_body: str
    private_key: str
    certificate_chain: str | None = None
    tags: tuple[Tag, ...] | None = None


class SigningCertificate(Record):
    """An X.509 signing certificate of a user, or of the account's root user."""

    certificate_id: str
    user_id: str
    certificate_body: str
    status: str
    upload_date: datetime
    fingerprint: str
    """SHA-256 of its DER form: no account has one certificate twice."""
