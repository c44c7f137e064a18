"""The routes under `/_cloudward/state`: reset, snapshots, differences, export and import."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from rolo import Request

from cloudward.errors import ConfigError
from cloudward.server.internal import InternalRoute, Stream, json_response
from cloudward.state import StorageError
from cloudward.state.diff import diff, in_words
from cloudward.state.snapshots import NoSuchSnapshot, export

if TYPE_CHECKING:
    from cloudward.app import App

DEFAULT_SNAPSHOT = "default"
"""The snapshot that LocalStack's save and load, which know no names, mean."""

_STATUS = ((NoSuchSnapshot, 404), (ConfigError, 400), (StorageError, 507))


def state_routes(app: App) -> Iterable[InternalRoute]:
    """Return the routes that save, load, compare and reset state.

    Args:
        app: the gateway.
    """

    def reset(request: Request, service: str | None = None) -> dict[str, Any]:
        account = request.args.get("account")
        service = service or request.args.get("service")
        app.reset(account=account, service=service)
        return {"reset": {"account": account, "service": service}}

    def listing(request: Request) -> dict[str, Any]:
        return {"folder": str(app.snapshots.folder), "snapshots": app.snapshots.list()}

    def save(request: Request, name: str = DEFAULT_SNAPSHOT) -> dict[str, Any]:
        return {"saved": app.snapshots.save(name)}

    def load(request: Request, name: str = DEFAULT_SNAPSHOT) -> dict[str, Any]:
        return {"loaded": name, "records": app.load_snapshot(name)}

    def delete(request: Request, name: str) -> dict[str, Any]:
        app.snapshots.delete(name)
        return {"deleted": name}

    def compare(request: Request) -> dict[str, Any]:
        sides = []
        for side in ("before", "after"):
            name = request.args.get(side)
            sides.append(app.snapshots.read(name) if name else app.store.contents())
        differences = diff(*sides)
        return {"differences": differences, "text": list(in_words(differences))}

    def export_all(request: Request) -> Stream:
        return Stream(iter(export(app.store)), "application/json")

    def import_all(request: Request) -> dict[str, Any]:
        return {"records": app.import_document(request.get_data())}

    path = "/_cloudward/state"
    other = "/_localstack/state"
    return [
        _route(f"{path}/reset", reset, "POST", f"{other}/reset", f"{other}/<service>/reset"),
        _route(f"{path}/snapshots", listing, "GET"),
        _route(f"{path}/snapshots/<path:name>", save, "PUT", f"{other}/save"),
        _route(f"{path}/snapshots/<path:name>", delete, "DELETE"),
        _route(f"{path}/snapshots/<path:name>/load", load, "POST", f"{other}/load"),
        _route(f"{path}/diff", compare, "GET"),
        _route(f"{path}/export", export_all, "GET"),
        _route(f"{path}/import", import_all, "POST"),
    ]


def _route(path: str, endpoint: Callable[..., Any], method: str, *aliases: str) -> InternalRoute:
    @functools.wraps(endpoint)
    def answer(request: Request, **blanks: str) -> Any:
        try:
            return endpoint(request, **blanks)
        except (NoSuchSnapshot, ConfigError, StorageError) as error:
            status = next(status for kind, status in _STATUS if isinstance(error, kind))
            return json_response({"error": str(error)}, status)

    # LocalStack's clients POST to save.
    methods = (method, "POST") if method == "PUT" else (method,)
    return InternalRoute(path, answer, methods=methods, blocking=True, aliases=aliases)
