"""Routes that hand credentials out: on request, and to containers."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec
from rolo import Request, Response

from cloudward.api import InternalRoute, ServiceError
from cloudward_sts.metadata.bindings import (
    DEFAULT_INSTANCE,
    CredentialsRequest,
    RoleCredentials,
    UnknownRoleError,
    UntrustedServiceError,
    bind,
    bound_credentials,
    existing_role,
    find_binding,
    role_credentials,
)
from cloudward_sts.metadata.imds import imds_routes
from cloudward_sts.metadata.ways import BOUND, CONTAINER, IMDS, PROCESS, WAYS
from cloudward_sts.replies import address_of, json_reply, refused
from cloudward_sts.sessions import role_duration
from cloudward_sts.settings import OFF

if TYPE_CHECKING:
    from cloudward.api import App, Transaction
    from cloudward_sts.runtime import StsRuntime

CREDENTIALS = "/_cloudward/credentials"
CONTAINERS = "/_cloudward/container-credentials"
_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII).fullmatch


def credential_routes(app: App, runtime: StsRuntime) -> Iterable[InternalRoute]:
    """Return the routes.

    Args:
        app: the gateway.
        runtime: makes tokens.
    """
    yield from imds_routes(app, runtime)

    def credentials(request: Request) -> Any:
        try:
            wanted = msgspec.json.decode(request.get_data() or b"{}", type=CredentialsRequest)
            if wanted.way not in WAYS:
                raise ValueError(f"way {wanted.way!r} is not one of {', '.join(WAYS)}")
            if _NAME(wanted.session_name) is None or _NAME(wanted.name) is None:
                raise ValueError("session_name and name must be 2 to 64 letters, digits and characters of _+=,.@-")
            if wanted.way == IMDS and runtime.settings["imds"] == OFF:
                raise ValueError("the instance metadata service is off: setting imds of plugin sts")
            address = address_of(request)
            return app.store.run(lambda transaction: _hand_out(app, runtime, transaction, wanted, address))
        except (msgspec.DecodeError, ValueError) as error:
            return refused(str(error), 404 if isinstance(error, UnknownRoleError) else 400)
        except ServiceError as error:
            return refused(error.text)

    def container(request: Request, name: str) -> Response:
        shown = request.headers.get("Authorization", "")
        now = app.clock.now()

        def answer(transaction: Transaction) -> Response:
            binding = find_binding(transaction, CONTAINER, name)
            if binding is None:
                return json_reply({"code": "NotFound", "message": "There is no such container."}, 404)
            if not hmac.compare_digest(shown.encode(), binding.secret.encode()):
                return json_reply({"code": "AccessDenied", "message": "The authorization token is wrong."}, 401)
            try:
                found = bound_credentials(app, runtime, transaction, binding, now)
            except UnknownRoleError as error:
                return json_reply({"code": "NoRole", "message": str(error)}, 404)
            except UntrustedServiceError as error:
                return json_reply({"code": "AccessDenied", "message": str(error)}, 403)
            return json_reply({"RoleArn": binding.role_arn, **_endpoint_form(found)})

        return app.store.run(answer)

    yield InternalRoute(CREDENTIALS, credentials, methods=("POST",))
    yield InternalRoute(f"{CONTAINERS}/<name>", container)


def _hand_out(
    app: App, runtime: StsRuntime, transaction: Transaction, wanted: CredentialsRequest, address: str
) -> dict[str, Any]:
    """Return what an application needs to find its credentials: `environment`, or `process` for a profile's command."""
    now = app.clock.now()
    # Some SDKs read one of these names, some the other.
    place = {"AWS_ENDPOINT_URL": address, "AWS_REGION": wanted.region, "AWS_DEFAULT_REGION": wanted.region}
    if wanted.way in BOUND:
        binding = bind(app, transaction, wanted, now)
        if wanted.way == CONTAINER:
            return {
                "environment": {
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{address}{CONTAINERS}/{wanted.name}",
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN": binding.secret,
                    **place,
                }
            }
        path = "" if wanted.name == DEFAULT_INSTANCE else f"/_cloudward/imds/{wanted.name}"
        return {"environment": {"AWS_EC2_METADATA_SERVICE_ENDPOINT": f"{address}{path}", **place}}
    role = existing_role(app, transaction, wanted.role_arn)
    found = role_credentials(
        app,
        runtime,
        transaction,
        role,
        session_name=wanted.session_name,
        lasts=role_duration(role, wanted.lasts, None),
        region=wanted.region,
        now=now,
    )
    if wanted.way == PROCESS:
        return {
            "process": {
                "Version": 1,
                "AccessKeyId": found.access_key_id,
                "SecretAccessKey": found.secret_access_key,
                "SessionToken": found.session_token,
                "Expiration": found.expiration,
            }
        }
    return {
        "environment": {
            "AWS_ACCESS_KEY_ID": found.access_key_id,
            "AWS_SECRET_ACCESS_KEY": found.secret_access_key,
            "AWS_SESSION_TOKEN": found.session_token,
            **place,
        }
    }


def _endpoint_form(found: RoleCredentials) -> dict[str, Any]:
    return {
        "AccessKeyId": found.access_key_id,
        "SecretAccessKey": found.secret_access_key,
        "Token": found.session_token,
        "Expiration": found.expiration,
    }
