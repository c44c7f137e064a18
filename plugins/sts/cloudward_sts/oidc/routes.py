"""Routes of the gateway's own issuers: tokens, discovery documents, keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec
from rolo import Request, Response

from cloudward.api import InternalRoute
from cloudward_sts.oidc.issuers import discovery_document, find_issuer, public_keys
from cloudward_sts.oidc.minting import TokenRequest, mint
from cloudward_sts.replies import address_of, json_reply, refused

if TYPE_CHECKING:
    from cloudward.api import App

ROOT = "/_cloudward/oidc"


def oidc_routes(app: App, *, minting: bool) -> Iterable[InternalRoute]:
    """Return the routes.

    Args:
        app: the gateway.
        minting: whether tokens are made for whoever asks.
    """

    def token(request: Request) -> Any:
        try:
            wanted = msgspec.json.decode(request.get_data() or b"{}", type=TokenRequest)
            return app.store.run(lambda transaction: mint(transaction, wanted, app.clock.now()))
        except (msgspec.DecodeError, ValueError) as error:
            return refused(str(error))

    def issuers(request: Request) -> Any:
        from cloudward_sts.state import HOME, StsState

        with app.store.begin() as transaction:
            names = [found.issuer for found in transaction.state(StsState, HOME).issuers]
        return {"issuers": [{"issuer": f"https://{name}", "address": f"{_address(request, name)}"} for name in names]}

    def discovery(request: Request, issuer: str) -> Response:
        with app.store.begin() as transaction:
            found = find_issuer(transaction, issuer)
        if found is None:
            return refused(f"the gateway has no issuer https://{issuer}", 404)
        return json_reply(discovery_document(found, _address(request, issuer)))

    def keys(request: Request, issuer: str) -> Response:
        with app.store.begin() as transaction:
            found = public_keys(transaction, issuer)
        if found is None:
            return refused(f"the gateway has no issuer https://{issuer}", 404)
        return json_reply({"keys": found})

    yield InternalRoute(f"{ROOT}/<path:issuer>/.well-known/openid-configuration", discovery)
    yield InternalRoute(f"{ROOT}/<path:issuer>/.well-known/jwks.json", keys, blocking=True)
    yield InternalRoute(ROOT, issuers)
    if minting:
        yield InternalRoute(f"{ROOT}/token", token, methods=("POST",), blocking=True)


def _address(request: Request, issuer: str) -> str:
    return f"{address_of(request)}{ROOT}/{issuer.rstrip('/')}"
