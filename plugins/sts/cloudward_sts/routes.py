"""STS's routes outside the AWS protocols."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec
from rolo import Request, Response

from cloudward.api import InternalRoute
from cloudward_sts.contexts import make_context_assertion

if TYPE_CHECKING:
    from cloudward.api import App
    from cloudward_sts.runtime import StsRuntime

IDENTITY_CENTER = "arn:aws:iam::aws:contextProvider/IdentityCenter"


class AssertionRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What the route for context assertions takes.

    Attributes:
        claims: context keys with values.
        provider_arn: the context provider.
    """

    claims: dict[str, str]
    provider_arn: str = IDENTITY_CENTER


def sts_routes(app: App, runtime: StsRuntime) -> Iterable[InternalRoute]:
    """Return the routes.

    Args:
        app: the gateway.
        runtime: seals assertions.
    """

    def context_assertion(request: Request) -> Any:
        try:
            wanted = msgspec.json.decode(request.get_data(), type=AssertionRequest)
        except msgspec.DecodeError as error:
            return Response(msgspec.json.encode({"error": str(error)}), 400, mimetype="application/json")
        assertion = app.store.run(
            lambda transaction: make_context_assertion(
                runtime, transaction, wanted.provider_arn, wanted.claims, app.clock.now()
            )
        )
        return {"ProviderArn": wanted.provider_arn, "ContextAssertion": assertion}

    return [InternalRoute("/_cloudward/sts/context-assertion", context_assertion, methods=("POST",))]
