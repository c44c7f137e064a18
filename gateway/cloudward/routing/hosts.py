"""What a host name tells: the service, and S3's bucket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cloudward.model.index import is_region

DOMAINS = (
    ".amazonaws.com.cn",
    ".amazonaws.com",
    ".amazonaws.eu",
    ".api.aws",
    ".on.aws",
    ".localhost.localstack.cloud",
    ".localhost",
)
"""Domains below which host names are AWS's; the local ones are those that resolve to the loopback address."""

LOCAL_DOMAINS = ("localhost", "localhost.localstack.cloud")


class HostHint(NamedTuple):
    """What a host name tells.

    Attributes:
        services: the services that have such hosts; empty when the name does not tell.
        rest: what stands before the service: a bucket, an API id, an account.
        local: whether the host is a name below a local domain, without a service.
    """

    services: tuple[str, ...] = ()
    rest: str = ""
    local: bool = False


NOTHING = HostHint()


def read_host(host: str, by_host: Mapping[str, tuple[str, ...]]) -> HostHint:
    """Return what a host name tells.

    Args:
        host: the `Host` header, port included.
        by_host: services by the beginning of their host names.
    """
    name = host.lower().partition(":")[0].rstrip(".") if not host.startswith("[") else ""
    for domain in DOMAINS:
        if name.endswith(domain):
            local = domain.removeprefix(".") in LOCAL_DOMAINS
            return _read_labels(name.removesuffix(domain).split("."), by_host, local=local)
    return NOTHING


def _read_labels(labels: list[str], by_host: Mapping[str, tuple[str, ...]], *, local: bool) -> HostHint:
    kept = list(labels)
    while kept and (is_region(kept[-1]) or kept[-1] in {"dualstack", "global", "vpce"}):
        kept.pop()
    for start in range(len(kept)):
        services = by_host.get(".".join(_plain(label) for label in kept[start:]))
        if services:
            return HostHint(services, ".".join(kept[:start]))
    return HostHint((), ".".join(labels), local)


def _plain(label: str) -> str:
    """Return a label without FIPS marks, regions that are joined by a dash, and S3 Express's zones."""
    label = label.removesuffix("-fips")
    if label.startswith("s3-") and is_region(label[3:]):
        return "s3"
    return "s3" if label.startswith("s3express-") and label != "s3express-control" else label
