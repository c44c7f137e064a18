"""Tokens survive no change, whatever the algorithm."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from cloudward_sts.federation_errors import InvalidIdentityToken
from cloudward_sts.oidc.tokens import KEY_TYPES, fitting, read, verify
from tests.contract.sts.federation.local_issuer import CURVES, public_jwk, signature, token

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEYS: dict[str, Any] = {
    name: ec.generate_private_key(CURVES[name][0]()) if name in CURVES else RSA for name in KEY_TYPES
}
JWKS = [public_jwk(key, kid=name, alg=name, use="sig") for name, key in KEYS.items()]
TOKENS = {
    name: token({"sub": "alice"}, {"alg": name, "kid": name}, lambda data, n=name: signature(n, KEYS[n], data))
    for name in KEY_TYPES
}
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ "


def accepted(text: str) -> bool:
    try:
        unverified = read(text)
        verify(unverified, fitting(JWKS, unverified))
    except InvalidIdentityToken:
        return False
    return True


def parts(text: str) -> list[bytes]:
    return [urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in text.split(".")]


@pytest.mark.parametrize("algorithm", TOKENS)
def test_what_is_signed_is_accepted(algorithm: str) -> None:
    assert accepted(TOKENS[algorithm])


@given(st.sampled_from(sorted(TOKENS)), st.data())
def test_no_character_can_be_changed(algorithm: str, data: st.DataObject) -> None:
    text = TOKENS[algorithm]
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from([character for character in ALPHABET if character != text[at]]))
    changed = text[:at] + other + text[at + 1 :]
    if accepted(changed):
        # Base64's last character may have bits that stand for nothing: then it is the same token.
        assert changed.count(".") == 2
        assert changed.split(".")[:2] == text.split(".")[:2]
        assert parts(changed) == parts(text)


@given(st.sampled_from(sorted(TOKENS)), st.sampled_from(sorted(TOKENS)))
def test_an_algorithm_is_bound_to_its_key(signed: str, claimed: str) -> None:
    forged = token(
        {"sub": "alice"}, {"alg": claimed, "kid": signed}, lambda data: signature(signed, KEYS[signed], data)
    )
    assert accepted(forged) == (signed == claimed)


@given(st.text(max_size=200))
def test_any_text_is_refused_or_read(text: str) -> None:
    assert not accepted(text)


@given(st.binary(max_size=60), st.binary(max_size=60), st.binary(max_size=60))
def test_any_parts_are_refused(head: bytes, body: bytes, tail: bytes) -> None:
    from tests.contract.sts.federation.local_issuer import b64

    assert not accepted(f"{b64(head)}.{b64(body)}.{b64(tail)}")
