"""JSON Web Tokens: read, verified, signed.  Everything that is cryptography is joserfc's.

A token says which key and algorithm it was signed with; neither is believed further than a look-up: the algorithm must
be in a fixed list of asymmetric ones, the key must be in the issuer's published set, of the algorithm's type, and
headers that bring or point to keys (`jwk`, `jku`, `x5c`, `x5u`) are not read at all.
Sources: RFC 7515, 7517, 7519, 8725.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from cloudward_sts.federation_errors import InvalidIdentityToken

KEY_TYPES: Mapping[str, str] = {
    **{f"{family}{bits}": "RSA" for family in ("RS", "PS") for bits in (256, 384, 512)},
    **{f"ES{bits}": "EC" for bits in (256, 384, 512)},
}
"""The algorithms that tokens may be signed with, each with its type of key."""

_LARGEST_HEADER = 16 * 1024
_LARGEST_SIGNATURE = 4 * 1024


class UnverifiedToken(NamedTuple):
    """A token as it describes itself.

    Attributes:
        text: the token.
        algorithm: one of `KEY_TYPES`.
        key_id: the key's id, None when the token names none.
        claims: its claims, which prove nothing yet.
    """

    text: str
    algorithm: str
    key_id: str | None
    claims: Mapping[str, Any]


def read(text: str) -> UnverifiedToken:
    """Return a token's own description.

    Args:
        text: the token.

    Raises:
        InvalidIdentityToken: it is no signed JWT, or signed in a way that is not taken.
    """
    from joserfc import jws
    from joserfc.errors import JoseError

    try:
        unverified = jws.extract_compact(text.encode(), registry=_registry())
        header = unverified.headers()
        claims = msgspec.json.decode(unverified.payload)
    except (JoseError, ValueError, TypeError, msgspec.DecodeError):
        raise InvalidIdentityToken.not_jwt() from None
    algorithm, key_id = header.get("alg"), header.get("kid")
    if not isinstance(claims, dict) or not isinstance(algorithm, str) or not isinstance(key_id, str | None):
        raise InvalidIdentityToken.not_jwt()
    if algorithm not in KEY_TYPES:
        raise InvalidIdentityToken.algorithm(algorithm)
    if "crit" in header or "b64" in header:
        raise InvalidIdentityToken.critical_header()
    return UnverifiedToken(text, algorithm, key_id, claims)


def verify(token: UnverifiedToken, keys: Sequence[Mapping[str, Any]]) -> None:
    """Check a token's signature.

    Args:
        token: the token.
        keys: the issuer's keys that fit, as JSON Web Keys, see `fitting`.

    Raises:
        InvalidIdentityToken: none of the keys made the signature.
    """
    from joserfc import jwk, jws
    from joserfc.errors import JoseError

    for key in keys:
        try:
            with warnings.catch_warnings():
                # joserfc warns of weak keys where it cannot refuse them; such a key is the issuer's own choice.
                warnings.simplefilter("ignore")
                imported = jwk.import_key(dict(key))
                jws.deserialize_compact(token.text, imported, [token.algorithm], registry=_registry(token.algorithm))
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        return
    raise InvalidIdentityToken.token_signature()


def fitting(keys: Sequence[Mapping[str, Any]], token: UnverifiedToken) -> list[Mapping[str, Any]]:
    """Return the keys that a token may have been signed with.

    Args:
        keys: the issuer's keys.
        token: the token.
    """
    return [
        key
        for key in keys
        if key.get("kty") == KEY_TYPES[token.algorithm]
        and key.get("use", "sig") == "sig"
        and key.get("alg", token.algorithm) == token.algorithm
        and "verify" in key.get("key_ops", ["verify"])
        and (token.key_id is None or key.get("kid") == token.key_id)
    ]


def sign(claims: Mapping[str, Any], pem: str, algorithm: str, key_id: str) -> str:
    """Return a signed token.

    Args:
        claims: its claims.
        pem: the private key, one that the gateway made itself.
        algorithm: one of `KEY_TYPES`.
        key_id: the key's id.
    """
    from joserfc import jws

    header = {"typ": "JWT", "alg": algorithm, "kid": key_id}
    content = msgspec.json.encode(claims)
    return jws.serialize_compact(header, content, _own_key(pem, algorithm), [algorithm], registry=_registry(algorithm))


def public_jwk(pem: str, algorithm: str, key_id: str) -> dict[str, str]:
    """Return the public half of a key as a JSON Web Key.

    Args:
        pem: the private key, one that the gateway made itself.
        algorithm: what it signs with.
        key_id: its id.
    """
    found: dict[str, str] = {
        name: value for name, value in _own_key(pem, algorithm).as_dict(private=False).items() if isinstance(value, str)
    }
    return {**found, "kid": key_id, "alg": algorithm, "use": "sig"}


def _own_key(pem: str, algorithm: str) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from joserfc.jwk import ECKey, RSAKey

    # Checking an RSA key takes longer than everything else, and this one was made here.
    private: Any = load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)
    return RSAKey(private, private) if KEY_TYPES[algorithm] == "RSA" else ECKey(private, private)


def _registry(*algorithms: str) -> Any:
    from joserfc.jws import JWSRegistry

    registry = JWSRegistry(algorithms=algorithms or tuple(KEY_TYPES), strict_check_header=False)
    registry.max_header_length = _LARGEST_HEADER
    registry.max_signature_length = _LARGEST_SIGNATURE
    return registry
