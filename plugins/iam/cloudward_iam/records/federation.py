"""Identity providers outside AWS: SAML 2.0 and OpenID Connect."""

from datetime import datetime

from cloudward.api import Record
from cloudward_iam.records.tags import Tag


class SAMLPrivateKey(Record):
    """A private key that encrypted assertions are read with; it goes in and never comes out."""

    key_id: str
    timestamp: datetime
    pem: str


class SAMLProvider(Record):
    """A SAML 2.0 identity provider."""

    name: str
    arn: str
    saml_provider_uuid: str
    saml_metadata_document: str
    create_date: datetime
    valid_until: datetime
    assertion_encryption_mode: str | None = None
    private_keys: tuple[SAMLPrivateKey, ...] = ()
    tags: tuple[Tag, ...] | None = None


class OpenIDConnectProvider(Record):
    """An OpenID Connect identity provider."""

    url: str
    """The issuer without its scheme."""
    arn: str
    create_date: datetime
    client_id_list: tuple[str, ...] = ()
    thumbprint_list: tuple[str, ...] = ()
    tags: tuple[Tag, ...] | None = None
