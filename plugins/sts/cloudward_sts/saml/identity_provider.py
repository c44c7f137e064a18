"""The gateway's own SAML identity provider, for tests: metadata, and responses signed on request.

Source: OASIS SAML 2.0 core, metadata and profiles, section 4.1.4.2; IAM User Guide, "Configure SAML assertions for the
authentication response".
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from cloudward.api import random_hex
from cloudward_sts.saml import attributes as known
from cloudward_sts.saml.records import SamlKey
from cloudward_sts.state import HOME, StsState

if TYPE_CHECKING:
    from lxml import etree

    from cloudward.api import Transaction

ENTITY_ID = "https://saml.cloudward.internal"
_RSA_BITS = 2048
_YEARS = 30
_RECIPIENTS = {
    "aws-cn": "https://signin.amazonaws.cn/saml",
    "aws-us-gov": "https://signin.amazonaws-us-gov.com/saml",
}
_RECIPIENT = "https://signin.aws.amazon.com/saml"
_AUDIENCES = {"aws-cn": "urn:amazon:webservices:cn-north-1", "aws-us-gov": "urn:amazon:webservices:govcloud"}
_AUDIENCE = "urn:amazon:webservices"
_METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
_SIGNATURE = "http://www.w3.org/2000/09/xmldsig#"
_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"


class ResponseRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A SAML response to make.

    Attributes:
        role_arn: the role.
        provider_arn: the SAML provider as IAM has it.
        session_name: the role session's name.
        subject: the user; None for the session's name.
        subject_type: the format of the user's name, without its prefix.
        lasts: seconds that the assertion is valid; negative for one that has expired.
        session_duration: seconds that the session is to last; None to say nothing.
        source_identity: the source identity; None to say nothing.
        tags: session tags.
        transitive_tag_keys: keys of those that pass on.
        attributes: further attributes, values by name.
    """

    role_arn: str
    provider_arn: str
    session_name: str
    subject: str | None = None
    subject_type: str = "persistent"
    lasts: int = 300
    session_duration: int | None = None
    source_identity: str | None = None
    tags: dict[str, str] = {}
    transitive_tag_keys: list[str] = []
    attributes: dict[str, list[str]] = {}


def saml_key(transaction: Transaction, now: datetime) -> SamlKey:
    """Return the provider's key; makes it when there is none yet.

    Args:
        transaction: reads the key, and writes a new one.
        now: the time.
    """
    place = transaction.state(StsState, HOME).saml_key
    kept = place.get()
    return kept if kept is not None else place.set(_new_key(now))


def metadata_document(key: SamlKey, address: str) -> bytes:
    """Return the provider's metadata, for CreateSAMLProvider.

    Args:
        key: its key.
        address: where single sign-on would be.
    """
    from lxml import etree

    root = etree.Element(f"{{{_METADATA}}}EntityDescriptor", nsmap={None: _METADATA, "ds": _SIGNATURE})
    root.set("entityID", ENTITY_ID)
    descriptor = _add(root, _METADATA, "IDPSSODescriptor", WantAuthnRequestsSigned="false")
    descriptor.set("protocolSupportEnumeration", "urn:oasis:names:tc:SAML:2.0:protocol")
    info = _add(_add(descriptor, _METADATA, "KeyDescriptor", use="signing"), _SIGNATURE, "KeyInfo")
    _add(_add(info, _SIGNATURE, "X509Data"), _SIGNATURE, "X509Certificate").text = "".join(
        line for line in key.certificate.splitlines() if not line.startswith("-----")
    )
    _add(descriptor, _METADATA, "NameIDFormat").text = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
    _add(descriptor, _METADATA, "SingleSignOnService", Binding=_POST, Location=address)
    document: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return document


def signed_response(key: SamlKey, wanted: ResponseRequest, now: datetime) -> str:
    """Return a response with a signed assertion, base64 as AssumeRoleWithSAML takes it.

    Args:
        key: the provider's key.
        wanted: what it is to say.
        now: the time.

    Raises:
        ValueError: it cannot be made; the message says why.
    """
    from lxml import etree
    from signxml.algorithms import CanonicalizationMethod
    from signxml.signer import XMLSigner

    parts = wanted.role_arn.split(":")
    if len(parts) != 6 or not parts[5].startswith("role/"):
        raise ValueError(f"role_arn {wanted.role_arn!r} is no ARN of a role")
    try:
        response, assertion = _unsigned(wanted, parts[1], now)
    except ValueError:
        raise ValueError("the response would hold characters that XML cannot") from None
    signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
    signed: Any = signer.sign(
        assertion, key=key.private_key, cert=key.certificate, reference_uri=assertion.get("ID"), id_attribute="ID"
    )
    # The schema wants the signature right after the issuer.
    signed.insert(1, signed.find(f"{{{_SIGNATURE}}}Signature"))
    response.append(signed)
    return b64encode(etree.tostring(response)).decode()


def _unsigned(wanted: ResponseRequest, partition: str, now: datetime) -> tuple[etree._Element, etree._Element]:
    """Return a response without assertion, and the assertion."""
    from lxml import etree

    from cloudward_sts.saml.documents import ASSERTION, BEARER, NAME_ID_FORMAT, PROTOCOL, SUCCESS

    issued, ends = _instant(now), _instant(now + timedelta(seconds=wanted.lasts))
    recipient = _RECIPIENTS.get(partition, _RECIPIENT)
    response = etree.Element(f"{{{PROTOCOL}}}Response", nsmap={"samlp": PROTOCOL, "saml": ASSERTION})
    _set(response, ID=f"_{random_hex(16)}", Version="2.0", IssueInstant=issued, Destination=recipient)
    _add(response, ASSERTION, "Issuer").text = ENTITY_ID
    _add(_add(response, PROTOCOL, "Status"), PROTOCOL, "StatusCode", Value=SUCCESS)

    assertion = etree.Element(f"{{{ASSERTION}}}Assertion", nsmap={"saml": ASSERTION})
    _set(assertion, ID=f"_{random_hex(16)}", Version="2.0", IssueInstant=issued)
    _add(assertion, ASSERTION, "Issuer").text = ENTITY_ID
    subject = _add(assertion, ASSERTION, "Subject")
    name = _add(subject, ASSERTION, "NameID", Format=f"{NAME_ID_FORMAT}{wanted.subject_type}")
    name.text = wanted.subject or wanted.session_name
    confirmation = _add(subject, ASSERTION, "SubjectConfirmation", Method=BEARER)
    _add(confirmation, ASSERTION, "SubjectConfirmationData", NotOnOrAfter=ends, Recipient=recipient)
    conditions = _add(assertion, ASSERTION, "Conditions", NotBefore=issued, NotOnOrAfter=ends)
    restriction = _add(conditions, ASSERTION, "AudienceRestriction")
    _add(restriction, ASSERTION, "Audience").text = _AUDIENCES.get(partition, _AUDIENCE)
    statement = _add(assertion, ASSERTION, "AuthnStatement", AuthnInstant=issued)
    context = _add(statement, ASSERTION, "AuthnContext")
    _add(context, ASSERTION, "AuthnContextClassRef").text = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
    attributes = _add(assertion, ASSERTION, "AttributeStatement")
    for attribute, values in _attributes(wanted, partition).items():
        element = _add(attributes, ASSERTION, "Attribute", Name=attribute)
        for value in values:
            _add(element, ASSERTION, "AttributeValue").text = value
    return response, assertion


def _attributes(wanted: ResponseRequest, partition: str) -> dict[str, list[str]]:
    own: dict[str, list[str]] = {
        "Role": [f"{wanted.role_arn},{wanted.provider_arn}"],
        "RoleSessionName": [wanted.session_name],
        **{f"PrincipalTag:{key}": [value] for key, value in wanted.tags.items()},
    }
    if wanted.transitive_tag_keys:
        own["TransitiveTagKeys"] = wanted.transitive_tag_keys
    if wanted.session_duration is not None:
        own["SessionDuration"] = [str(wanted.session_duration)]
    if wanted.source_identity is not None:
        own["SourceIdentity"] = [wanted.source_identity]
    prefix = known.PREFIXES.get(partition, known.DEFAULT_PREFIX)
    return {**{prefix + name: values for name, values in own.items()}, **wanted.attributes}


def _new_key(now: datetime) -> SamlKey:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID

    private = rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ENTITY_ID.removeprefix("https://"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * _YEARS))
        .sign(private, hashes.SHA256())
    )
    return SamlKey(
        private_key=private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        certificate=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        created_at=now,
    )


def _add(parent: etree._Element, namespace: str, name: str, **values: str) -> etree._Element:
    from lxml import etree

    element = etree.SubElement(parent, f"{{{namespace}}}{name}")
    _set(element, **values)
    return element


def _set(element: etree._Element, **values: str) -> None:
    attributes: Mapping[str, str] = values
    for name, value in attributes.items():
        element.set(name, value)


def _instant(time: datetime) -> str:
    return time.replace(microsecond=0).isoformat().replace("+00:00", "Z")
