"""Encrypted SAML assertions."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.contract.sts.conftest import refused
from tests.contract.sts.federation.conftest import Setup
from tests.contract.sts.federation.saml_idp import DS, SAML, Signer, response

XENC = "http://www.w3.org/2001/04/xmlenc#"
XENC11 = "http://www.w3.org/2009/xmlenc11#"
DATA = (f"{XENC}aes128-cbc", f"{XENC}aes256-cbc", f"{XENC11}aes128-gcm", f"{XENC11}aes256-gcm")


def encrypted(
    assertion: str, public: Any, data: str, transport: str = f"{XENC}rsa-oaep-mgf1p", key_beside: bool = False
) -> str:
    size = int(data.rpartition("aes")[2][:3]) // 8
    secret = os.urandom(size)
    plain = assertion.encode()
    if data.endswith("gcm"):
        nonce = os.urandom(12)
        sealed = nonce + AESGCM(secret).encrypt(nonce, plain, None)
    else:
        fill = 16 - len(plain) % 16
        vector = os.urandom(16)
        encryptor = Cipher(algorithms.AES(secret), modes.CBC(vector)).encryptor()
        sealed = vector + encryptor.update(plain + os.urandom(fill - 1) + bytes([fill])) + encryptor.finalize()
    if transport == f"{XENC11}rsa-oaep":
        scheme: Any = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        details = (
            f'<ds:DigestMethod xmlns:ds="{DS}" Algorithm="{XENC}sha256"/>'
            f'<m:MGF xmlns:m="{XENC11}" Algorithm="{XENC11}mgf1sha256"/>'
        )
    elif transport.endswith("1_5"):
        scheme, details = padding.PKCS1v15(), ""
    else:
        scheme, details = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None), ""
    key = b64encode(public.encrypt(secret, scheme)).decode()
    wrapped = (
        f'<xenc:EncryptedKey xmlns:xenc="{XENC}"><xenc:EncryptionMethod Algorithm="{transport}">{details}'
        f"</xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue>{key}"
        "</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>"
    )
    info = "" if key_beside else f'<ds:KeyInfo xmlns:ds="{DS}">{wrapped}</ds:KeyInfo>'
    return (
        f'<saml:EncryptedAssertion xmlns:saml="{SAML}"><xenc:EncryptedData xmlns:xenc="{XENC}" '
        f'Type="{XENC}Element"><xenc:EncryptionMethod Algorithm="{data}"/>{info}<xenc:CipherData><xenc:CipherValue>'
        f"{b64encode(sealed).decode()}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>"
        f"{wrapped if key_beside else ''}</saml:EncryptedAssertion>"
    )


@pytest.fixture(scope="module")
def private_key() -> Any:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def sealing(setup: Setup, private_key: Any) -> Setup:
    """A setup whose provider must get encrypted assertions."""
    pem = private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    setup.world.client("iam").update_saml_provider(
        SAMLProviderArn=setup.provider, AssertionEncryptionMode="Required", AddPrivateKey=pem.decode()
    )
    return setup


@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.parametrize("transport", [f"{XENC}rsa-oaep-mgf1p", f"{XENC11}rsa-oaep"])
@pytest.mark.parametrize(
    "data", [f"{XENC}aes128-cbc", f"{XENC}aes256-cbc", f"{XENC11}aes128-gcm", f"{XENC11}aes256-gcm"]
)
def test_encrypted_assertions(sealing: Setup, private_key: Any, data: str, transport: str, beside: bool) -> None:
    inner = encrypted(sealing.signed(), private_key.public_key(), data, transport, beside)
    assert sealing.assume(response(inner))["Subject"] == "alice"


def test_an_encrypted_assertion_in_a_signed_response(sealing: Setup, private_key: Any) -> None:
    inner = encrypted(sealing.assertion().xml(), private_key.public_key(), f"{XENC11}aes256-gcm")
    assert sealing.assume(sealing.signer.sign(response(inner)))["Subject"] == "alice"


def test_encryption_that_is_refused(sealing: Setup, private_key: Any) -> None:
    public = private_key.public_key()
    gcm = f"{XENC11}aes256-gcm"
    with refused() as plain:
        sealing.assume(response(sealing.signed()))
    assert plain.message == "The identity provider's assertions must be encrypted."
    with refused() as unsigned:
        sealing.assume(response(encrypted(sealing.assertion().xml(), public, gcm)))
    assert unsigned.message == "Response signature invalid"
    with refused() as stranger:
        sealing.assume(response(encrypted(Signer().sign(sealing.assertion().xml()), public, gcm)))
    assert stranger.message == "Response signature invalid"
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    good = encrypted(sealing.signed(), public, gcm)
    cipher = good.rpartition("<xenc:CipherValue>")[2].partition("<")[0]
    raw = bytearray(b64decode(cipher))
    raw[40] ^= 1
    for broken in (
        encrypted(sealing.signed(), other, gcm),
        encrypted(sealing.signed(), public, gcm, f"{XENC}rsa-1_5"),
        encrypted(sealing.signed(), public, f"{XENC}aes128-cbc").replace("aes128-cbc", "aes192-cbc"),
        encrypted("<not-an-assertion/>", public, gcm),
        encrypted("not xml", public, f"{XENC}aes128-cbc"),
        good.replace(cipher, b64encode(bytes(raw)).decode()),
    ):
        with refused() as answer:
            sealing.assume(response(broken))
        assert (answer.code, answer.message) == ("InvalidIdentityToken", "Invalid private key.")
