"""The service index: what tells services apart, without loading their models.

A request says which service it is for by signing name, target prefix, host or query action.  Reading that from 439
models takes seconds, so the index ships in `specs/cloudward_specs/service_index.json`, which
`scripts/make_service_index.py` writes.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Self

import msgspec


class ServiceEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One service's marks.

    Attributes:
        id: the service id of the SDKs (`DynamoDB Streams`).
        prefix: the endpoint prefix (`streams.dynamodb`).
        signing: the names in a credential scope, the usual one first.
        protocols: the protocols it speaks, the preferred one first.
        version: the API version.
        target: what stands before the operation in `X-Amz-Target` and after `/service/` in RPC paths.
        hosts: what stands before region and domain in its host names, where that is not just `prefix`.
        actions: names of the operations, separated by blanks; only where they decide between services (query, ec2 and
            target prefixes that services share).
        anonymous: whether it speaks REST and has operations that are called without a signature, or with a token.
    """

    id: str
    prefix: str
    signing: tuple[str, ...]
    protocols: tuple[str, ...]
    version: str
    target: str | None = None
    hosts: tuple[str, ...] = ()
    actions: str = ""
    anonymous: bool = False


class IndexDocument(msgspec.Struct, frozen=True):
    """The index as a file.

    Attributes:
        source: where the facts come from.
        version: botocore's version.
        services: the entries by service name.
    """

    source: str
    version: str
    services: dict[str, ServiceEntry]


class ServiceIndex:
    """Look-ups from a request's marks to services.

    Args:
        version: botocore's version that the entries were read from.
        entries: the services' entries by name.
    """

    def __init__(self, version: str, entries: Mapping[str, ServiceEntry]) -> None:
        self.version = version
        self.entries = entries

    @cached_property
    def by_signing_name(self) -> Mapping[str, tuple[str, ...]]:
        """Services by the service part of a credential scope."""
        return _grouped((name, key) for name, entry in self.entries.items() for key in entry.signing)

    @cached_property
    def by_target(self) -> Mapping[str, tuple[str, ...]]:
        """Services by the part of `X-Amz-Target` before the last dot."""
        return _grouped((name, entry.target) for name, entry in self.entries.items() if entry.target)

    @cached_property
    def by_host(self) -> Mapping[str, tuple[str, ...]]:
        """Services by the labels of a host name before region and domain."""
        return _grouped((name, key) for name, entry in self.entries.items() for key in {entry.prefix, *entry.hosts})

    @cached_property
    def by_action(self) -> Mapping[str, tuple[str, ...]]:
        """Services that speak query or ec2 by the names of their operations."""
        return _grouped(
            (name, action)
            for name, entry in self.entries.items()
            if "query" in entry.protocols or "ec2" in entry.protocols
            for action in entry.actions.split()
        )

    @cached_property
    def anonymous(self) -> tuple[str, ...]:
        """REST services with operations that are called without a signature."""
        return tuple(name for name, entry in self.entries.items() if entry.anonymous)

    def with_entries(self, entries: Mapping[str, ServiceEntry]) -> Self:
        """Return the index with further services; they replace those of the same name.

        Args:
            entries: the services' entries by name.
        """
        return type(self)(self.version, {**self.entries, **entries})


def read_index(data: bytes) -> ServiceIndex:
    """Return the index of a file.

    Args:
        data: the file's content.

    Raises:
        msgspec.DecodeError: it is no index (`ValidationError` is one of them).
    """
    document = msgspec.json.decode(data, type=IndexDocument)
    return ServiceIndex(document.version, document.services)


def entry_of(document: Mapping[str, Any], *, shared_target: bool = False, hosts: Iterable[str] = ()) -> ServiceEntry:
    """Return a model's entry.

    Args:
        document: the parsed `service-2.json`.
        shared_target: whether other services have the same target prefix, so that operations must decide.
        hosts: host names' beginnings that the model does not tell (from the endpoint rules).
    """
    metadata = document["metadata"]
    operations: Mapping[str, Any] = document["operations"]
    prefix = metadata["endpointPrefix"]
    preferred = metadata["protocol"]
    protocols = (preferred, *(p for p in metadata.get("protocols", ()) if p != preferred))
    rest = any(protocol.startswith("rest-") for protocol in protocols)
    rpc_by_name = shared_target or "query" in protocols or "ec2" in protocols
    known_hosts = set(hosts)
    for operation in operations.values():
        host_prefix = operation.get("endpoint", {}).get("hostPrefix", "")
        if host_prefix.endswith("-") and "{" not in host_prefix:  # those that end with a dot are found as a suffix
            known_hosts.add(host_prefix + prefix)
    return ServiceEntry(
        id=metadata.get("serviceId", prefix),
        prefix=prefix,
        signing=(metadata.get("signingName") or prefix,),
        protocols=protocols,
        version=metadata["apiVersion"],
        target=metadata.get("targetPrefix"),
        hosts=tuple(sorted(known_hosts - {prefix})),
        actions=" ".join(sorted(operations)) if rpc_by_name else "",
        anonymous=rest and (_bears_tokens(metadata) or any(map(_is_anonymous, operations.values()))),
    )


def is_region(label: str) -> bool:
    """Tell whether a host name's label reads as a region (`us-east-1`, `us-gov-west-1`, `eusc-de-east-1`).

    Args:
        label: the label, lower case.
    """
    parts = label.split("-")
    return len(parts) >= 3 and parts[-1].isdigit() and len(parts[-1]) == 1 and parts[0].isalpha() and len(parts[0]) <= 5


def _bears_tokens(metadata: Mapping[str, Any]) -> bool:
    preferred = next(iter(metadata.get("auth", ())), metadata.get("signatureVersion"))
    return preferred in ("bearer", "smithy.api#httpBearerAuth")


def _is_anonymous(operation: Mapping[str, Any]) -> bool:
    return operation.get("authtype") == "none" or operation.get("auth") == ["smithy.api#noAuth"]


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    groups: dict[str, tuple[str, ...]] = {}
    for name, key in pairs:
        groups[key] = (*groups.get(key, ()), name)
    return groups
