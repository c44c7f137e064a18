from __future__ import annotations

import base64
import hashlib

import pytest

from cloudward_iam.crypto import ssh_keys
from tests.unit.iam import certs


def test_both_encodings_lead_to_the_same_key():
    key = certs.rsa_key()
    from_ssh = ssh_keys.parse(certs.ssh_text(key) + " me@example.com\n")
    from_pem = ssh_keys.parse(certs.public_pem(key))
    assert from_ssh.ssh == certs.ssh_text(key) + " me@example.com"
    assert from_pem.ssh == certs.ssh_text(key)
    assert from_ssh.pem == from_pem.pem == certs.public_pem(key)
    assert from_ssh.fingerprint == from_pem.fingerprint


def test_the_fingerprint_is_what_ssh_keygen_shows_with_md5():
    key = certs.rsa_key()
    digest = hashlib.md5(base64.b64decode(certs.ssh_text(key).split()[1])).hexdigest()
    fingerprint = ssh_keys.parse(certs.ssh_text(key)).fingerprint
    assert fingerprint.replace(":", "") == digest
    assert fingerprint.count(":") == 15


def test_the_encoding_asked_for_is_given():
    found = ssh_keys.parse(certs.ssh_text(certs.rsa_key()))
    assert found.encoded("SSH").startswith("ssh-rsa ")
    assert found.encoded("PEM").startswith("-----BEGIN PUBLIC KEY-----")


@pytest.mark.parametrize(
    "text", ["", "hello", "rsa AAAA", "-----BEGIN CERTIFICATE-----", certs.private_pem(certs.rsa_key())]
)
def test_unknown_encodings_are_told_apart(text):
    with pytest.raises(ssh_keys.UnrecognizedEncodingError):
        ssh_keys.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "ssh-rsa",
        "ssh-rsa AAAA",
        "ssh-rsa !!!!",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        certs.public_pem(certs.ec_key()),
        certs.ssh_text(certs.rsa_key(bits=1024)),
        certs.public_pem(certs.rsa_key(bits=1024)),
    ],
)
def test_damaged_short_and_foreign_keys_are_invalid(text):
    with pytest.raises(ssh_keys.InvalidKeyError):
        ssh_keys.parse(text)
