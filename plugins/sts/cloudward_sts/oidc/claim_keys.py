"""Which claims of a token become condition keys.

Sources: IAM User Guide, "Available keys for AWS OIDC federation"; Service Authorization Reference,
"AWS Security Token Service", 2026-07.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

COMMON = ("amr", "email", "sub")
"""Claims of every provider, beside the audience."""

_GITHUB = (
    "actor", "actor_id", "enterprise_id", "environment", "job_workflow_ref", "ref", "repository", "repository_id",
    "repository_owner_id", "workflow",
)  # fmt: skip
_BUILDKITE = (
    "build_branch", "cluster_id", "cluster_name", "organization_id", "organization_slug", "pipeline_id",
    "pipeline_slug",
)  # fmt: skip
_GITLAB = (
    "namespace_id", "pipeline_source", "project_id", "ref_protected", "runner_environment", "user_access_level",
    "user_email", "user_id", "user_login",
)  # fmt: skip

_SHARED: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"accounts\.google\.com"), ("google/organization_number",)),
    (re.compile(r"token\.actions\.githubusercontent\.com(/.+)?"), _GITHUB),
    (re.compile(r"token\.actions\.[^/]+\.ghe\.com"), _GITHUB),
    (re.compile(r"github\.com/enterprises/.+"), _GITHUB),
    (re.compile(r"agent\.buildkite\.com"), _BUILDKITE),
    (re.compile(r"agent\.[^/]+\.buildkite\.(dev|site)"), _BUILDKITE),
    (re.compile(r"gitlab\.com"), _GITLAB),
    (re.compile(r"oidc\.circleci\.com/org/.+"), ("oidc.circleci.com/project-id",)),
    (re.compile(r"idcs-[^/]+\.identity\.oraclecloud\.com"), ("rpst_id",)),
)
"""Claims that only some issuers' tokens turn into condition keys, by the issuer without its scheme."""

KEPT = ("amr", "aud", "sub")
"""Keys that stay with the role session."""


def condition_keys(issuer: str, claims: Mapping[str, Any], audience: str) -> dict[str, str | tuple[str, ...]]:
    """Return the condition keys of a token, in lower case.

    Args:
        issuer: the issuer without its scheme.
        claims: the token's claims.
        audience: the authorized party if the token names one, else the audience; the key `oaud` has the audience
            itself.
    """
    names = [*COMMON, *(name for pattern, more in _SHARED if pattern.fullmatch(issuer) for name in more)]
    found: dict[str, str | tuple[str, ...]] = {}
    for name in names:
        value = _as_context(claims.get(name))
        if value is not None:
            found[f"{issuer}:{name}".lower()] = value
    found[f"{issuer}:aud".lower()] = audience
    if claims.get("azp") is not None:
        oaud = _as_context(claims.get("aud"))
        if oaud is not None:
            found[f"{issuer}:oaud".lower()] = oaud
        found[f"{issuer}:azp".lower()] = str(claims["azp"])
    return found


def _as_context(value: object) -> str | tuple[str, ...] | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    return None
