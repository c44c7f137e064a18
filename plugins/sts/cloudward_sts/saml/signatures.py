"""XML signatures of responses and assertions.

Signature wrapping moves the signed element to where nobody looks and puts another in its place.  Against it: the
element to be read is cut out and verified as a document of its own, so that a reference can find nothing else; it must
have exactly one signature of its own, and what is read afterwards is what signxml says was signed, and nothing of the
document that came.  Keys and certificates within the signature are not trusted: only those of the provider's metadata.
Sources: W3C "XML Signature Syntax and Processing"; OASIS SAML 2.0 core, section 5.4.
"""

from __future__ import annotations

from collections.abc import Iterable

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from cloudward_sts.federation_errors import InvalidIdentityToken
from cloudward_sts.saml.documents import SIGNATURE, children, parse

METHODS = frozenset(
    SignatureMethod[f"{family}_SHA{bits}"] for family in ("RSA", "ECDSA") for bits in (256, 384, 512)
) | frozenset(SignatureMethod[f"SHA{bits}_RSA_MGF1"] for bits in (256, 384, 512))
DIGESTS = frozenset(DigestAlgorithm[f"SHA{bits}"] for bits in (256, 384, 512))


def is_signed(element: etree._Element) -> bool:
    """Tell whether an element has a signature of its own.

    Args:
        element: the element.
    """
    return bool(children(element, "Signature", SIGNATURE))


def verified(element: etree._Element, certificates: Iterable[bytes]) -> etree._Element:
    """Return an element as it was signed, without its signature.

    Args:
        element: the element, with its signature as a child.
        certificates: DER bytes of the certificates, one of which must have made the signature.

    Raises:
        InvalidIdentityToken: none of them made it, or it is not of the whole element.
    """
    found = children(element, "Signature", SIGNATURE)
    identifier = element.get("ID")
    if len(found) != 1 or not identifier:
        raise InvalidIdentityToken.response_signature()
    references = list(found[0].iter(f"{{{SIGNATURE}}}Reference"))
    if len(references) != 1 or references[0].get("URI") != f"#{identifier}":
        raise InvalidIdentityToken.response_signature()
    alone = etree.tostring(element, with_tail=False)
    for certificate in certificates:
        signed = _signed_with(alone, certificate)
        if signed is not None and signed.tag == element.tag and signed.get("ID") == identifier:
            return signed
    raise InvalidIdentityToken.response_signature()


def _signed_with(document: bytes, der: bytes) -> etree._Element | None:
    """Return what a certificate signed of a document, None when it did not sign it."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        result = XMLVerifier().verify(
            document,
            x509_cert=certificate,
            id_attribute="ID",
            expect_config=SignatureConfiguration(
                location="./",
                signature_methods=METHODS,
                digest_algorithms=DIGESTS,
                # The metadata's certificate says all; what the signature says of its key does not matter.
                ignore_ambiguous_key_info=True,
                # IAM does not look at the dates of certificates in metadata (IAM User Guide, SAML providers).
                verification_time=certificate.not_valid_after_utc,
                default_reference_c14n_method=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
            ),
        )
    # etree.LxmlError covers schema violations; the rest are what odd but well-formed signatures run into.
    except (SignXMLException, etree.LxmlError, UnsupportedAlgorithm, ValueError, KeyError, TypeError):
        return None
    if isinstance(result, list):
        # One reference was found above, and signxml counts them again.
        return None
    # Parsed once more with our own rules, from the very bytes that were digested.
    return parse(result.signed_data)
