"""Tokens as well-known issuers make them.

Sources: GitHub documentation, "OpenID Connect reference" (claims of the token, subject formats); Amazon EKS User Guide,
"IAM roles for service accounts"; Kubernetes documentation, "Managing Service Accounts" (bound tokens).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from cloudward.api import random_hex

STS_AUDIENCE = "sts.amazonaws.com"
GITHUB = "github-actions"
EKS = "eks"


class Shape(NamedTuple):
    """What a preset gives a token that was not asked for otherwise.

    Attributes:
        issuer: the issuer's URL.
        subject: the subject.
        audience: the audience.
        claims: further claims.
        lasts: seconds.
        list_audience: whether the audience is a list even when there is one.
        begins_earlier: seconds between the start of the token's life and its issue; None for no such claim.
    """

    issuer: str
    subject: str
    audience: str
    claims: dict[str, Any]
    lasts: int
    list_audience: bool = False
    begins_earlier: int | None = None


def github_actions(parameters: Mapping[str, str]) -> Shape:
    """Return a token's shape as a job of GitHub Actions gets it.

    Args:
        parameters: any of the token's own claims, `environment` and `pull_request` (`true`) included, which change the
            subject.
    """
    repository = parameters.get("repository", "octo-org/octo-repo")
    owner = repository.partition("/")[0]
    ref = parameters.get("ref", "refs/heads/main")
    pull_request = parameters.get("pull_request", "").lower() in ("1", "true", "yes")
    if "environment" in parameters:
        context = f"environment:{parameters['environment']}"
    elif pull_request:
        context = "pull_request"
    else:
        context = f"ref:{ref}"
    workflow_ref = f"{repository}/.github/workflows/ci.yml@{ref}"
    sha = "0123456789abcdef0123456789abcdef01234567"
    claims: dict[str, Any] = {
        "jti": _uuid(),
        "ref": ref,
        "sha": sha,
        "repository": repository,
        "repository_owner": owner,
        "repository_owner_id": "65",
        "repository_visibility": "private",
        "repository_id": "74",
        "run_id": "1658821493",
        "run_number": "10",
        "run_attempt": "2",
        "actor": owner,
        "actor_id": "12",
        "workflow": "ci",
        "workflow_ref": workflow_ref,
        "workflow_sha": sha,
        "job_workflow_ref": workflow_ref,
        "job_workflow_sha": sha,
        "head_ref": parameters.get("head_ref", "feature" if pull_request else ""),
        "base_ref": parameters.get("base_ref", "main" if pull_request else ""),
        "event_name": "pull_request" if pull_request else "push",
        "ref_type": "tag" if ref.startswith("refs/tags/") else "branch",
        "ref_protected": "true",
        "runner_environment": "github-hosted",
    }
    claims |= {name: value for name, value in parameters.items() if name != "pull_request"}
    return Shape(
        "https://token.actions.githubusercontent.com",
        f"repo:{repository}:{context}",
        STS_AUDIENCE,
        claims,
        lasts=300,
        begins_earlier=600,
    )


def eks(parameters: Mapping[str, str]) -> Shape:
    """Return a token's shape as a pod's service account gets it.

    Args:
        parameters: any of `namespace`, `service_account`, `pod`, `region` and `cluster` (the id in the issuer's URL).
    """
    namespace = parameters.get("namespace", "default")
    account = parameters.get("service_account", "default")
    region = parameters.get("region", "us-east-1")
    cluster = parameters.get("cluster", "EXAMPLED539D4633E53DE1B71EXAMPLE")
    claims = {
        "jti": _uuid(),
        "kubernetes.io": {
            "namespace": namespace,
            "node": {"name": "ip-10-0-0-1.ec2.internal", "uid": _uuid()},
            "pod": {"name": parameters.get("pod", f"{account}-0"), "uid": _uuid()},
            "serviceaccount": {"name": account, "uid": _uuid()},
        },
    }
    return Shape(
        f"https://oidc.eks.{region}.amazonaws.com/id/{cluster}",
        f"system:serviceaccount:{namespace}:{account}",
        STS_AUDIENCE,
        claims,
        lasts=86400,
        list_audience=True,
        begins_earlier=0,
    )


def _uuid() -> str:
    text = random_hex(16)
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"


PRESETS: Mapping[str, Callable[[Mapping[str, str]], Shape]] = {GITHUB: github_actions, EKS: eks}
"""The presets by name; each takes parameters by name."""

PARAMETERS: Mapping[str, frozenset[str] | None] = {
    GITHUB: None,
    EKS: frozenset({"namespace", "service_account", "pod", "region", "cluster"}),
}
"""The parameters that a preset takes; None for any claim."""
