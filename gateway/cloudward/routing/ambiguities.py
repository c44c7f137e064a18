"""What decides between services whose requests look alike: the table `routing_ambiguities.json` of the specs."""

from collections.abc import Iterable, Mapping, Sequence
from importlib import resources

import msgspec

from cloudward.model.index import ServiceEntry


class Order(msgspec.Struct, frozen=True):
    """Services whose requests can be the same on the wire, the likeliest first, and why."""

    services: tuple[str, ...]
    reason: str


class Guard(msgspec.Struct, frozen=True):
    """What a request must have to be for a service (or one operation of it), and why.

    Attributes:
        service: the service's name.
        operation: the operation; empty for all.
        header: a header that must be there; empty for none.
        signing_name: the signing name it must have; empty for any.
        reason: why this decides.
    """

    service: str
    operation: str
    header: str
    signing_name: str
    reason: str

    def admits(self, headers: Mapping[str, str], signing_name: str) -> bool:
        """Tell whether a request may be for the guarded service or operation.

        Args:
            headers: the request's headers by lower-case name.
            signing_name: the service part of its credential scope; may be empty.
        """
        if self.header and self.header not in headers:
            return False
        return not self.signing_name or signing_name == self.signing_name


class OptionalVersion(msgspec.Struct, frozen=True):
    """A query service that is called without a Version, and why."""

    service: str
    reason: str


class NoBucket(msgspec.Struct, frozen=True):
    """A signing name with which the beginning of an S3 host name is no bucket, and why."""

    signing_name: str
    reason: str


class Ambiguities(msgspec.Struct, frozen=True):
    """The table.

    Attributes:
        description: what the file is.
        source: where it comes from.
        order: rows that prefer one service to another.
        guards: rows that exclude a service or operation.
        no_bucket_in_host: rows of signing names.
        version_optional: rows of query services.
    """

    description: str
    source: str
    order: tuple[Order, ...]
    guards: tuple[Guard, ...]
    no_bucket_in_host: tuple[NoBucket, ...]
    version_optional: tuple[OptionalVersion, ...]

    def rank(self, service: str) -> int:
        """Return a service's place in its row of `order`; 0 where it has none.

        Args:
            service: the service's name.
        """
        return next((row.services.index(service) for row in self.order if service in row.services), 0)


def load_ambiguities() -> Ambiguities:
    """Return the shipped table."""
    data = resources.files("cloudward_specs").joinpath("routing_ambiguities.json").read_bytes()
    return msgspec.json.decode(data, type=Ambiguities)


def by_user_agent(names: Sequence[str], entries: Mapping[str, ServiceEntry], headers: Mapping[str, str]) -> list[str]:
    """Return the services that the client says it is made for; empty when it does not say.

    The SDKs for Go, Java, JavaScript and others name the service in their user agent (`api/neptune#1.30`), browsers in
    `x-amz-user-agent`.

    Args:
        names: the services in question.
        entries: the services' entries by name.
        headers: the request's headers.
    """
    agent = headers.get("x-amz-user-agent") or headers.get("user-agent", "")
    start = agent.find("api/")
    if start < 0:
        return []
    word = agent[start + 4 : start + 64].partition(" ")[0]
    wanted = _letters(word.partition("#")[0].partition("/")[0])
    return [name for name in names if _letters(entries[name].id) == wanted]


def preferred(names: Iterable[str], enabled: frozenset[str], table: Ambiguities) -> list[str]:
    """Return services in the order in which they are to be tried: enabled ones first, then as the table ranks them.

    Args:
        names: the services.
        enabled: the services that providers implement.
        table: the table.
    """
    return sorted(names, key=lambda name: (name not in enabled, table.rank(name), name))


def _letters(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())
