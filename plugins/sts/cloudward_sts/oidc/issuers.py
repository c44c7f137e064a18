"""The gateway's own issuers: keys, tokens, discovery documents.

An issuer may have any `https://` URL, a real provider's too: roles then trust in tests what they trust in production,
and tokens are verified with the keys kept here, without a network.  Such an issuer takes the place of the real one
until the state is reset.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cloudward_sts.oidc import tokens
from cloudward_sts.oidc.records import Issuer, SigningKey
from cloudward_sts.state import HOME, StsState

if TYPE_CHECKING:
    from cloudward.api import Transaction

DEFAULT_ISSUER = "https://oidc.cloudward.internal"
"""The issuer of tokens for which none is named."""

ALGORITHMS = ("RS256", "ES384")
"""What every issuer has a key for; other algorithms get one when they are asked for."""

_CURVES = {"ES256": "SECP256R1", "ES384": "SECP384R1", "ES512": "SECP521R1"}
_RSA_BITS = 2048


def find_issuer(transaction: Transaction, issuer: str) -> Issuer | None:
    """Return an issuer whose keys the gateway has.

    Args:
        transaction: the view of state.
        issuer: its URL without the scheme.
    """
    return transaction.state(StsState, HOME).issuers.get(issuer)


def signing_key(transaction: Transaction, issuer: str, algorithm: str, now: datetime) -> SigningKey:
    """Return an issuer's key for an algorithm; makes what is not there yet.

    Args:
        transaction: reads the keys, and writes new ones.
        issuer: its URL without the scheme.
        algorithm: one of `KEY_TYPES`.
        now: the time.
    """
    issuers = transaction.state(StsState, HOME).issuers
    kept = issuers.get(issuer)
    keys = kept.keys if kept is not None else ()
    missing = [name for name in dict.fromkeys((*ALGORITHMS, algorithm)) if all(key.algorithm != name for key in keys)]
    if missing:
        keys = (*keys, *(_new_key(name, now) for name in missing))
        issuers.put(Issuer(issuer=issuer, keys=keys, created_at=kept.created_at if kept is not None else now))
    return next(key for key in keys if key.algorithm == algorithm)


def public_keys(transaction: Transaction, issuer: str) -> list[Mapping[str, Any]] | None:
    """Return the public keys of one of the gateway's issuers, None when it is none.

    Args:
        transaction: the view of state.
        issuer: its URL without the scheme.
    """
    found = find_issuer(transaction, issuer)
    if found is None:
        return None
    return [key.public for key in found.keys]


def discovery_document(issuer: Issuer, address: str) -> dict[str, Any]:
    """Return an issuer's discovery document (OpenID Connect Discovery 1.0, section 3).

    Args:
        issuer: the issuer.
        address: where the gateway serves its documents.
    """
    return {
        "issuer": f"https://{issuer.issuer}",
        "jwks_uri": f"{address}/.well-known/jwks.json",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": sorted({key.algorithm for key in issuer.keys}),
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nbf", "jti"],
    }


def _new_key(algorithm: str, now: datetime) -> SigningKey:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if algorithm in _CURVES:
        private: Any = ec.generate_private_key(getattr(ec, _CURVES[algorithm])())
    else:
        private = rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    key_id = f"{algorithm}-{hashlib.sha256(public).hexdigest()[:16]}"
    return SigningKey(
        key_id=key_id,
        algorithm=algorithm,
        pem=pem.decode(),
        public=tokens.public_jwk(pem.decode(), algorithm, key_id),
        created_at=now,
    )
