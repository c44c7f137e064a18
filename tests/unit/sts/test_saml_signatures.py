"""A signed assertion says what was signed, or nothing."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from cloudward_sts.federation_errors import InvalidIdentityToken
from cloudward_sts.saml.documents import parse
from cloudward_sts.saml.signatures import verified
from tests.contract.sts.federation.saml_idp import Assertion, Signer

SIGNER = Signer()
CERTIFICATE = SIGNER.certificate.public_bytes(serialization.Encoding.DER)
SIGNED = SIGNER.sign(Assertion("arn:aws:iam::111122223333:role/r", "arn:aws:iam::111122223333:saml-provider/p").xml())


def canonical(document: bytes) -> bytes | None:
    """Return what a document says once verified, None when it is refused."""
    try:
        found = verified(parse(document), [CERTIFICATE])
    except InvalidIdentityToken:
        return None
    return bytes(etree.tostring(found, method="c14n", exclusive=True))


TRUE = canonical(SIGNED.encode())


def test_what_is_signed_is_read() -> None:
    assert TRUE is not None
    assert b">alice<" in TRUE
    assert b"SignatureValue" not in TRUE


@settings(deadline=None)
@given(st.integers(0, len(SIGNED) - 1), st.integers(0, 255))
def test_no_byte_can_be_changed(at: int, byte: int) -> None:
    data = bytearray(SIGNED.encode())
    data[at] = byte
    assert canonical(bytes(data)) in (None, TRUE)


@settings(deadline=None)
@given(st.integers(0, len(SIGNED) - 1), st.integers(0, 400))
def test_nothing_can_be_cut_out(at: int, size: int) -> None:
    assert canonical((SIGNED[:at] + SIGNED[at + size :]).encode()) in (None, TRUE)


@settings(deadline=None)
@given(st.integers(0, len(SIGNED) - 1), st.integers(0, len(SIGNED) - 1), st.integers(1, 2000))
def test_nothing_can_be_moved(source: int, target: int, size: int) -> None:
    piece = SIGNED[source : source + size]
    assert canonical((SIGNED[:target] + piece + SIGNED[target:]).encode()) in (None, TRUE)
