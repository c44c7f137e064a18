from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from cloudward_iam.crypto import saml_metadata
from tests.unit.iam import certs


def test_a_document_tells_who_the_provider_is():
    found = saml_metadata.parse(certs.saml_metadata(valid_until="2030-01-02T03:04:05Z"))
    assert found.entity_id == "https://idp.example.com/metadata"
    assert found.signing_certificates == (certs.certificate("idp", key=certs.rsa_key()).public_bytes(Encoding.DER),)
    assert found.sign_on_urls == (("urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST", "https://idp.example.com/sso"),)
    assert found.valid_until == datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_document_need_not_end():
    assert saml_metadata.parse(certs.saml_metadata()).valid_until is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("</EntityDescriptor>", ""),
        ("EntityDescriptor", "EntitiesDescriptor"),
        (' entityID="https://idp.example.com/metadata"', ""),
        ("IDPSSODescriptor", "SPSSODescriptor"),
        ("urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:1.1:protocol"),
        ("SingleSignOnService", "SingleLogoutService"),
        ('use="signing"', 'use="encryption"'),
        ("<X509Certificate>", "<X509Certificate>AAAA"),
        ("urn:oasis:names:tc:SAML:2.0:metadata", "urn:example"),
        ("<EntityDescriptor", '<EntityDescriptor validUntil="soon"'),
    ],
)
def test_what_is_no_provider_is_refused(old, new):
    document = certs.saml_metadata()
    assert old in document
    with pytest.raises(saml_metadata.MetadataError):
        saml_metadata.parse(document.replace(old, new))


@pytest.mark.parametrize(
    "extra",
    [
        "<!DOCTYPE EntityDescriptor>",
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    ],
)
def test_document_types_and_entities_are_refused(extra):
    with pytest.raises(saml_metadata.MetadataError, match="document type"):
        saml_metadata.parse(certs.saml_metadata(extra=extra))
