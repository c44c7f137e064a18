"""Tokens made for tests: what may be asked for, and how it becomes a token."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from cloudward.api import random_hex
from cloudward_sts.oidc import tokens
from cloudward_sts.oidc.issuers import DEFAULT_ISSUER, signing_key
from cloudward_sts.oidc.presets import PARAMETERS, PRESETS, STS_AUDIENCE, Shape
from cloudward_sts.oidc.tags_claim import SOURCE_IDENTITY, tags_claim

if TYPE_CHECKING:
    from cloudward.api import Transaction

_LASTS = 3600
_ISSUER = re.compile(r"[A-Za-z0-9.-]+(?:/[A-Za-z0-9._~/-]*)?").fullmatch


class TokenRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A token to make.

    Attributes:
        issuer: the issuer's URL; None for the preset's, else the gateway's own.
        subject: whom it is about; None for the preset's.
        audience: whom it is for; None for the preset's, else AWS's STS.
        claims: further claims, which take the place of any other of their names.
        preset: whose tokens it is to be like.
        parameters: what the preset fills in.
        lasts: seconds until it expires; None for the preset's, else an hour.  Negative for one that has expired.
        algorithm: what it is signed with.
        tags: session tags.
        transitive_tag_keys: keys of those that pass on.
        source_identity: the source identity.
    """

    issuer: str | None = None
    subject: str | None = None
    audience: str | list[str] | None = None
    claims: dict[str, Any] = {}
    preset: str | None = None
    parameters: dict[str, str] = {}
    lasts: int | None = None
    algorithm: str = "RS256"
    tags: dict[str, str] = {}
    transitive_tag_keys: list[str] = []
    source_identity: str | None = None


class MintedToken(msgspec.Struct, kw_only=True):
    """A token that was made.

    Attributes:
        token: the token.
        issuer: the issuer's URL, to be registered with CreateOpenIDConnectProvider.
        claims: what it says.
    """

    token: str
    issuer: str
    claims: dict[str, Any]


def mint(transaction: Transaction, wanted: TokenRequest, now: datetime) -> MintedToken:
    """Return a new token; its issuer gets keys if it has none.

    Args:
        transaction: reads and writes the keys.
        wanted: what it is to be.
        now: the time.

    Raises:
        ValueError: it cannot be made; the message says why.
    """
    shape = _shape(wanted)
    url = wanted.issuer or shape.issuer
    issuer = issuer_name(url)
    if wanted.algorithm not in tokens.KEY_TYPES:
        raise ValueError(f"algorithm {wanted.algorithm!r} is not one of {', '.join(sorted(tokens.KEY_TYPES))}")
    subject = wanted.subject or shape.subject
    if not subject:
        raise ValueError("subject: missing; say whom the token is about (--sub), or take a preset that does")
    audience: str | list[str] = wanted.audience or shape.audience
    if isinstance(audience, str) and shape.list_audience:
        audience = [audience]
    issued = int(now.timestamp())
    claims: dict[str, Any] = {"iss": url, "sub": subject, "aud": audience, **shape.claims, "iat": issued}
    if shape.begins_earlier is not None:
        claims["nbf"] = issued - shape.begins_earlier
    claims["exp"] = issued + (shape.lasts if wanted.lasts is None else wanted.lasts)
    claims |= tags_claim(wanted.tags, wanted.transitive_tag_keys)
    if wanted.source_identity is not None:
        claims[SOURCE_IDENTITY] = wanted.source_identity
    claims |= wanted.claims
    key = signing_key(transaction, issuer, wanted.algorithm, now)
    return MintedToken(token=tokens.sign(claims, key.pem, wanted.algorithm, key.key_id), issuer=url, claims=claims)


def _shape(wanted: TokenRequest) -> Shape:
    if wanted.preset is None:
        if wanted.parameters:
            raise ValueError("parameters are for presets; name one, or give claims")
        return Shape(DEFAULT_ISSUER, "", STS_AUDIENCE, {"jti": random_hex(16)}, _LASTS)
    make = PRESETS.get(wanted.preset)
    if make is None:
        raise ValueError(f"preset {wanted.preset!r} is not one of {', '.join(PRESETS)}")
    taken = PARAMETERS[wanted.preset]
    unknown = sorted(wanted.parameters.keys() - taken) if taken is not None else []
    if taken is not None and unknown:
        raise ValueError(f"preset {wanted.preset} takes {', '.join(sorted(taken))}, not {', '.join(unknown)}")
    return make(wanted.parameters)


def issuer_name(url: str) -> str:
    """Return an issuer's URL without its scheme.

    Args:
        url: the URL.

    Raises:
        ValueError: it is none that IAM would register.
    """
    name = url.removeprefix("https://")
    if name == url and url == "accounts.google.com":
        return name
    if name == url or urlsplit(url).port is not None or _ISSUER(name) is None:
        raise ValueError(f"issuer {url!r} must begin with https:// and have neither port nor query, as IAM wants it")
    return name
