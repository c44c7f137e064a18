"""Commands that talk to a running gateway."""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Callable, Iterator
from http.client import HTTPException, RemoteDisconnected
from typing import Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import click

from cloudward.errors import ConfigError

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_ENDPOINT = "http://127.0.0.1:4566"


def endpoint_option(function: F) -> F:
    """Give a command the option `--endpoint`.

    Args:
        function: the command's function.
    """
    return click.option(
        "--endpoint",
        envvar=["CLOUDWARD_ENDPOINT", "AWS_ENDPOINT_URL"],
        default=DEFAULT_ENDPOINT,
        show_default=True,
        help="The gateway's address.",
    )(function)


def fetch(
    endpoint: str,
    path: str,
    *,
    method: str = "GET",
    body: object = None,
    raw: bytes | None = None,
    timeout: float = 30,
) -> Any:
    """Return what an internal route of a running gateway answers, JSON decoded.

    Args:
        endpoint: the gateway's address.
        path: the route with its query.
        method: the HTTP method.
        body: what to send as JSON; None sends nothing.
        raw: what to send that is JSON already.
        timeout: seconds to wait.

    Raises:
        ConfigError: no gateway answers there, or it refuses.
    """
    data = json.dumps(body).encode() if body is not None else raw
    with _open(endpoint, path, method, data, timeout) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def stream(endpoint: str, path: str, *, timeout: float = 30) -> Iterator[bytes]:
    """Return an answer's body in pieces, as they come.

    Args:
        endpoint: the gateway's address.
        path: the route with its query.
        timeout: seconds to wait for each piece.

    Raises:
        ConfigError: no gateway answers there, or it refuses, or it stops in the middle.
    """
    with _open(endpoint, path, "GET", None, timeout) as answer:
        try:
            while chunk := answer.read(256 * 1024):
                yield chunk
        except (OSError, HTTPException) as error:
            raise ConfigError(f"the gateway at {endpoint} stopped in the middle of its answer: {error}") from None


def _open(endpoint: str, path: str, method: str, data: bytes | None, timeout: float) -> Any:
    if not endpoint.startswith(("http://", "https://")):
        raise ConfigError(f"{endpoint!r} is no address of a gateway: it must begin with http:// or https://")
    request = Request(  # noqa: S310 - checked above
        endpoint.rstrip("/") + path, data, {"content-type": "application/json"} if data else {}, method=method
    )
    try:
        return urlopen(request, timeout=timeout, context=_trust(endpoint))  # noqa: S310 - checked above
    except HTTPError as error:
        raise ConfigError(_reason(error)) from None
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            hint = "name the certificate to trust in AWS_CA_BUNDLE"
            raise ConfigError(f"{endpoint} is not trusted: {reason.verify_message}; {hint}") from None
        if isinstance(reason, ssl.SSLError):
            raise ConfigError(f"{endpoint} does not speak TLS; is it http:// ?") from None
        if isinstance(reason, RemoteDisconnected) and endpoint.startswith("http://"):
            raise ConfigError(f"{endpoint} does not answer HTTP; is it https:// ?") from None
        raise ConfigError(f"no gateway answers at {endpoint}: {getattr(reason, 'strerror', None) or reason}") from None


def _trust(endpoint: str) -> ssl.SSLContext | None:
    """Return what TLS connections trust: the machine's authorities, `AWS_CA_BUNDLE`, the gateway's own certificate."""
    if not endpoint.startswith("https://"):
        return None
    from cloudward.server.certificates import certificate_file

    context = ssl.create_default_context()
    bundle = os.environ.get("AWS_CA_BUNDLE")
    for path in (bundle, str(certificate_file())):
        if path and (path == bundle or os.path.exists(path)):
            try:
                context.load_verify_locations(path)
            except OSError as error:
                raise ConfigError(f"{path}: no certificates can be read there: {error.strerror or error}") from None
    return context


def server_sent_events(endpoint: str, path: str, *, timeout: float = 60) -> Iterator[tuple[str, Any]]:
    """Iterate over the events of a route of a running gateway, for as long as the gateway sends them.

    Args:
        endpoint: the gateway's address.
        path: the route with its query.
        timeout: seconds to wait for the next line; the gateway's heartbeats come oftener than every 30 seconds.

    Returns:
        The events' names (`message` where they have none) and data, JSON decoded.

    Raises:
        ConfigError: no gateway answers there, it refuses, or it has fallen silent.
    """
    with _open(endpoint, path, "GET", None, timeout) as answer:
        name, data = "message", ""
        try:
            for line in (raw.decode("utf-8").rstrip("\r\n") for raw in answer):
                if line.startswith("event:"):
                    name = line[6:].strip()
                elif line.startswith("data:"):
                    data += line[5:].strip()
                elif not line and data:
                    yield name, json.loads(data)
                    name, data = "message", ""
        except (OSError, HTTPException) as error:
            raise ConfigError(f"the gateway at {endpoint} stopped sending: {error}") from None


def _reason(error: HTTPError) -> str:
    try:
        answer = json.loads(error.read())
        return str(answer.get("error") or answer.get("message") or answer)
    except ValueError:
        return f"the gateway answered {error.code} {error.reason}"


def default_endpoint() -> str:
    """Return the address that commands use when none is given."""
    return os.environ.get("CLOUDWARD_ENDPOINT") or os.environ.get("AWS_ENDPOINT_URL") or DEFAULT_ENDPOINT
