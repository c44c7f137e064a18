"""Encrypted assertions, opened with the provider's private keys.

Source: W3C "XML Encryption Syntax and Processing 1.1".  RSA with PKCS #1 v1.5 padding is not taken: it lets an attacker
who may ask often enough read the assertion.  Whatever fails, the answer is the same.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lxml import etree

from cloudward_sts.federation_errors import InvalidIdentityToken
from cloudward_sts.saml.documents import ASSERTION, ENCRYPTION, ENCRYPTION11, SIGNATURE, child, children, parse, text_of

_BLOCK = 16
_GCM_NONCE = 12
_OAEP_SHA1 = f"{ENCRYPTION}rsa-oaep-mgf1p"
_OAEP = f"{ENCRYPTION11}rsa-oaep"

_HASHES: Mapping[str, Callable[[], hashes.HashAlgorithm]] = {
    f"{SIGNATURE}sha1": hashes.SHA1,
    f"{ENCRYPTION}sha256": hashes.SHA256,
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashes.SHA384,
    f"{ENCRYPTION}sha512": hashes.SHA512,
}
_MASKS: Mapping[str, Callable[[], hashes.HashAlgorithm]] = {
    f"{ENCRYPTION11}mgf1sha1": hashes.SHA1,
    f"{ENCRYPTION11}mgf1sha256": hashes.SHA256,
    f"{ENCRYPTION11}mgf1sha384": hashes.SHA384,
    f"{ENCRYPTION11}mgf1sha512": hashes.SHA512,
}


def decrypted(encrypted: etree._Element, private_keys: Iterable[str]) -> etree._Element:
    """Return the assertion within an `EncryptedAssertion`.

    Args:
        encrypted: the element.
        private_keys: the provider's keys, as PEM.

    Raises:
        InvalidIdentityToken: no key opens it.
    """
    data = child(encrypted, "EncryptedData", ENCRYPTION)
    if data is None:
        raise InvalidIdentityToken.decryption()
    info = child(data, "KeyInfo", SIGNATURE)
    wrapped = [
        *children(encrypted, "EncryptedKey", ENCRYPTION),
        *(children(info, "EncryptedKey", ENCRYPTION) if info is not None else ()),
    ]
    decipher, size = _DATA.get(_algorithm(data), (None, 0))
    if decipher is not None:
        for pem in private_keys:
            private = serialization.load_pem_private_key(pem.encode(), None)
            if not isinstance(private, rsa.RSAPrivateKey):
                continue
            for key in wrapped:
                try:
                    secret = private.decrypt(_cipher_value(key), _oaep(key))
                    if len(secret) != size:
                        continue
                    root = parse(decipher(secret, _cipher_value(data)))
                except (ValueError, InvalidTag, UnsupportedAlgorithm, InvalidIdentityToken):
                    continue
                if root.tag == f"{{{ASSERTION}}}Assertion":
                    return root
    raise InvalidIdentityToken.decryption()


def _algorithm(element: etree._Element, name: str = "EncryptionMethod", namespace: str = ENCRYPTION) -> str:
    method = child(element, name, namespace)
    return "" if method is None else method.get("Algorithm") or ""


def _cipher_value(element: etree._Element) -> bytes:
    data = child(element, "CipherData", ENCRYPTION)
    value = child(data, "CipherValue", ENCRYPTION) if data is not None else None
    return b64decode("".join(text_of(value).split()), validate=True)


def _oaep(key: etree._Element) -> padding.OAEP:
    method = child(key, "EncryptionMethod", ENCRYPTION)
    algorithm = _algorithm(key)
    if method is None or algorithm not in (_OAEP, _OAEP_SHA1):
        raise ValueError(algorithm)
    digest = _HASHES[_algorithm(method, "DigestMethod", SIGNATURE) or f"{SIGNATURE}sha1"]
    mask = hashes.SHA1
    if algorithm == _OAEP:
        mask = _MASKS[_algorithm(method, "MGF", ENCRYPTION11) or f"{ENCRYPTION11}mgf1sha1"]  # type: ignore[assignment]
    parameters = child(method, "OAEPparams", ENCRYPTION)
    label = b64decode(text_of(parameters)) if parameters is not None else None
    return padding.OAEP(padding.MGF1(mask()), digest(), label or None)


def _cbc(secret: bytes, data: bytes) -> bytes:
    decryptor = Cipher(algorithms.AES(secret), modes.CBC(data[:_BLOCK])).decryptor()
    plain = decryptor.update(data[_BLOCK:]) + decryptor.finalize()
    # XML Encryption's padding: any bytes, the last of which counts them.
    count = plain[-1] if plain else 0
    if not 1 <= count <= _BLOCK:
        raise ValueError("padding")
    return plain[:-count]


def _gcm(secret: bytes, data: bytes) -> bytes:
    return AESGCM(secret).decrypt(data[:_GCM_NONCE], data[_GCM_NONCE:], None)


_DATA: Mapping[str, tuple[Any, int]] = {
    **{f"{ENCRYPTION}aes{bits}-cbc": (_cbc, bits // 8) for bits in (128, 192, 256)},
    **{f"{ENCRYPTION11}aes{bits}-gcm": (_gcm, bits // 8) for bits in (128, 192, 256)},
}
"""What deciphers an assertion, and the size of its key in bytes, by algorithm."""
