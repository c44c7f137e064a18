"""Routes of the gateway's own SAML identity provider."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec
from rolo import Request, Response

from cloudward.api import InternalRoute
from cloudward_sts.replies import address_of, refused
from cloudward_sts.saml.identity_provider import (
    ENTITY_ID,
    ResponseRequest,
    metadata_document,
    saml_key,
    signed_response,
)

if TYPE_CHECKING:
    from cloudward.api import App

ROOT = "/_cloudward/saml"


def saml_routes(app: App) -> Iterable[InternalRoute]:
    """Return the routes.

    Args:
        app: the gateway.
    """

    def metadata(request: Request) -> Response:
        key = app.store.run(lambda transaction: saml_key(transaction, app.clock.now()))
        document = metadata_document(key, f"{address_of(request)}{ROOT}/response")
        return Response(document, mimetype="application/samlmetadata+xml")

    def response(request: Request) -> Any:
        try:
            wanted = msgspec.json.decode(request.get_data() or b"{}", type=ResponseRequest)
            now = app.clock.now()
            key = app.store.run(lambda transaction: saml_key(transaction, now))
            return {"saml_response": signed_response(key, wanted, now), "issuer": ENTITY_ID}
        except (msgspec.DecodeError, ValueError) as error:
            return refused(str(error))

    yield InternalRoute(f"{ROOT}/metadata", metadata, blocking=True)
    yield InternalRoute(f"{ROOT}/response", response, methods=("POST",), blocking=True)
