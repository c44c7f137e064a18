"""The EC2 instance metadata service, as far as applications look for credentials and for where they are.

Version 2 asks for a session token first: `PUT /latest/api/token` with the seconds that it is to last, and no
`X-Forwarded-For`, which proxies add; the token is sealed, and so stays good over restarts.  Version 1, which asks for
nothing, is answered where the setting `imds` of the plugin is `optional`.
Source: EC2 User Guide, "Access instance metadata", "Instance metadata categories", "Instance identity documents".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from rolo import Request, Response

from cloudward.api import InternalRoute, partition_of
from cloudward_sts.metadata.bindings import (
    DEFAULT_INSTANCE,
    UnknownRoleError,
    UntrustedServiceError,
    bound_credentials,
    existing_role,
    find_binding,
)
from cloudward_sts.metadata.trust import is_trusted
from cloudward_sts.metadata.ways import IMDS
from cloudward_sts.sealing import ForgedText, Purpose
from cloudward_sts.settings import OFF, OPTIONAL

if TYPE_CHECKING:
    from datetime import datetime

    from cloudward.api import App, Transaction
    from cloudward_sts.metadata.records import RoleBinding
    from cloudward_sts.roles import Role
    from cloudward_sts.runtime import StsRuntime

ROOT = "/_cloudward/imds"
_TOKEN_HEADER = "X-aws-ec2-metadata-token"
_SECONDS_HEADER = "X-aws-ec2-metadata-token-ttl-seconds"
_LONGEST_SECONDS = 21600
_INSTANCE_TYPE = "t3.micro"
_ADDRESS = "10.0.0.10"
_IMAGE = "ami-0c1ou2d3w4a5r6d7e"
_MAC = "02:00:00:00:00:0a"


def imds_routes(app: App, runtime: StsRuntime) -> Iterable[InternalRoute]:
    """Return the service's routes: at `/latest` for the default instance, below `/_cloudward/imds/NAME` for any.

    Args:
        app: the gateway.
        runtime: seals tokens.
    """
    mode = runtime.settings["imds"]
    if mode == OFF:
        return
    service = _Service(app, runtime, optional=mode == OPTIONAL)
    for prefix in ("", f"{ROOT}/<instance>"):
        yield InternalRoute(f"{prefix}/latest/api/token", service.token, methods=("PUT",))
        yield InternalRoute(f"{prefix}/latest", service.answer)
        yield InternalRoute(f"{prefix}/latest/<path:path>", service.answer)


class _Service:
    """Answers for all instances.

    Args:
        app: the gateway.
        runtime: seals tokens.
        optional: whether version 1 is answered.
    """

    def __init__(self, app: App, runtime: StsRuntime, *, optional: bool) -> None:
        self._app = app
        self._runtime = runtime
        self._optional = optional

    def token(self, request: Request, instance: str = DEFAULT_INSTANCE) -> Response:
        """Return a new token."""
        if request.headers.get("X-Forwarded-For") is not None:
            return _error(403)
        text = request.headers.get(_SECONDS_HEADER, "")
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= _LONGEST_SECONDS):
            return _error(400)
        now = self._app.clock.now()
        content = {"instance": instance, "expires_at": now + timedelta(seconds=int(text))}
        token = self._app.store.run(
            lambda transaction: self._runtime.encode(transaction, now, Purpose.METADATA, content)
        )
        return Response(token, mimetype="text/plain", headers={_SECONDS_HEADER: text})

    def answer(self, request: Request, path: str = "", instance: str = DEFAULT_INSTANCE) -> Response:
        """Return a piece of metadata, or a list of pieces."""
        now = self._app.clock.now()
        parts = request.path.partition("/latest")[2].strip("/")
        return self._app.store.run(lambda transaction: self._answer(transaction, request, parts, instance, now))

    def _answer(self, transaction: Transaction, request: Request, path: str, instance: str, now: datetime) -> Response:
        token = request.headers.get(_TOKEN_HEADER)
        if token is None and not self._optional:
            return _error(401)
        if token is not None and not self._good(transaction, token, instance, now):
            return _error(401)
        binding = find_binding(transaction, IMDS, instance)
        if binding is None:
            return _error(404)
        if not path:
            return _text("dynamic\nmeta-data")
        try:
            role = existing_role(self._app, transaction, binding.role_arn)
        except UnknownRoleError:
            # The instance runs on when its role is gone, and has no credentials any more.
            role = None
        if path == "dynamic/instance-identity/document":
            return _json(_identity_document(binding, role))
        if role is not None and path == f"meta-data/iam/security-credentials/{role.name}":
            try:
                found = bound_credentials(self._app, self._runtime, transaction, binding, now)
            except UntrustedServiceError:
                return _json(_unauthorized(role, now))
            return _json(
                {
                    "Code": "Success",
                    "LastUpdated": _rfc3339(found.issued_at),
                    "Type": "AWS-HMAC",
                    "AccessKeyId": found.access_key_id,
                    "SecretAccessKey": found.secret_access_key,
                    "Token": found.session_token,
                    "Expiration": _rfc3339(found.expiration),
                }
            )
        if role is not None and path == "meta-data/iam/info" and not is_trusted(self._app, role, binding):
            return _json(_unauthorized(role, now))
        return _piece(_pieces(binding, role, now), path)

    def _good(self, transaction: Transaction, token: str, instance: str, now: datetime) -> bool:
        try:
            content: Mapping[str, Any] = self._runtime.decode(transaction, Purpose.METADATA, token)
        except ForgedText:
            return False
        return bool(content["instance"] == instance and content["expires_at"] > now)


def _pieces(binding: RoleBinding, role: Role | None, now: datetime) -> dict[str, str]:
    """Return the pieces of metadata by path, those with credentials empty."""
    host = f"ip-{_ADDRESS.replace('.', '-')}.ec2.internal"
    region = binding.region
    pieces = {
        "meta-data/ami-id": _IMAGE,
        "meta-data/ami-launch-index": "0",
        "meta-data/hostname": host,
        "meta-data/instance-id": binding.identity,
        "meta-data/instance-life-cycle": "on-demand",
        "meta-data/instance-type": _INSTANCE_TYPE,
        "meta-data/local-hostname": host,
        "meta-data/local-ipv4": _ADDRESS,
        "meta-data/mac": _MAC,
        "meta-data/placement/availability-zone": f"{region}a",
        "meta-data/placement/region": region,
        "meta-data/services/domain": "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com",
        "meta-data/services/partition": partition_of(region),
        "dynamic/instance-identity/document": "",
    }
    if role is not None:
        profile = f"arn:{role.partition}:iam::{role.account}:instance-profile/{role.name}"
        info = {
            "Code": "Success",
            "LastUpdated": _rfc3339(now.replace(microsecond=0)),
            "InstanceProfileArn": profile,
            "InstanceProfileId": f"AIPA{role.role_id[4:]}",
        }
        pieces["meta-data/iam/info"] = msgspec.json.format(msgspec.json.encode(info)).decode()
        pieces[f"meta-data/iam/security-credentials/{role.name}"] = ""
    return pieces


def _piece(pieces: Mapping[str, str], path: str) -> Response:
    """Return a piece, or what lies below a path, folders with a slash."""
    if path in pieces:
        return _text(pieces[path])
    below = f"{path}/"
    names = sorted({name.removeprefix(below) for name in pieces if name.startswith(below)})
    if not names:
        return _error(404)
    # The list of roles has no folders in it.
    return _text("\n".join(dict.fromkeys(name.partition("/")[0] + ("/" if "/" in name else "") for name in names)))


def _unauthorized(role: Role, now: datetime) -> dict[str, str]:
    """Return what the service says of a role that does not trust EC2."""
    return {
        "Code": "AssumeRoleUnauthorizedAccess",
        "Message": (
            f"EC2 cannot assume the role {role.name}.  Please see documentation at https://docs.aws.amazon.com/IAM/"
            "latest/UserGuide/troubleshoot_iam-ec2.html#troubleshoot_iam-ec2_errors-info-doc."
        ),
        "LastUpdated": _rfc3339(now.replace(microsecond=0)),
    }


def _identity_document(binding: RoleBinding, role: Role | None) -> dict[str, Any]:
    account = binding.role_arn.split(":")[4] if role is None else role.account
    return {
        "accountId": account,
        "architecture": "x86_64",
        "availabilityZone": f"{binding.region}a",
        "billingProducts": None,
        "devpayProductCodes": None,
        "imageId": _IMAGE,
        "instanceId": binding.identity,
        "instanceType": _INSTANCE_TYPE,
        "kernelId": None,
        "marketplaceProductCodes": None,
        "pendingTime": _rfc3339(binding.created_at.replace(microsecond=0)),
        "privateIp": _ADDRESS,
        "ramdiskId": None,
        "region": binding.region,
        "version": "2017-09-30",
    }


def _rfc3339(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def _text(text: str) -> Response:
    return Response(text, mimetype="text/plain")


def _json(value: Any) -> Response:
    # The real service sends JSON as plain text.
    return Response(msgspec.json.format(msgspec.json.encode(value)), mimetype="text/plain")


def _error(status: int) -> Response:
    return Response("", status, mimetype="text/plain")
