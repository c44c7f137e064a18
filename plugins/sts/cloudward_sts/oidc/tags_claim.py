"""Session tags and source identity in a token's claims.

Source: IAM User Guide, "Pass session tags in AWS STS", "Pass session tags using AssumeRoleWithWebIdentity"; both the
nested form and the flattened one are AWS's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cloudward_sts.federation_errors import InvalidIdentityToken

TAGS = "https://aws.amazon.com/tags"
SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"
_PRINCIPAL_TAGS = "principal_tags"
_TRANSITIVE = "transitive_tag_keys"
_SOURCE_IDENTITY = re.compile(r"(?!aws:)[\w+=,.@-]{2,64}", re.ASCII).fullmatch


def read_tags(claims: Mapping[str, Any]) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Return the session tags of a token and the keys of those that pass on.

    Args:
        claims: the token's claims.

    Raises:
        InvalidIdentityToken: the claim is not well-formed.
    """
    nested = claims.get(TAGS, {})
    if not isinstance(nested, dict):
        raise InvalidIdentityToken.tags_claim(TAGS)
    values = dict(nested.get(_PRINCIPAL_TAGS) or {}) if isinstance(nested.get(_PRINCIPAL_TAGS) or {}, dict) else None
    if values is None:
        raise InvalidIdentityToken.tags_claim(TAGS)
    flat = f"{TAGS}/{_PRINCIPAL_TAGS}/"
    values |= {name.removeprefix(flat): value for name, value in claims.items() if name.startswith(flat)}
    tags = []
    for key, value in values.items():
        # A tag has one value, which comes alone or as a list of one.
        single = value[0] if isinstance(value, list) and len(value) == 1 else value
        if not isinstance(single, str):
            raise InvalidIdentityToken.tags_claim(TAGS)
        tags.append((key, single))
    transitive = nested.get(_TRANSITIVE, claims.get(f"{TAGS}/{_TRANSITIVE}", []))
    if not isinstance(transitive, list) or not all(isinstance(key, str) for key in transitive):
        raise InvalidIdentityToken.tags_claim(TAGS)
    return tuple(tags), tuple(transitive)


def read_source_identity(claims: Mapping[str, Any]) -> str | None:
    """Return the source identity of a token, None when it has none.

    Args:
        claims: the token's claims.

    Raises:
        InvalidIdentityToken: it is not one that AWS takes.
    """
    value = claims.get(SOURCE_IDENTITY)
    if value is None:
        return None
    if not isinstance(value, str) or _SOURCE_IDENTITY(value) is None:
        raise InvalidIdentityToken.source_identity()
    return value


def tags_claim(tags: Mapping[str, str], transitive_tag_keys: list[str]) -> dict[str, Any]:
    """Return the claim for session tags, to be put into a token.

    Args:
        tags: the tags.
        transitive_tag_keys: keys of those that pass on.
    """
    if not tags and not transitive_tag_keys:
        return {}
    return {
        TAGS: {_PRINCIPAL_TAGS: {key: [value] for key, value in tags.items()}, _TRANSITIVE: list(transitive_tag_keys)}
    }
