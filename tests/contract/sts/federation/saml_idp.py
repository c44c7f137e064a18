"""A SAML identity provider for tests: responses of any shape, signed without the library that verifies them."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from lxml import etree

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
DS = "http://www.w3.org/2000/09/xmldsig#"
C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
AWS = "https://aws.amazon.com/SAML/Attributes/"
ENTITY = "https://idp.example.com/saml"
START = datetime(2020, 1, 1, tzinfo=UTC)


def instant(offset: float = 0) -> str:
    now = datetime.now(UTC) + timedelta(seconds=offset)  # noqa: TID251 - the provider's own clock
    return now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Signer:
    """A key with its certificate; the certificate's dates are long over, as IAM does not look at them."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example.com")])
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(START)
            .not_valid_after(START + timedelta(days=365))
            .sign(self.key, hashes.SHA256())
        )
        self.der = b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()

    def metadata(self, entity: str = ENTITY) -> str:
        return (
            '<?xml version="1.0"?><EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" '
            f'entityID="{entity}"><IDPSSODescriptor '
            'protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor use="signing">'
            f'<KeyInfo xmlns="{DS}"><X509Data><X509Certificate>{self.der}</X509Certificate></X509Data></KeyInfo>'
            "</KeyDescriptor><SingleSignOnService "
            'Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example.com/sso"/>'
            "</IDPSSODescriptor></EntityDescriptor>" + " " * 1000
        )

    def sign(self, document: str, *, reference: str | None = None, digest: str = "sha256") -> str:
        """Return an element with an enveloped signature after its first child."""
        root = etree.fromstring(document.encode())
        target = f"#{root.get('ID')}" if reference is None else reference
        canonical = etree.tostring(root, method="c14n", exclusive=True)
        value = b64encode(hashlib.new(digest, canonical).digest()).decode()
        uri = {"sha256": "http://www.w3.org/2001/04/xmlenc#sha256", "sha1": f"{DS}sha1"}[digest]
        method = {"sha256": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "sha1": f"{DS}rsa-sha1"}[digest]
        info = (
            f'<ds:SignedInfo xmlns:ds="{DS}"><ds:CanonicalizationMethod Algorithm="{C14N}"></ds:CanonicalizationMethod>'
            f'<ds:SignatureMethod Algorithm="{method}"></ds:SignatureMethod><ds:Reference URI="{target}">'
            f'<ds:Transforms><ds:Transform Algorithm="{DS}enveloped-signature"></ds:Transform>'
            f'<ds:Transform Algorithm="{C14N}"></ds:Transform></ds:Transforms>'
            f'<ds:DigestMethod Algorithm="{uri}"></ds:DigestMethod><ds:DigestValue>{value}</ds:DigestValue>'
            "</ds:Reference></ds:SignedInfo>"
        )
        algorithm = {"sha256": hashes.SHA256, "sha1": hashes.SHA1}[digest]()
        made = b64encode(self.key.sign(info.encode(), padding.PKCS1v15(), algorithm)).decode()
        signature = etree.fromstring(
            f'<ds:Signature xmlns:ds="{DS}">{info}<ds:SignatureValue>{made}</ds:SignatureValue><ds:KeyInfo>'
            f"<ds:X509Data><ds:X509Certificate>{self.der}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
            "</ds:Signature>"
        )
        root.insert(1, signature)
        return etree.tostring(root).decode()


@dataclass
class Assertion:
    """What an assertion says; every part can be wrong."""

    role: str
    provider: str
    identifier: str = "_a1"
    subject: str = "alice"
    form: str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
    issuer: str = ENTITY
    issued: float = 0
    begins: float = -5
    ends: float = 300
    confirmed_until: float = 300
    method: str = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
    recipient: str = "https://signin.aws.amazon.com/saml"
    audiences: tuple[str, ...] = ("urn:amazon:webservices",)
    session_ends: float | None = None
    conditions: str = ""
    inside: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)

    def xml(self) -> str:
        values = {
            f"{AWS}Role": f"{self.role},{self.provider}",
            f"{AWS}RoleSessionName": "alice@example.com",
            **self.attributes,
        }
        attributes = "".join(
            f'<saml:Attribute Name="{name}">'
            + "".join(
                f"<saml:AttributeValue>{escape(text)}</saml:AttributeValue>"
                for text in ([value] if isinstance(value, str) else value)
            )
            + "</saml:Attribute>"
            for name, value in values.items()
            if value is not None
        )
        restriction = "".join(f"<saml:Audience>{audience}</saml:Audience>" for audience in self.audiences)
        session = f' SessionNotOnOrAfter="{instant(self.session_ends)}"' if self.session_ends is not None else ""
        return (
            f'<saml:Assertion xmlns:saml="{SAML}" ID={quoteattr(self.identifier)} Version="2.0" '
            f'IssueInstant="{instant(self.issued)}"><saml:Issuer>{self.issuer}</saml:Issuer><saml:Subject>'
            f'<saml:NameID Format="{self.form}">{self.subject}</saml:NameID>'
            f'<saml:SubjectConfirmation Method="{self.method}"><saml:SubjectConfirmationData '
            f'NotOnOrAfter="{instant(self.confirmed_until)}" Recipient="{self.recipient}"/></saml:SubjectConfirmation>'
            f'</saml:Subject><saml:Conditions NotBefore="{instant(self.begins)}" NotOnOrAfter="{instant(self.ends)}">'
            + (f"<saml:AudienceRestriction>{restriction}</saml:AudienceRestriction>" if restriction else "")
            + f"{self.conditions}</saml:Conditions>"
            f'<saml:AuthnStatement AuthnInstant="{instant(self.issued)}"{session}/>'
            f"<saml:AttributeStatement>{attributes}</saml:AttributeStatement>{self.inside}</saml:Assertion>"
        )


def response(
    assertion: str,
    *,
    identifier: str = "_r1",
    issuer: str = ENTITY,
    status: str = "urn:oasis:names:tc:SAML:2.0:status:Success",
    destination: str = "https://signin.aws.amazon.com/saml",
    before: str = "",
) -> str:
    """Return a response around whatever is to be in it."""
    return (
        f'<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="{identifier}" Version="2.0" '
        f'IssueInstant="{instant()}" Destination="{destination}">'
        f'<saml:Issuer xmlns:saml="{SAML}">{issuer}</saml:Issuer>'
        f'<samlp:Status><samlp:StatusCode Value="{status}"/></samlp:Status>{before}{assertion}</samlp:Response>'
    )
