from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from cloudward_iam.crypto.certificates import (
    CertificateError,
    check_chain,
    check_dates,
    check_private_key,
    parse_certificate,
)
from tests.unit.iam import certs

UNREADABLE = "Unable to parse certificate. Please ensure the certificate is in PEM format."


@pytest.mark.parametrize(
    "key",
    [certs.rsa_key(), certs.ec_key(), certs.ec_key(curve=ec.SECP384R1), certs.ec_key(curve=ec.SECP521R1)],
    ids=["rsa", "p256", "p384", "p521"],
)
def test_a_certificate_and_its_key_are_accepted(key):
    text = certs.pem(certs.certificate(key=key))
    found = parse_certificate(f"\n  {text}\n")
    assert found.pem == text.strip()
    assert found.not_after == certs.NOW + timedelta(days=3650)
    check_private_key(found, certs.private_pem(key))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----",
        "Certificate:\n" + certs.pem(certs.certificate()),
        certs.pem(certs.certificate(), certs.certificate("other.example")),
        certs.public_pem(certs.rsa_key()),
    ],
)
def test_what_is_not_one_pem_certificate_is_malformed(text):
    with pytest.raises(CertificateError) as caught:
        parse_certificate(text)
    assert (caught.value.kind, caught.value.text) == ("malformed", UNREADABLE)


@pytest.mark.parametrize("key", [certs.ec_key(curve=ec.SECP256K1), ed25519.Ed25519PrivateKey.generate()])
def test_other_kinds_of_keys_are_refused(key):
    if isinstance(key, ed25519.Ed25519PrivateKey):
        # An Ed25519 key certified by an RSA one.
        certificate = certs.certificate(key=key, issuer_key=certs.rsa_key())
    else:
        certificate = certs.certificate(key=key)
    with pytest.raises(CertificateError, match="not supported"):
        parse_certificate(certs.pem(certificate))


def test_the_key_of_another_certificate_does_not_match():
    found = parse_certificate(certs.pem(certs.certificate(key=certs.rsa_key())))
    for other in (certs.rsa_key("two"), certs.ec_key()):
        with pytest.raises(CertificateError) as caught:
            check_private_key(found, certs.private_pem(other))
        assert caught.value.kind == "mismatch"


@pytest.mark.parametrize("text", ["", "no key", certs.public_pem(certs.rsa_key()), certs.pem(certs.certificate())])
def test_what_is_no_private_key_is_refused(text):
    with pytest.raises(CertificateError, match=r"Invalid Private Key\."):
        check_private_key(parse_certificate(certs.pem(certs.certificate())), text)


def test_an_encrypted_private_key_is_refused():
    with pytest.raises(CertificateError, match="encrypted"):
        check_private_key(
            parse_certificate(certs.pem(certs.certificate())), certs.private_pem(certs.ec_key(), b"secret")
        )


def test_certificates_out_of_their_dates_are_refused():
    found = parse_certificate(certs.pem(certs.certificate()))
    check_dates(found, certs.NOW)
    with pytest.raises(CertificateError, match="'Not After'"):
        check_dates(found, certs.NOW + timedelta(days=4000))
    with pytest.raises(CertificateError, match="'Not Before'"):
        check_dates(found, certs.NOW - timedelta(days=2))


def chain():
    root_key, middle_key, leaf_key = certs.ec_key("root"), certs.rsa_key("middle"), certs.ec_key("leaf")
    root = certs.certificate("root", key=root_key)
    middle = certs.certificate("middle", key=middle_key, issuer="root", issuer_key=root_key)
    leaf = certs.certificate("leaf", key=leaf_key, issuer="middle", issuer_key=middle_key)
    return root, middle, leaf


def test_a_chain_in_order_is_accepted_with_and_without_its_root():
    root, middle, leaf = chain()
    found = parse_certificate(certs.pem(leaf))
    check_chain(found, certs.pem(middle))
    check_chain(found, certs.pem(middle, root))


def test_a_chain_out_of_order_names_the_index():
    root, middle, leaf = chain()
    found = parse_certificate(certs.pem(leaf))
    stranger = certs.certificate("root", key=certs.ec_key("stranger"))
    for text, index in ((certs.pem(root, middle), -1), (certs.pem(middle, stranger), 0), (certs.pem(leaf), -1)):
        with pytest.raises(CertificateError) as caught:
            check_chain(found, text)
        assert caught.value.text == (
            "Unable to validate certificate chain. The certificate chain must start with the immediate signing "
            "certificate, followed by any intermediaries in order. The index within the chain of the invalid "
            f"certificate is: {index}"
        )


def test_a_chain_with_text_in_it_is_refused():
    _, middle, leaf = chain()
    with pytest.raises(CertificateError, match="chain"):
        check_chain(parse_certificate(certs.pem(leaf)), "Issuer: middle\n" + certs.pem(middle))
