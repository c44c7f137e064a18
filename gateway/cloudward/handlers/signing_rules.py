"""How the service that a request goes to has requests signed, and for which regions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cloudward.model.index import is_region
from cloudward.sigv4 import ServiceRules, service_rules

if TYPE_CHECKING:
    from collections.abc import Collection

    from cloudward.model import Catalogue
    from cloudward.protocols import WireRequest
    from cloudward.routing import Route
    from cloudward.sigv4 import Signature

_HOME_REGIONS = {".amazonaws.com": "us-east-1", ".amazonaws.com.cn": "cn-north-1"}
"""The region that a partition's global endpoints, such as iam.amazonaws.com, are signed for, by their domains."""


class SigningRules:
    """The signing rules of services, each made once.

    Args:
        catalogue: the service models.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._rules: dict[tuple[str, bool], ServiceRules] = {}

    def of(self, route: Route) -> ServiceRules:
        """Return the rules of a route's service.

        Args:
            route: the route.
        """
        unsigned = "unsignedPayload" in route.operation.traits or "v4-unsigned-body" in route.operation.auth
        key = (route.service.name, unsigned)
        rules = self._rules.get(key)
        if rules is None:
            rules = self._rules[key] = self._make(route, unsigned)
        return rules

    def _make(self, route: Route, unsigned: bool) -> ServiceRules:
        rules = service_rules(route.service.signing_name, unsigned_payload=unsigned)
        entry = self._catalogue.index.entries.get(route.service.name)
        names = frozenset(entry.signing) - {rules.name} if entry is not None else frozenset()
        return replace(rules, also=rules.also | names)


def regions_taken(
    wire: WireRequest, signature: Signature, rules: ServiceRules, default_region: str
) -> Collection[str] | None:
    """Return the regions that a request's credential scope may name, None for any.

    One address serves all regions here, so a scope may name any region there is, for global services too: SDKs that
    are given an endpoint sign for the region that they are set to.  Only a host name of AWS's form says which one it is
    for.

    Args:
        wire: the request.
        signature: its signature.
        rules: its service's rules.
        default_region: the region to tell callers whose scope names none there is.
    """
    host = wire.headers.get("host", "")
    if "." in host and "amazonaws.com" in host:
        region = _region_of_host(host.lower().partition(":")[0])
        if region is not None:
            return (region,)
        if not rules.s3:
            return [home for domain, home in _HOME_REGIONS.items() if host.endswith(domain)] or None
    if signature.region_set is None and not is_region(signature.region):
        return (default_region,)
    return None


def _region_of_host(host: str) -> str | None:
    return next((label for label in reversed(host.split(".")) if is_region(label)), None)
