"""The routes that show and switch enforcement, the gateway's own and the one that LocalStack's users know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from rolo import Request, Response

from cloudward.authorization import EnforceMode
from cloudward.enforcement import check_places
from cloudward.errors import ConfigError
from cloudward.server.internal import InternalRoute, json_response

if TYPE_CHECKING:
    from cloudward.app import App

_LOCALSTACK_STATES: Mapping[str, EnforceMode] = {"ENFORCED": "on", "SOFT_MODE": "soft", "ENGINE_ONLY": "off"}
"""The states of LocalStack's route `/_aws/iam/config`, with the modes that they are here."""


class EnforcementChange(msgspec.Struct, forbid_unknown_fields=True):
    """What a request may change; what it leaves out stays."""

    mode: EnforceMode | None = None
    accounts: list[str] | None = None
    services: list[str] | None = None


def enforcement_routes(app: App) -> Iterable[InternalRoute]:
    """Return the routes.

    Args:
        app: the gateway.
    """
    enforcement = app.enforcement
    names = {mode: state for state, mode in _LOCALSTACK_STATES.items()}

    def show() -> dict[str, Any]:
        return {
            "mode": enforcement.mode,
            "in_words": enforcement.in_words,
            "accounts": sorted(enforcement.accounts),
            "services": sorted(enforcement.services),
        }

    def own(request: Request) -> dict[str, Any] | Response:
        if request.method == "POST":
            try:
                change = msgspec.json.decode(request.get_data() or b"{}", type=EnforcementChange)
                if change.mode not in (None, "off"):
                    app.need_authorizer()
                check_places(change.accounts or (), change.services or (), app.catalogue.services())
                enforcement.switch(change.mode, change.accounts, change.services)
            except (msgspec.DecodeError, ConfigError) as error:
                return json_response({"error": str(error)}, 400)
        return show()

    def localstack(request: Request) -> dict[str, Any] | Response:
        if request.method == "POST":
            try:
                wanted = msgspec.json.decode(request.get_data() or b"{}", type=dict[str, Any]).get("state", "")
                if wanted not in _LOCALSTACK_STATES:
                    raise ConfigError(f"state must be one of {', '.join(_LOCALSTACK_STATES)}")
                mode = _LOCALSTACK_STATES[wanted]
                if mode != "off":
                    app.need_authorizer()
                enforcement.switch(mode)
            except (msgspec.DecodeError, ConfigError) as error:
                return json_response({"error": str(error)}, 400)
        return {"state": names[enforcement.mode]}

    yield InternalRoute("/_cloudward/enforcement", own, methods=("GET", "POST"))
    yield InternalRoute("/_aws/iam/config", localstack, methods=("GET", "POST"))
