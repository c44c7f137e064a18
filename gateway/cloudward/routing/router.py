"""From a request to its service and operation."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NoReturn

from cloudward.model import Catalogue, ServiceModel
from cloudward.protocols.wire import WireRequest
from cloudward.routing.ambiguities import Ambiguities, by_user_agent, load_ambiguities, preferred
from cloudward.routing.hosts import NOTHING, HostHint, read_host
from cloudward.routing.query import FORM, parameter, query_string
from cloudward.routing.route import (
    InvalidAction,
    MissingAction,
    NoSuchOperation,
    PartialRoute,
    Route,
    UnknownService,
)
from cloudward.routing.scope import FORM_LIMIT, SigningScope, signing_scope
from cloudward.routing.templates import TemplateTree

CACHE_LIMIT = 20_000
"""How many query and target routes are kept; more than all operations together have."""
HOST_CACHE_LIMIT = 1_000
ECHO_LIMIT = 200
"""How much of a path or name an error repeats."""


class Router:
    """Recognises requests.  One belongs to one app; models are read and template trees built when first needed.

    Args:
        catalogue: the service models.
        enabled: the services that providers implement; they win where nothing else decides, and they alone (with those
            that are called unsigned) are looked at for REST requests that neither signature nor host attributes.
    """

    def __init__(self, catalogue: Catalogue, enabled: Collection[str] = ()) -> None:
        self._catalogue = catalogue
        self._enabled = frozenset(enabled)
        self._index = catalogue.index
        self._table: Ambiguities | None = None
        self._actions: dict[tuple[str, bytes], Route] = {}
        self._targets: dict[str, Route] = {}
        self._hosts: dict[str, HostHint] = {}
        self._trees: dict[tuple[str, ...], TemplateTree] = {}

    def route(self, request: WireRequest, signing: SigningScope | None = None) -> Route:
        """Return where a request goes.

        Args:
            request: the request.
            signing: its credential scope, if the caller has read it already.

        Raises:
            NoSuchOperation: the service is known and has no such operation; JSON, CBOR and REST.
            InvalidAction: the same for query services.
            MissingAction: a query request that names no action.
            UnknownService: nothing tells the service, or none of that name is known.
        """
        try:
            return self._route(request, signing)
        except UnknownService:
            if not self._catalogue.refresh_index():
                raise
            self._index = self._catalogue.index
            return self._route(request, signing)

    def _route(self, request: WireRequest, signing: SigningScope | None) -> Route:
        headers = request.headers
        if request.method == "POST":
            target = headers.get("x-amz-target")
            if target:
                route = self._targets.get(target)
                return route if route is not None else self._by_target(request, target)
            if "smithy-protocol" in headers:
                return self._by_rpc_path(request)
        scope = signing or signing_scope(request)
        signing_name = scope.service if scope is not None else ""
        form = query_string(request)
        if form is not None:
            # Clients put Action and Version first: then the form's beginning is all that needs to be looked at.
            end = form.find(b"&", form.find(b"&") + 1)
            start = (signing_name, form[:end] if end > 0 else form)
            route = self._actions.get(start)
            if route is not None:
                return route
            route = self._by_action(request, form, signing_name, start)
            if route is not None:
                return route
        return self._by_path(request, signing_name)

    # Query and ec2 ---------------------------------------------------------------------------------------------------

    def _by_action(
        self, request: WireRequest, form: bytes, signing_name: str, start: tuple[str, bytes]
    ) -> Route | None:
        """Return the route of a query request; None when it is none."""
        action = parameter(form, b"Action")
        version = parameter(form, b"Version")
        names = self._named(request, signing_name)
        candidates = [name for name in names if self._query_protocol(name)]
        if names and not candidates:
            return None
        if not action:
            if len(candidates) != 1 or len(names) != 1:
                return None
            self._no_action(self._catalogue.service(names[0]))
        if not candidates:
            # Neither signature nor host: the operation's name and the version tell.
            candidates = [
                name
                for name in self._index.by_action.get(action, ())
                if version in (None, self._index.entries[name].version) or "ec2" in self._index.entries[name].protocols
            ]
            # The version alone tells the service of a mistyped action.
            candidates = candidates or [
                name
                for name, entry in self._index.entries.items()
                if entry.version == version and self._query_protocol(name)
            ]
        if not candidates:
            if request.method != "POST":
                return None
            shown = action[:ECHO_LIMIT]
            self._unknown(request, f"No known service has the action {shown} in version {version}.", "", shown, "query")
        chosen = self._choose_action(request, candidates, action, version)
        service = self._catalogue.service(chosen)
        protocol = self._query_protocol(chosen)
        if not service.has_operation(action) or not self._version_fits(service, version):
            partial = PartialRoute(service, chosen, action[:ECHO_LIMIT], protocol)
            shown = version[:ECHO_LIMIT] if version else "NO_VERSION_SPECIFIED"
            raise InvalidAction(f"Could not find operation {partial.operation_name} for version {shown}", partial)
        route = Route(service, service.operation(action), action, protocol)
        plain = start[1].startswith(b"Action=") and b"&Version=" in start[1] and b"%" not in start[1]
        settled = len(candidates) == 1 and (signing_name in self._index.by_signing_name)
        if plain and settled and len(self._actions) < CACHE_LIMIT:
            self._actions[start] = route
        return route

    def _choose_action(self, request: WireRequest, names: Sequence[str], action: str, version: str | None) -> str:
        entries = self._index.entries
        if len(names) > 1 and version:
            names = [name for name in names if entries[name].version == version] or names
        if len(names) > 1:
            names = [name for name in names if action in entries[name].actions.split()] or names
        return self._settle(request, names)

    def _version_fits(self, service: ServiceModel, version: str | None) -> bool:
        if version == service.api_version or "ec2" in service.protocols:  # EC2 keeps serving its earlier versions
            return True
        if version is None:
            return any(row.service == service.name for row in self._ambiguities.version_optional)
        return False

    def _query_protocol(self, name: str) -> str:
        protocols = self._index.entries[name].protocols
        return "query" if "query" in protocols else "ec2" if "ec2" in protocols else ""

    # JSON and CBOR ---------------------------------------------------------------------------------------------------

    def _by_target(self, request: WireRequest, target: str) -> Route:
        prefix, _, action = target.rpartition(".")
        candidates: Sequence[str] = self._index.by_target.get(prefix, ())
        route = self._by_name(request, candidates, action, "json", target)
        if len(candidates) == 1 and len(self._targets) < CACHE_LIMIT:
            self._targets[target] = route
        return route

    def _by_rpc_path(self, request: WireRequest) -> Route:
        head, _, action = request.raw_path.rpartition("/operation/")
        prefix = head.rpartition("/service/")[2]
        candidates = self._index.by_target.get(prefix, ())
        return self._by_name(request, candidates, action.rstrip("/"), "smithy-rpc-v2-cbor", prefix or request.raw_path)

    def _by_name(
        self, request: WireRequest, candidates: Sequence[str], action: str, protocol: str, shown: str
    ) -> Route:
        """Return the route to an operation whose service (or, failing that, signature) the request names."""
        shown = shown[:ECHO_LIMIT]
        if not candidates:
            scope = signing_scope(request)
            named = self._named(request, scope.service if scope is not None else "")
            candidates = [name for name in named if protocol in self._index.entries[name].protocols]
            if len(candidates) != 1:
                self._unknown(request, f"No known service is addressed by {shown}.", shown, action, protocol)
            known = self._catalogue.service(candidates[0])
            self._no_operation(known, f"{shown} is no operation of {known.name}.", shown, protocol)
        if len(candidates) > 1:
            entries = self._index.entries
            candidates = [name for name in candidates if action in entries[name].actions.split()] or candidates
        service = self._catalogue.service(self._settle(request, candidates))
        if not service.has_operation(action):
            self._no_operation(service, f"{service.name} has no operation {action[:ECHO_LIMIT]}.", action, protocol)
        if protocol not in service.protocols:
            text = f"{service.name} does not speak {protocol}; it speaks {', '.join(service.protocols)}."
            self._no_operation(service, text, action, protocol)
        return Route(service, service.operation(action), action, protocol)

    # REST ------------------------------------------------------------------------------------------------------------

    def _by_path(self, request: WireRequest, signing_name: str) -> Route:
        names = self._named(request, signing_name)
        told = bool(names)
        if not told and signing_name:
            shown = signing_name[:ECHO_LIMIT]
            text = f"The service {shown}, which the request is signed for, is not known."
            self._unknown(request, text, shown, f"{request.method} {request.raw_path[:ECHO_LIMIT]}")
        if not told:
            names = sorted({*self._enabled, *self._index.anonymous})
        entries = self._index.entries
        rest = tuple(name for name in names if any(p.startswith("rest-") for p in entries[name].protocols))
        admitted = tuple(name for name in rest if self._admits(name, "", request, signing_name)) or rest
        # What a guard asks for is something that no other service's requests have.
        admitted = tuple(name for name in admitted if self._guarded(name, "")) or admitted
        tree = self._trees.get(admitted)
        if tree is None:
            tree = self._trees[admitted] = TemplateTree(self._catalogue.service(name) for name in admitted)
        path = self._path(request, admitted, signing_name)
        matches = tree.match(request, path)
        if not matches and request.method == "POST" and request.headers.get("content-type", "").startswith(FORM):
            # What is too long for a URL may come as a form (CloudSearch's Search, which botocore always sends so).
            query = request.body[:FORM_LIMIT].decode("latin-1")
            matches = tree.match(WireRequest("GET", request.raw_path, query, request.header_items), path)
        found = [
            (candidate, labels)
            for candidate, labels in matches
            if self._admits(candidate.service, candidate.operation, request, signing_name)
        ]
        if not found:
            self._no_path(request, names if told else (), signing_name)
        if len(found) > 1:
            chosen = self._settle(request, list(dict.fromkeys(candidate.service for candidate, _ in found)))
            found = [(candidate, labels) for candidate, labels in found if candidate.service == chosen]
        # An operation with a guard that admits the request is the more specific one; names make the rest definite.
        candidate, labels = min(
            found, key=lambda pair: (not self._guarded(pair[0].service, pair[0].operation), pair[0].operation)
        )
        service = self._catalogue.service(candidate.service)
        protocol = next(p for p in service.protocols if p.startswith("rest-"))
        return Route(service, service.operation(candidate.operation), candidate.operation, protocol, labels)

    def _admits(self, service: str, operation: str, request: WireRequest, signing_name: str) -> bool:
        return all(
            guard.admits(request.headers, signing_name)
            for guard in self._ambiguities.guards
            if guard.service == service and guard.operation == operation
        )

    def _guarded(self, service: str, operation: str) -> bool:
        return any(guard.service == service and guard.operation == operation for guard in self._ambiguities.guards)

    def _path(self, request: WireRequest, names: Sequence[str], signing_name: str) -> str:
        """Return a request's path, with the bucket that S3's clients write into the host name put back in front."""
        hint = self._host(request)
        if not hint.rest or "s3" not in names:
            return request.raw_path
        if any(row.signing_name == signing_name for row in self._ambiguities.no_bucket_in_host):
            return request.raw_path
        return f"/{hint.rest}{request.raw_path}"

    # What is shared --------------------------------------------------------------------------------------------------

    @property
    def _ambiguities(self) -> Ambiguities:
        if self._table is None:
            self._table = load_ambiguities()
        return self._table

    def _host(self, request: WireRequest) -> HostHint:
        host = request.headers.get("host", "")
        hint = self._hosts.get(host)
        if hint is None:
            hint = read_host(host, self._index.by_host) if host else NOTHING
            if len(self._hosts) >= HOST_CACHE_LIMIT:
                self._hosts.clear()
            self._hosts[host] = hint
        return hint

    def _named(self, request: WireRequest, signing_name: str) -> Sequence[str]:
        """Return the services that signature and host leave in question; empty when neither tells."""
        signed = self._index.by_signing_name.get(signing_name, ()) if signing_name else ()
        if len(signed) == 1:
            return signed
        hosted = self._host(request).services
        if signed and hosted:
            return [name for name in signed if name in hosted] or signed
        return signed or hosted

    def _settle(self, request: WireRequest, names: Sequence[str]) -> str:
        """Return one of several services that fit equally well."""
        if len(names) > 1:
            hosted = self._host(request).services
            names = [name for name in names if name in hosted] or names
        if len(names) > 1:
            names = by_user_agent(names, self._index.entries, request.headers) or names
        return preferred(names, self._enabled, self._ambiguities)[0] if len(names) > 1 else names[0]

    def _no_path(self, request: WireRequest, names: Sequence[str], signing_name: str) -> NoReturn:
        shown = f"{request.method} {request.raw_path[:ECHO_LIMIT]}"
        if not names:
            text = f"Neither signature nor host name tells the service of the request {shown}."
            if request.method == "GET":
                # A person with a browser, most likely.
                text += " The routes of the gateway itself are listed at /_cloudward."
            self._unknown(request, text, signing_name, shown)
        queries = [name for name in names if self._query_protocol(name)]
        service = self._catalogue.service(preferred(queries or names, self._enabled, self._ambiguities)[0])
        if queries and request.raw_path == "/":
            self._no_action(service)
        self._no_operation(service, f"{service.name} has no operation for {shown}.", shown, service.protocols[0])

    def _no_action(self, service: ServiceModel) -> NoReturn:
        partial = PartialRoute(service, service.name, "", self._query_protocol(service.name))
        raise MissingAction("The request is missing an action or a required parameter.", partial)

    def _no_operation(self, service: ServiceModel, text: str, operation: str, protocol: str) -> NoReturn:
        spoken = protocol if protocol in service.protocols else service.protocols[0]
        raise NoSuchOperation(text, PartialRoute(service, service.name, operation[:ECHO_LIMIT], spoken))

    def _unknown(
        self, request: WireRequest, text: str, service: str, operation: str, protocol: str | None = None
    ) -> NoReturn:
        guess = protocol or guess_protocol(request)
        raise UnknownService(text, PartialRoute(None, service, operation[:ECHO_LIMIT], guess))


def guess_protocol(request: WireRequest) -> str:
    """Return the protocol that a request without a known service most likely speaks, to answer it in.

    Args:
        request: the request.
    """
    headers = request.headers
    content_type = headers.get("content-type", "")
    if "smithy-protocol" in headers:
        return "smithy-rpc-v2-cbor"
    if "x-amz-target" in headers or content_type.startswith("application/x-amz-json"):
        return "json"
    if content_type.startswith("application/x-www-form-urlencoded") or "Action=" in request.raw_query:
        return "query"
    if "xml" in content_type or "xml" in headers.get("accept", ""):
        return "rest-xml"
    return "rest-json"
