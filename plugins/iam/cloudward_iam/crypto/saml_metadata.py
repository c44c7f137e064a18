"""SAML 2.0 metadata documents of identity providers.

They come from outside: no document type, no entities, no network, and a fixed depth.
Source: IAM User Guide, "Create a SAML identity provider in IAM"; OASIS "Metadata for SAML 2.0", sections 2.3 and 2.4.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from lxml import etree

METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
SIGNATURE = "http://www.w3.org/2000/09/xmldsig#"
_PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"


class MetadataError(ValueError):
    """A metadata document that IAM refuses; the message says why."""


@dataclass(frozen=True, slots=True)
class IdpMetadata:
    """What a metadata document says of an identity provider.

    Attributes:
        entity_id: its entity id, the `Issuer` of its assertions.
        signing_certificates: DER bytes of the certificates that its signatures are checked with.
        sign_on_urls: where its single sign-on services are, by binding.
        valid_until: when the document ends; None when it does not say.
    """

    entity_id: str
    signing_certificates: tuple[bytes, ...]
    sign_on_urls: tuple[tuple[str, str], ...]
    valid_until: datetime | None


def parse(document: str) -> IdpMetadata:
    """Return what a metadata document says.

    Args:
        document: the XML text.

    Raises:
        MetadataError: it is not well-formed, declares a document type, or describes no SAML 2.0 identity provider with
            a sign-on service and a signing certificate.
    """
    root = _read(document)
    if root.tag != f"{{{METADATA}}}EntityDescriptor":
        raise MetadataError(f"The root element must be EntityDescriptor of {METADATA}.")
    entity_id = (root.get("entityID") or "").strip()
    if not entity_id:
        raise MetadataError("EntityDescriptor has no entityID.")
    descriptors = [
        found
        for found in root.iterchildren(f"{{{METADATA}}}IDPSSODescriptor")
        if _PROTOCOL in (found.get("protocolSupportEnumeration") or _PROTOCOL).split()
    ]
    if not descriptors:
        raise MetadataError("EntityDescriptor has no IDPSSODescriptor for SAML 2.0.")
    urls = tuple(
        (service.get("Binding") or "", service.get("Location") or "")
        for descriptor in descriptors
        for service in descriptor.iterchildren(f"{{{METADATA}}}SingleSignOnService")
        if service.get("Location")
    )
    if not urls:
        raise MetadataError("IDPSSODescriptor has no SingleSignOnService with a Location.")
    certificates = tuple(dict.fromkeys(der for descriptor in descriptors for der in _certificates(descriptor)))
    if not certificates:
        raise MetadataError("IDPSSODescriptor has no KeyDescriptor for signing with an X509Certificate.")
    ends = [end for element in (root, *descriptors) if (end := _date(element.get("validUntil"))) is not None]
    return IdpMetadata(entity_id, certificates, urls, min(ends, default=None))


def _read(document: str) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, dtd_validation=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(document.strip().encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MetadataError(str(error)) from None
    if root.getroottree().docinfo.doctype:
        raise MetadataError("A document type declaration is not allowed.")
    return root


def _certificates(descriptor: etree._Element) -> list[bytes]:
    found = []
    for key in descriptor.iterchildren(f"{{{METADATA}}}KeyDescriptor"):
        if key.get("use") == "encryption":
            continue
        for element in key.iter(f"{{{SIGNATURE}}}X509Certificate"):
            try:
                der = base64.b64decode("".join((element.text or "").split()), validate=True)
                x509.load_der_x509_certificate(der).public_key()
            except (ValueError, binascii.Error, x509.InvalidVersion) as error:
                raise MetadataError(f"An X509Certificate cannot be read: {error}") from None
            found.append(der)
    return found


def _date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError:
        raise MetadataError(f"validUntil is not a date: {text}") from None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
